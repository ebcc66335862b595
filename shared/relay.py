"""The relay: journal to topic, in order, nothing left out.

The invariant: an entry is sent only after all before it in its ledger were
acknowledged by Kafka, and the checkpoint moves only after the acknowledgement, so a
crash repeats but never skips. What does not continue the chain is not sent: nobody
learns of an entry that was put in or changed behind our back, and other ledgers go on.
What the topic really holds is compared with the checkpoint at the start, with each
acknowledgement and from time to time; what it lost is sent again.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import bus, chains, leases
from shared.checking import Flaw, Place, continuing
from shared.database import LOOKING_UP, Driver, driver_of
from shared.seal import SealedEntry, genesis
from shared.settings import Settings
from shared.telemetry import Metrics
from shared.topics import create_topics

log = structlog.get_logger()

_READ_MAX = 2_000  # entries of one ledger sent before the next ledger's turn
_BATCH_BYTES = 1_000_000
_POLL_SECONDS = (0.01, 0.2)  # other processes' entries: soon after some came, rarer when idle
# What comes right after an entry goes with the next ones, and later where many come together:
# each batch costs us, the broker and all who follow as much as several entries.
_FEW_SECONDS, _MANY, _MANY_SECONDS = 0.005, 16, 0.02
_COMPARE_SECONDS = 30.0  # how often a relay looks whether the topic still holds what it sent
_BACKOFF_SECONDS = 1.0
_HURRY = text("SET synchronous_commit = off")  # a checkpoint that is lost only repeats
_BEHIND = """
SELECT h.ledger, coalesce(r.position, 0), h.position FROM chain_heads h
LEFT JOIN relay_checkpoints r USING (ledger) WHERE h.position > coalesce(r.position, 0)
"""
_ADVANCE = """
INSERT INTO relay_checkpoints VALUES ($1, $2, $3, $4)
ON CONFLICT (ledger) DO UPDATE SET position = excluded.position,
    topic_partition = excluded.topic_partition, topic_offset = excluded.topic_offset
