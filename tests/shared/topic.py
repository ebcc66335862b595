"""A topic seen from outside, for tests: read it, write to it, delete it, cut its head off."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic, RecordsToDelete
from aiokafka.structs import ConsumerRecord

from shared import bus
from shared.seal import SealedEntry
from tests.shared.shelf import Shelf, until


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic of one tiny service."""

    servers: str
    name: str

    @classmethod
    def of(cls, shelf: Shelf) -> "Topic":
        return cls(shelf.settings.kafka_servers, bus.topic_of(shelf.name))

    async def partitions(self) -> list[int]:
        async with bus.administrator(self.servers) as admin:
            return await bus.partitions_of(admin, self.name)

    async def records(self) -> list[ConsumerRecord]:
        """Return every message there is, partition by partition."""
        places = [TopicPartition(self.name, n) for n in await self.partitions()]
        if not places:
            return []
        consumer = AIOKafkaConsumer(bootstrap_servers=self.servers, fetch_max_wait_ms=20)
        await consumer.start()
        try:
            ends = await consumer.end_offsets(places)
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            found: dict[TopicPartition, list[ConsumerRecord]] = {place: [] for place in places}
            while any([await consumer.position(place) < ends[place] for place in places]):
                for place, records in (await consumer.getmany(timeout_ms=500)).items():
                    found[place] += records
            return [record for place in places for record in found[place]]
        finally:
            await consumer.stop()

    async def positions(self) -> list[int]:
        """Return the positions of the messages, in their order."""
        return [int(dict(r.headers)["ce_position"]) for r in await self.records()]

    async def holds(self, count: int) -> bool:
        return len(await self.records()) >= count

    async def make(self, partitions: int = 4) -> None:
        async with bus.administrator(self.servers) as admin:
            topic = NewTopic(self.name, partitions, 1, topic_configs=bus.TOPIC_SETTINGS)
            await admin.create_topics([topic])

        async def is_there() -> bool:
            return len(await self.partitions()) == partitions

        await until(is_there)

    async def delete(self) -> None:
        async with bus.administrator(self.servers) as admin:
            await admin.delete_topics([self.name])

        async def is_gone() -> bool:
            return not await self.partitions()

        await until(is_gone)

    async def cut_head(self, partition: int, before: int) -> None:
        """Drop the messages before an offset, as a retention that was set too short would."""
        async with bus.administrator(self.servers) as admin:
            place = TopicPartition(self.name, partition)
            await admin.delete_records({place: RecordsToDelete(before_offset=before)})

    async def send(self, entries: Sequence[SealedEntry]) -> None:
        """Send entries as the relay would."""
        await self.send_raw([(e.ledger.encode(), e.sealed, bus.headers(e)) for e in entries])

    async def send_raw(self, messages: Sequence[tuple[bytes, bytes, bus.Headers]]) -> None:
        """Send whatever it is."""
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, linger_ms=5)
        await producer.start()
        try:
            sent = [
                await producer.send(self.name, value, key=key, headers=headers)
                for key, value, headers in messages
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()
