"""The follower: another service's topic to our rows and reactions.

The invariant: a fact is applied exactly once, or not at all and loudly. Partitions are
assigned by lease, without a consumer group's rebalancing; where a topic's entries were
applied is decided by the checkpoints alone, so a repeat is skipped, a hole is refilled
from the owner's journal, and a fact that can't be applied stops this follower.
"""

import asyncio
from contextlib import suppress
from typing import NamedTuple

import httpx
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import bus, leases, reached
from shared.bus import Message, UnusableMessageError
from shared.database import passes
from shared.errors import Overloaded, Unavailable
from shared.followed import Followed, Gap
from shared.journal import Journal
from shared.projection import Reactions
from shared.reached import BEGINNING, Reached
from shared.refill import Refill
from shared.settings import Settings
from shared.telemetry import Metrics

log = structlog.get_logger()

_RECORDS_MAX = 1_000  # messages of one partition applied in one commit


class _Gathering(NamedTuple):
    """How facts are gathered while some come; what is gathered saves commits."""

    fetch: bus.Fetch
    many: int  # where so many come together, more come soon:
    breath: float  # waiting so many seconds saves a commit


# A fetch that waits for quiet partitions keeps a busy one waiting: so it is short while facts come,
# and long while none do, since each costs the broker and us as much as a fact.
_URGENT = _Gathering(bus.Fetch(wait_ms=100), many=16, breath=0.025)
_PATIENT = _Gathering(bus.Fetch(wait_ms=50, bytes_min=200_000), many=4, breath=0.1)
_IDLE = bus.Fetch(wait_ms=500)
_QUIET_MS = 500  # when none came for so long, none comes soon
_LEASE_SECONDS = 2.0
_STILL_SECONDS = 5.0  # with messages waiting, a consumer that gives none is opened anew
_BACKOFF_SECONDS = 1.0
_COMPARE_SECONDS = 30.0  # how often a follower looks whether the topic holds what it applied last


