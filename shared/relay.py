"""The relay: journal to topic, in order, nothing left out.

The invariant: an entry is sent only after all before it in its ledger were
acknowledged by Kafka, and the checkpoint moves only after the acknowledgement, so a
crash repeats but never skips. On start the checkpoint is compared with what the topic
really holds; what the topic lost is sent again.
"""

import asyncio
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import bus, chains
from shared.seal import SealedEntry
from shared.settings import Settings
from shared.telemetry import Metrics

log = structlog.get_logger()

_READ_MAX = 2_000  # entries of one ledger sent before the next ledger's turn
_POLL_SECONDS = 0.02  # how soon entries of another process's writer are seen
_BACKOFF_SECONDS = 1.0
_ENTRY_BYTES_MAX = 5_000_000
_LOCK = text("SELECT pg_try_advisory_lock(hashtext('acquit.relay'))")
_BEHIND = text("""
SELECT h.ledger, coalesce(r.position, 0) FROM chain_heads h
LEFT JOIN relay_checkpoints r USING (ledger) WHERE h.position > coalesce(r.position, 0)
""")
_ADVANCE = text("""
INSERT INTO relay_checkpoints VALUES (:ledger, :position, :partition, :offset)
ON CONFLICT (ledger) DO UPDATE SET position = excluded.position,
    topic_partition = excluded.topic_partition, topic_offset = excluded.topic_offset
""")
_LAST_SENT = text("""
SELECT DISTINCT ON (topic_partition) topic_partition, topic_offset, ledger, position
FROM relay_checkpoints ORDER BY topic_partition, topic_offset DESC
""")
_FORGET = text("DELETE FROM relay_checkpoints WHERE topic_partition = :partition")


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
        self.connected = False

    async def run_forever(self, written: asyncio.Event) -> None:
        """Relay until cancelled; after any trouble start over from the checkpoint."""
        while True:
            try:
                await self._relay(written)
            except (KafkaError, OSError, SQLAlchemyError) as error:
                log.warning("relay.interrupted", error=repr(error))
            self.connected = False
            await asyncio.sleep(_BACKOFF_SECONDS)

    async def _relay(self, written: asyncio.Event) -> None:
        async with self._engine.connect() as lock:
            await lock.execution_options(isolation_level="AUTOCOMMIT")
            while not (await lock.execute(_LOCK)).scalar_one():
                await asyncio.sleep(_BACKOFF_SECONDS)
            await self._ensure_topic()
            await self._compare_with_topic()
            producer = AIOKafkaProducer(
                bootstrap_servers=self._settings.kafka_servers,
                enable_idempotence=True,
                acks="all",
                max_batch_size=1_000_000,
                max_request_size=_ENTRY_BYTES_MAX,
            )
            await producer.start()
            try:
                self.connected = True
                while True:
                    written.clear()
                    if not await self._forward(producer):
                        with suppress(TimeoutError):
                            await asyncio.wait_for(written.wait(), _POLL_SECONDS)
            finally:
                await producer.stop()

    async def _ensure_topic(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka_servers)
        await admin.start()
        try:
            if self._topic not in await admin.list_topics():
                topic = NewTopic(
                    self._topic,
                    self._settings.topic_partitions,
                    self._settings.topic_replication,
                    topic_configs={"retention.ms": "-1"},
                )
                with suppress(TopicAlreadyExistsError):
                    await admin.create_topics([topic])
        finally:
            await admin.close()

    async def _compare_with_topic(self) -> None:
        """Forget the checkpoints of each partition that no longer holds what was sent last."""
        async with self._engine.connect() as db:
            sent = (await db.execute(_LAST_SENT)).all()
        if not sent:
            return
        consumer = AIOKafkaConsumer(bootstrap_servers=self._settings.kafka_servers)
        await consumer.start()
        try:
            for partition, offset, ledger, position in sent:
                place = TopicPartition(self._topic, partition)
                if not await _holds(consumer, place, offset, ledger, position):
                    log.warning("relay.topic_lost_entries", partition=partition)
                    async with self._engine.begin() as tx:
                        await tx.execute(_FORGET, {"partition": partition})
        finally:
            await consumer.stop()

    async def _forward(self, producer: AIOKafkaProducer) -> bool:
        """Send one read of every ledger that is behind; return whether there was any."""
        async with self._engine.connect() as db:
            behind = (await db.execute(_BEHIND)).all()
            for ledger, after in behind:
                entries = await chains.read(db, ledger, after, _READ_MAX)
                await self._send(producer, ledger, entries)
        return bool(behind)

    async def _send(
        self, producer: AIOKafkaProducer, ledger: str, entries: list[SealedEntry]
    ) -> None:
        partitions = await producer.partitions_for(self._topic)
        partition = _partition_of(ledger, len(partitions))
        start = 0
        while start < len(entries):
            batch = producer.create_batch()
            end = start
            while end < len(entries) and _append(batch, entries[end]):
                end += 1
            sent = await (await producer.send_batch(batch, self._topic, partition=partition))
            await self._advance(entries[end - 1], partition, sent.offset + end - start - 1)
            start = end

    async def _advance(self, last: SealedEntry, partition: int, offset: int) -> None:
        values = {
            "ledger": last.ledger,
            "position": last.position,
            "partition": partition,
            "offset": offset,
        }
        async with self._engine.begin() as tx:
            await tx.execute(_ADVANCE, values)
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
    return (murmur2(ledger.encode()) & 0x7FFFFFFF) % count


async def _holds(
    consumer: AIOKafkaConsumer, place: TopicPartition, offset: int, ledger: str, position: int
) -> bool:
    ends = await consumer.end_offsets([place])
    if ends[place] <= offset:
        return False
    consumer.assign([place])
    consumer.seek(place, offset)
    record = await consumer.getone(place)
    named = dict(record.headers)
    return (record.key, named.get("ce_position")) == (ledger.encode(), str(position).encode())
