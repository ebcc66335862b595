"""The follower: another service's topic to our rows and reactions.

The invariant: a fact is applied exactly once. Its rows, the commands it obliges us to
and the checkpoint (per source and ledger) land in one commit of our own writer; a
repeat is skipped by position, a hole is refilled from the owner's journal, and a fact
that can't be applied stops this follower loudly, for an operator to see.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

import httpx
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import bus
from shared.bus import Message, UnusableMessageError
from shared.decider import Command, Need, Picture, one
from shared.errors import Refusal, Unavailable
from shared.events import UnknownEventType
from shared.journal import Desk, Journal, Outcome
from shared.projection import Projection, Reactions
from shared.refill import Refill
from shared.seal import Context, Entry, entry_from
from shared.settings import Settings
from shared.tables import Checkpoint
from shared.telemetry import Metrics

log = structlog.get_logger()

_RECORDS_MAX = 1_000  # messages of one partition applied in one commit
_WAIT_MS = 1_000
_LEASE_SECONDS = 2.0
_BACKOFF_SECONDS = 1.0
_LEASE = text("SELECT pg_try_advisory_lock(hashtext(:topic), :partition)")
_OFFSETS = text("SELECT topic_partition, next_offset FROM topic_offsets WHERE topic = :topic")
_SAVE_OFFSET = text("""
INSERT INTO topic_offsets VALUES (:topic, :partition, :offset)
ON CONFLICT (topic, topic_partition) DO UPDATE SET next_offset = excluded.next_offset
""")


class Gap(Refusal):
    """Entries are missing between what was applied and what came."""

    def __init__(self, ledger: str, after: int) -> None:
        """Say in which ledger, and after which position."""
        super().__init__(ledger=ledger, after=after)
        self.ledger, self.after = ledger, after


@dataclass(slots=True)
class Followed:
    """A batch of another service's entries: one unit of our writer's work."""

    source: str
    service: str
    messages: list[Message]
    projection: Projection
    reactions: Reactions
    done: "asyncio.Future[Outcome]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    _steps: list[tuple[Message, Entry | None, list[Command]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Decode what our projection or reactions know; raise UnusableMessageError otherwise."""
        known = self.projection.wire_names | self.reactions.wire_names
        for message in self.messages:
            entry = _decoded(message) if message.type in known else None
            commands = list(self.reactions.commands(entry)) if entry else []
            self._steps.append((message, entry, commands))

    def ledgers(self) -> Iterable[str]:
        """Return the ledgers its entries belong to."""
        return {message.stored.ledger for message in self.messages}

    def needs(self, ledger: str, picture: Picture) -> Iterator[Need]:
        """Name the checkpoint, the rows its facts touch, and what its reactions read."""
        yield one(Checkpoint, self.source)
        for message, entry, commands in self._steps:
            if message.stored.ledger != ledger:
                continue
            if self.projection.keeper:
                yield from self.projection.keeper.needs(message)
            if entry:
                yield from self.projection.needs(entry.fact)
                for command in commands:
                    yield from command.needs(picture)

    async def run(self, desks: dict[str, Desk]) -> Outcome:
        """Apply every new entry, then carry out what it obliges us to."""
        entries: list[Entry] = []
        async with AsyncExitStack() as stack:
            for ledger in self.ledgers():
                await stack.enter_async_context(desks[ledger].attempt())
            for message, entry, commands in self._steps:
                desk = desks[message.stored.ledger]
                if not _advance(desk.picture, self.source, message.stored.position):
                    continue
                if self.projection.keeper:
                    self.projection.keeper.take(desk.picture, message)
                if entry:
                    await desk.ensure(self.projection.needs(entry.fact))
                    self.projection.apply(desk.picture, entry)
                    context = Context(
                        f"service:{self.service}", entry.context.correlation_id, entry.entry_id
                    )
                    for command in commands:
                        entries += await desk.decide(command, context)
        return Outcome(entries, desks[next(iter(self.ledgers()))].picture)


def _advance(picture: Picture, source: str, position: int) -> bool:
    """Move the checkpoint to this position; return False for a repeat, raise Gap for a hole."""
    checkpoint = picture.find(Checkpoint, source)
    applied = checkpoint.position if checkpoint else 0
    if position <= applied:
        return False
    if position > applied + 1:
        raise Gap(picture.ledger, applied)
    picture.put(Checkpoint(ledger=picture.ledger, source=source, position=position))
    return True


def _decoded(message: Message) -> Entry:
    try:
        return entry_from(message.envelope)
    except (UnknownEventType, ValidationError, KeyError, ValueError) as error:
        place = f"{message.stored.ledger} position {message.stored.position}"
        raise UnusableMessageError(f"{place}: {error}") from error