class Follower:
    """Follows one source; shares its partitions with the other workers of the service."""

    def __init__(  # noqa: PLR0913 - what it works with, by name
        self,
        *,
        source: str,
        journal: Journal,
        reactions: Reactions,
        refill: Refill,
        settings: Settings,
        metrics: Metrics,
        patient: bool = False,
    ) -> None:
        self.source = source
        self.topic = bus.topic_of(source)
        self.lag = 0
        self.connected = False
        self.stopped: str | None = None
        self._compare_at = 0.0
        self._moved_at = 0.0  # when the last message was applied, or nothing was waiting
        self._journal = journal
        self._reactions = reactions
        self._refill = refill
        self._settings = settings
        self._metrics = metrics
        self._gathering = _PATIENT if patient else _URGENT  # patient: nobody waits for our rows
        self._reached: dict[TopicPartition, Reached] = {}  # after the last message applied
        self._ends: dict[TopicPartition, int] = {}  # offset after the last message there is

    async def run_forever(self) -> None:
        """Follow until cancelled; start over after trouble, stand still after a bad fact."""
        while self.stopped is None:
            try:
                await self._follow()
            except asyncio.CancelledError as error:
                if bus.asked_to_stop():
                    raise
                await self._interrupted(error)
            except UnusableMessageError as error:
                self.connected = False
                self.stopped = str(error)
                self._metrics.follower_stopped.labels(self.source).set(1)
                log.exception("follower.stopped", source=self.source, reason=self.stopped)
            except Exception as error:  # noqa: BLE001 - a lost connection has many names
                await self._interrupted(error)

    async def _interrupted(self, error: BaseException) -> None:
        self.connected = False
        log.warning("follower.interrupted", source=self.source, error=repr(error))
        await asyncio.sleep(_BACKOFF_SECONDS)

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_servers,
            group_id=self._journal.service,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=bus.ANSWER_SECONDS_MAX * 1_000,
            fetch_max_bytes=20_000_000,
            max_partition_fetch_bytes=5_000_000,
        )
        async with (
            bus.opened(consumer),
            bus.administrator(self._settings.kafka_servers) as admin,
            leases.own_session(self._journal.engine) as db,
        ):
            await self._consume(consumer, admin, db)

    async def _consume(
        self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, db: AsyncConnection
    ) -> None:
        shares = leases.Shares(db, self.topic)
        await shares.come()
        loop = asyncio.get_running_loop()
        look_at = self._moved_at = loop.time()
        self._compare_at = loop.time() + _COMPARE_SECONDS
        while True:
            if loop.time() >= look_at:
                async with asyncio.timeout(bus.CALL_SECONDS_MAX):
                    await self._look_around(consumer, admin, db, shares)
                look_at = loop.time() + _LEASE_SECONDS
            if not shares.mine:
                await asyncio.sleep(_LEASE_SECONDS / 4)
                continue
            async with asyncio.timeout(bus.CALL_SECONDS_MAX):
                fetched = await consumer.getmany(timeout_ms=_QUIET_MS, max_records=_RECORDS_MAX)
            bus.fetch_by(consumer, self._gathering.fetch if fetched else _IDLE)
            for place, records in fetched.items():
                self._see_end(consumer, place)
                await self._apply(records)
                last = records[-1]
                self._reached[place] = Reached(last.offset + 1, bus.hash_of(last))
                self._moved_at = loop.time()
            self._measure()
            if sum(map(len, fetched.values())) >= self._gathering.many:
                await asyncio.sleep(self._gathering.breath)

    async def _look_around(
        self,
        consumer: AIOKafkaConsumer,
        admin: AIOKafkaAdminClient,
        db: AsyncConnection,
        shares: leases.Shares,
    ) -> None:
        """Remember where we are, share the partitions, and see how far behind we are."""
        loop = asyncio.get_running_loop()
        await self._remember_offsets(consumer, db)
        partitions = await bus.partitions_of(admin, self.topic)
        if await shares.share(partitions):
            await self._assign(consumer, db, shares.mine)
        elif loop.time() >= self._compare_at:
            await self._compare_with_topic(consumer)
            self._compare_at = loop.time() + _COMPARE_SECONDS
        await self._ask_ends(consumer)
        self._check_moving(loop.time())
        self.connected = bool(partitions)

    async def _assign(
        self, consumer: AIOKafkaConsumer, db: AsyncConnection, partitions: set[int]
    ) -> None:
        """Go on with these partitions where this service left off; with a new topic from 0."""
        places = [TopicPartition(self.topic, partition) for partition in sorted(partitions)]
        self._reached, self._ends = {}, {}
        if not places:
            consumer.unsubscribe()
            return
        consumer.assign(places)
        saved = await reached.read(db, self.topic)
        self._reached = {place: saved.get(place.partition, BEGINNING) for place in places}
        for place in places:
            consumer.seek(place, self._reached[place].next_offset)
        await self._compare_with_topic(consumer)
        log.info("follower.assigned", source=self.source, partitions=sorted(partitions))

    async def _compare_with_topic(self, consumer: AIOKafkaConsumer) -> None:
        """Begin again with each partition that lost what was applied last: others came instead."""
        for place in await reached.lost(self._settings.kafka_servers, self._reached):
            log.warning("follower.topic_lost_entries", partition=place.partition)
            self._reached[place] = BEGINNING
            consumer.seek(place, 0)

    async def _apply(self, records: list[ConsumerRecord]) -> None:
        """Apply records; where a bad one is among them, all before it still land."""
        try:
            await self._apply_together(records)
        except Exception as error:
            if _passes(error):
                raise
            if len(records) == 1:
                what = f"{type(error).__name__}: {getattr(error, 'facts', error)}"
                raise UnusableMessageError(f"{bus.place_of(records[0])}: {what}") from error
            middle = len(records) // 2
            await self._apply(records[:middle])
            await self._apply(records[middle:])

    async def _apply_together(self, records: list[ConsumerRecord]) -> None:
        messages = [bus.from_record(self.source, record) for record in records]
        while True:
            try:
                await self._submit(messages)
            except Gap as gap:
                log.warning("follower.refilling", source=self.source, **gap.facts)
                await self._refill_after(gap)
            except (Unavailable, Overloaded):
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

    async def _remember_offsets(self, consumer: AIOKafkaConsumer, db: AsyncConnection) -> None:
        """Keep where to start next time: a hint, since the checkpoints decide what is new.

        Tell Kafka too, for the usual lag tools; nothing depends on it.
        """
        if not self._reached:
            return
        await reached.save(db, self._reached)
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(_LEASE_SECONDS):
                await consumer.commit({p: here.next_offset for p, here in self._reached.items()})

    # ── how far behind ──────────────────────────────────────────────────────────

    async def _ask_ends(self, consumer: AIOKafkaConsumer) -> None:
        if self._reached:
            self._ends = await consumer.end_offsets(list(self._reached))
        self._measure()

    def _check_moving(self, now: float) -> None:
        """Raise KafkaError when messages are waiting and none has come for a while.

        When a broker goes away at the wrong moment, aiokafka's own task of fetching may end
        without a word; its consumer then gives nothing any more.
        """
        if self.lag == 0:
            self._moved_at = now
        elif now - self._moved_at > _STILL_SECONDS:
            raise KafkaError(f"{self.lag} messages are waiting and none comes")

    def _see_end(self, consumer: AIOKafkaConsumer, place: TopicPartition) -> None:
        end = consumer.highwater(place)
        if end is not None:
            self._ends[place] = end
        self._measure()

    def _measure(self) -> None:
        """Count the messages in our partitions that are not applied yet."""
        ends = self._ends.items()
        self.lag = sum(max(0, end - self._reached[place].next_offset) for place, end in ends)
        self._metrics.follower_lag.labels(self.source).set(self.lag)


def _passes(error: Exception) -> bool:
    """Say whether it is the bus, the owner or the database that is not there just now."""
    elsewhere = KafkaError | httpx.HTTPError | Unavailable | Overloaded
    return passes(error) or isinstance(error, elsewhere)