"""
_LAST_SENT = text("""
SELECT DISTINCT ON (topic_partition) topic_partition, topic_offset, ledger, position
FROM relay_checkpoints ORDER BY topic_partition, topic_offset DESC
""")
_FORGET = text("DELETE FROM relay_checkpoints WHERE topic_partition = :partition")


class TopicLostEntriesError(RuntimeError):
    """The topic ends before what was acknowledged earlier: start over, and send it again."""


class Relay:
    """Sends a service's journal to its topic; one relay works at a time, others stand by."""

    def __init__(
        self, *, service: str, engine: AsyncEngine, settings: Settings, metrics: Metrics
    ) -> None:
        self._service = service
        self._engine = engine
        self._settings = settings
        self._metrics = metrics
        self._topic = bus.topic_of(service)
        self._last_offsets: dict[int, int] = {}  # per partition, of what was sent last
        self.connected = False
        self.trouble: str | None = None

    async def run_forever(self, written: asyncio.Event) -> None:
        """Relay until cancelled; after any trouble start over from the checkpoint."""
        while True:
            try:
                await self._relay(written)
            except asyncio.CancelledError as error:
                if bus.asked_to_stop():
                    raise
                self._interrupted(error)
            except Exception as error:  # noqa: BLE001 - a relay never gives up; it says why it waits
                self._interrupted(error)
            await asyncio.sleep(_BACKOFF_SECONDS)

    def _interrupted(self, error: BaseException) -> None:
        self.connected, self.trouble = False, repr(error)
        log.warning("relay.interrupted", error=self.trouble)

    async def _relay(self, written: asyncio.Event) -> None:
        async with leases.own_session(self._engine) as db:
            while not await leases.take(db, "acquit.relay"):
                self._tell([])
                await asyncio.sleep(_BACKOFF_SECONDS)
            await db.execute(_HURRY)
            await (await driver_of(db)).execute(LOOKING_UP)
            await create_topics(self._settings.kafka_servers, [self._service])
            await self._compare_with_topic(db)
            producer = AIOKafkaProducer(
                bootstrap_servers=self._settings.kafka_servers,
                enable_idempotence=True,
                acks="all",
                max_batch_size=_BATCH_BYTES,
                request_timeout_ms=bus.ANSWER_SECONDS_MAX * 1_000,
            )
            async with bus.opened(producer):
                self.connected, self.trouble = True, None
                await self._forward_forever(db, producer, written)

    async def _forward_forever(
        self, db: AsyncConnection, producer: AIOKafkaProducer, written: asyncio.Event
    ) -> None:
        soonest, rarest = _POLL_SECONDS
        pause = soonest
        loop = asyncio.get_running_loop()
        compare_at = loop.time() + _COMPARE_SECONDS
        while True:
            written.clear()
            count = await self._forward(db, producer)
            if count >= _READ_MAX:
                continue
            if loop.time() >= compare_at:
                await self._compare_with_topic(db)
                compare_at = loop.time() + _COMPARE_SECONDS
                continue
            if count >= _MANY:
                await asyncio.sleep(_MANY_SECONDS)
                continue
            if count:
                await asyncio.sleep(_FEW_SECONDS)
            pause = soonest if count else min(2 * pause, rarest)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await written.wait()

    async def _compare_with_topic(self, db: AsyncConnection) -> None:
        """Forget the checkpoints of each partition that no longer holds what was sent last."""
        self._last_offsets.clear()
        sent = (await db.execute(_LAST_SENT)).all()
        held = await self._held(sent) if sent else set()
        for partition, offset, _, _ in sent:
            if partition in held:
                self._last_offsets[partition] = offset
            else:
                await self._forget(db, partition)

    async def _held(self, sent: Sequence[Row[Any]]) -> set[int]:
        """Return the partitions in which what was sent last is where it was acknowledged."""
        servers = self._settings.kafka_servers
        async with bus.administrator(servers) as admin:
            partitions = await bus.partitions_of(admin, self._topic)
        if not partitions:
            return set()
        consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="none")
        held: set[int] = set()
        async with bus.opened(consumer):
            for row in sent:
                place = TopicPartition(self._topic, row.topic_partition)
                if place.partition in partitions and await _holds(consumer, place, row):
                    held.add(place.partition)
        return held

    async def _forget(self, db: AsyncConnection, partition: int) -> None:
        log.warning("relay.topic_lost_entries", partition=partition)
        await db.execute(_FORGET, {"partition": partition})

    async def _forward(self, db: AsyncConnection, producer: AIOKafkaProducer) -> int:
        """Send one read of every ledger that is behind; return how many entries there were."""
        driver, count = await driver_of(db), 0
        flaws: list[Flaw] = []
        for ledger, after, end in await driver.fetch(_BEHIND):
            entries, flaw = await self._next(driver, ledger, after, end)
            await self._send(db, producer, entries)
            count += len(entries)
            flaws += [flaw] if flaw else []
        self._tell(flaws)
        return count

    async def _next(
        self, driver: Driver, ledger: str, after: int, end: int
    ) -> tuple[list[SealedEntry], Flaw | None]:
        """Read what continues the entry sent last, up to the head, and see what does not."""
        start = max(after - 1, 0)
        count = min(after + _READ_MAX, end) - start
        entries = await chains.read_sealed(driver, ledger, start, count)
        place = Place(0, genesis(self._service, ledger))
        if after:
            if not entries or entries[0].position != after:
                return [], Flaw(self._service, ledger, after, "missing", "it was sent, and is gone")
            place = Place(after, entries.pop(0).hash)
        return continuing(entries, self._service, ledger, place)

    def _tell(self, flaws: list[Flaw]) -> None:
        """Say which journals were altered, for as long as they are."""
        found = [f"{f.ledger}, position {f.position}: {f.flaw}, {f.detail}" for f in flaws]
        trouble = "; ".join(found) or None
        if trouble and trouble != self.trouble:
            log.error("relay.journal_altered", reason=trouble)
        self.trouble = trouble
        self._metrics.relay_altered_journals.set(len(flaws))

    async def _send(
        self, db: AsyncConnection, producer: AIOKafkaProducer, entries: list[SealedEntry]
    ) -> None:
        """Send the entries of one ledger; a batch holds at least one, however large."""
        async with asyncio.timeout(bus.CALL_SECONDS_MAX):
            partitions = await producer.partitions_for(self._topic)
        start = 0
        while start < len(entries):
            partition = _partition_of(entries[start].ledger, len(partitions))
            batch = producer.create_batch()
            end = start
            while end < len(entries) and _append(batch, entries[end]):
                end += 1
            async with asyncio.timeout(bus.CALL_SECONDS_MAX):
                sent = await (await producer.send_batch(batch, self._topic, partition=partition))
            last_offset = sent.offset + end - start - 1
            await self._check_order(db, partition, sent.offset)
            self._last_offsets[partition] = last_offset
            await self._advance(db, entries[end - 1], partition, last_offset)
            start = end

    async def _check_order(self, db: AsyncConnection, partition: int, offset: int) -> None:
        """Raise when the topic put a batch before what it had acknowledged earlier."""
        if offset < 0:  # a repeat whose place the broker does not remember: send it once more
            raise KafkaError("the broker did not say where it put a batch")
        if offset <= self._last_offsets.get(partition, -1):
            await self._forget(db, partition)
            raise TopicLostEntriesError(f"partition {partition} went on at offset {offset}")

    async def _advance(
        self, db: AsyncConnection, last: SealedEntry, partition: int, offset: int
    ) -> None:
        driver = await driver_of(db)
        await driver.execute(_ADVANCE, last.ledger, last.position, partition, offset)
        self._metrics.journal_position.labels(last.ledger).set(last.position)


def _append(batch: BatchBuilder, entry: SealedEntry) -> bool:
    metadata = batch.append(
        timestamp=None,
        key=entry.ledger.encode(),
        value=entry.sealed,
        headers=bus.headers(entry),
    )
    return metadata is not None


def _partition_of(ledger: str, count: int) -> int:
    """Return the partition Kafka's default partitioner gives this key."""
    return int(murmur2(ledger.encode()) & 0x7FFFFFFF) % count


async def _holds(consumer: AIOKafkaConsumer, place: TopicPartition, sent: Row[Any]) -> bool:
    """Say whether what was sent last is where it was acknowledged to be."""
    record = await bus.record_at(consumer, place, sent.topic_offset)
    if record is None:
        return False
    found = record.key, dict(record.headers).get("ce_position")
    return found == (sent.ledger.encode(), str(sent.position).encode())