class Follower:
    """Follows one source; shares its partitions with the other workers of the service."""

    def __init__(  # noqa: PLR0913 - a follower's parts, given once, by name
        self,
        *,
        source: str,
        journal: Journal,
        reactions: Reactions,
        refill: Refill,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self.source = source
        self.topic = bus.topic_of(source)
        self.lag = 0
        self.connected = False
        self.stopped: str | None = None
        self._journal = journal
        self._reactions = reactions
        self._refill = refill
        self._settings = settings
        self._metrics = metrics

    async def run_forever(self) -> None:
        """Follow until cancelled; start over after trouble, stand still after a bad fact."""
        while self.stopped is None:
            try:
                await self._follow()
            except (KafkaError, OSError, SQLAlchemyError, httpx.HTTPError, Unavailable) as error:
                log.warning("follower.interrupted", source=self.source, error=repr(error))
            except Exception as error:
                self.stopped = f"{type(error).__name__}: {getattr(error, 'facts', error)}"
                self._metrics.follower_stopped.labels(self.source).set(1)
                log.exception("follower.stopped", source=self.source, reason=self.stopped)
            self.connected = False
            await asyncio.sleep(_BACKOFF_SECONDS)

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_servers,
            group_id=self._journal.service,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_bytes=20_000_000,
            max_partition_fetch_bytes=5_000_000,
        )
        await consumer.start()
        try:
            async with self._journal.engine.connect() as db:
                await db.execution_options(isolation_level="AUTOCOMMIT")
                await self._consume(consumer, db)
        finally:
            with suppress(KafkaError):
                await consumer.stop()

    async def _consume(self, consumer: AIOKafkaConsumer, db: AsyncConnection) -> None:
        leased: set[TopicPartition] = set()
        loop = asyncio.get_running_loop()
        lease_at = loop.time()
        while True:
            if loop.time() >= lease_at:
                leased |= await self._lease_more(consumer, db, leased)
                await self._commit_offsets(consumer, leased)
                lease_at = loop.time() + _LEASE_SECONDS
            if not leased:
                await asyncio.sleep(_LEASE_SECONDS / 4)
                continue
            fetched = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=_RECORDS_MAX)
            for place, records in fetched.items():
                await self._apply(records)
                await self._remember_offset(db, place, records[-1].offset + 1)
            await self._measure(consumer, leased)

    async def _lease_more(
        self, consumer: AIOKafkaConsumer, db: AsyncConnection, leased: set[TopicPartition]
    ) -> set[TopicPartition]:
        """Take partitions nobody else of our service follows; start where we left off."""
        partitions = await bus.partitions_of(self._settings.kafka_servers, self.topic)
        self.connected = bool(partitions)
        new: set[TopicPartition] = set()
        for partition in partitions:
            place = TopicPartition(self.topic, partition)
            values = {"topic": self.topic, "partition": partition}
            if place not in leased and (await db.execute(_LEASE, values)).scalar_one():
                new.add(place)
        if new:
            positions = {place: await consumer.position(place) for place in leased}
            consumer.assign(list(leased | new))
            for place, position in positions.items():
                consumer.seek(place, position)
            await self._seek(consumer, db, new)
        return new

    async def _seek(
        self, consumer: AIOKafkaConsumer, db: AsyncConnection, new: set[TopicPartition]
    ) -> None:
        saved: dict[int, int] = dict((await db.execute(_OFFSETS, {"topic": self.topic})).all())  # type: ignore[arg-type]
        ends = await consumer.end_offsets(list(new))
        for place in new:
            offset = saved.get(place.partition, 0)
            consumer.seek(place, offset if offset <= ends[place] else 0)

    async def _apply(self, records: list[ConsumerRecord]) -> None:
        messages = [bus.from_record(self.source, record) for record in records]
        while True:
            try:
                await self._submit(messages)
            except Gap as gap:
                log.warning("follower.refilling", source=self.source, **gap.facts)
                await self._refill_after(gap)
            except Unavailable:
                await asyncio.sleep(_BACKOFF_SECONDS)
            else:
                return

    async def _refill_after(self, gap: Gap) -> None:
        refilled = await self._refill.read(self.source, gap.ledger, gap.after, _RECORDS_MAX)
        if not refilled:
            raise UnusableMessageError(
                f"{gap.ledger}: nothing after position {gap.after} in the journal of {self.source}"
            )
        await self._submit(refilled)

    async def _submit(self, messages: list[Message]) -> None:
        unit = Followed(
            source=self.source,
            service=self._journal.service,
            messages=messages,
            projection=self._journal.projection,
            reactions=self._reactions,
        )
        await self._journal.submit(unit)

    async def _remember_offset(
        self, db: AsyncConnection, place: TopicPartition, offset: int
    ) -> None:
        """Keep where to start next time: a hint, since the checkpoints decide what is new."""
        values = {"topic": place.topic, "partition": place.partition, "offset": offset}
        await db.execute(_SAVE_OFFSET, values)

    async def _commit_offsets(
        self, consumer: AIOKafkaConsumer, leased: set[TopicPartition]
    ) -> None:
        """Tell Kafka too how far we are, for the usual lag tools; nothing depends on it."""
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(_LEASE_SECONDS):
                await consumer.commit({p: await consumer.position(p) for p in leased})

    async def _measure(self, consumer: AIOKafkaConsumer, leased: set[TopicPartition]) -> None:
        ends = {place: consumer.highwater(place) for place in leased}
        self.lag = sum(
            [end - await consumer.position(place) for place, end in ends.items() if end is not None]
        )
        self._metrics.follower_lag.labels(self.source).set(self.lag)
