"""Rebuilding: fill a service's tables again from the journals, or prove they need not be.

Everything happens in one transaction during which no other writes, so that no fact
slips in between; readers see the old rows until it commits. Every entry is held against
its chain before it is applied. Facts of other services are applied up to the checkpoint
and no further: what came later still has to be reacted to.
"""

import enum
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord
from sqlalchemy import ColumnElement, Table, delete, func, literal_column, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import bus, chains
from shared.bus import Message, UnusableMessageError
from shared.checking import Chain
from shared.database import driver_of, engine_of
from shared.decider import Need, Picture
from shared.refill import Refill
from shared.seal import entry_from
from shared.service import Service
from shared.settings import Settings
from shared.tables import Checkpoint, Tables
from shared.writing import write_in_turn

log = structlog.get_logger()

_BATCH = 2_000
_ORDER = ("invoicing", "payments", "reconciliation", "archive")  # each stands on those before
_LOCK_ALL = text("LOCK TABLE chain_heads IN EXCLUSIVE MODE")
_LOCK_ONE = text("SELECT 1 FROM chain_heads WHERE ledger = :ledger FOR UPDATE")
_RAISE_REVISIONS = text("""
UPDATE chain_heads SET revision = revision + 1
WHERE ledger = coalesce(CAST(:ledger AS text), ledger)
""")  # so that no writer goes on with rows it remembers


class End(NamedTuple):
    """The last entry to apply of a journal."""

    position: int
    hash: bytes


Until = dict[tuple[str, str], End]  # by source and ledger


class Source(enum.StrEnum):
    """Where a rebuild reads facts: the owners' journals, or Kafka alone."""

    JOURNAL = "journal"
    KAFKA = "kafka"


class JournalIncompleteError(RuntimeError):
    """A journal can't be read as far as it was applied, or is not whole: nothing was changed."""


async def rebuild(
    service: Service,
    settings: Settings,
    *,
    source: Source,
    check_only: bool,
    ledger: str | None = None,
) -> list[str]:
    """Replay every fact into empty tables; return the names of tables that came out different.

    Of all ledgers, or of one while the others go on. With `check_only` the transaction is
    rolled back and nothing changes. Raises JournalIncompleteError.
    """
    engine = engine_of(settings, statement_seconds=None)
    try:
        async with engine.connect() as tx, httpx.AsyncClient(timeout=60) as client:
            await _stop_writers(tx, ledger)
            until = await _positions(tx, service, ledger)
            before = await _digests(tx, service.tables, ledger)
            for table in service.tables.row_tables:
                await tx.execute(delete(table).where(_in(table, ledger)))
            token = settings.service_token.get_secret_value()
            refill = Refill(client, settings.journal_urls, token)
            for origin in _origins(service):
                if source is Source.KAFKA:
                    messages = _from_kafka(settings, origin)
                else:
                    messages = _from_journals(tx, service.name, origin, until, refill)
                await _replay(tx, service, Checked(settings, origin, until), messages)
            after = await _digests(tx, service.tables, ledger)
            await tx.execute(_RAISE_REVISIONS, {"ledger": ledger})
            await (tx.rollback() if check_only else tx.commit())
    finally:
        await engine.dispose()
    differing = sorted(name for name in before if before[name] != after[name])
    log.info("rebuild.finished", source=source.value, differing=differing)
    return differing


def _origins(service: Service) -> list[str]:
    return [name for name in _ORDER if name in (service.name, *service.sources)]


async def _stop_writers(tx: AsyncConnection, ledger: str | None) -> None:
    if ledger is None:
        await tx.execute(_LOCK_ALL)
    else:
        await tx.execute(_LOCK_ONE, {"ledger": ledger})


def _in(table: Table, ledger: str | None) -> ColumnElement[bool]:
    return true() if ledger is None else table.c.ledger == ledger


async def _positions(tx: AsyncConnection, service: Service, ledger: str | None) -> Until:
    """Return how far each journal was applied: our own to its end, others to the checkpoint."""
    until = {
        (service.name, head.ledger): End(head.position, head.hash)
        for head in await chains.heads(await driver_of(tx))
    }
    table = service.tables.of(Checkpoint)
    rows = await tx.execute(select(table))
    until |= {(row.source, row.ledger): End(row.position, row.hash) for row in rows}
    return {place: end for place, end in until.items() if ledger in (None, place[1])}


async def _digests(tx: AsyncConnection, tables: Tables, ledger: str | None) -> dict[str, Any]:
    """Return a digest of every row table."""
    digests: dict[str, Any] = {}
    for table in tables.row_tables:
        line = func.md5(literal_column(f'"{table.name}"::text'))
        joined = func.md5(func.coalesce(_joined(line, table), ""))
        query = select(joined).select_from(table).where(_in(table, ledger))
        digests[table.name] = (await tx.execute(query)).scalar_one()
    return digests


def _joined(line: Any, table: Table) -> Any:
    key = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    return func.string_agg(line, literal_column(f"'' ORDER BY {key}"))


async def _from_journals(
    tx: AsyncConnection, own: str, origin: str, until: Until, refill: Refill
) -> AsyncIterator[Message]:
    for ledger in [ledger for source, ledger in until if source == origin]:
        if origin != own:
            async for entry in refill.entries(origin, ledger):
                yield bus.message(origin, entry.sealed, entry.hash, entry.signature)
            continue
        after, driver = 0, await driver_of(tx)
        while page := await chains.read(driver, ledger, after, _BATCH):
            for entry in page:
                yield bus.message(origin, entry.sealed, entry.hash, entry.signature)
            after = page[-1].position


async def _from_kafka(settings: Settings, origin: str) -> AsyncIterator[Message]:
    topic, servers = bus.topic_of(origin), settings.kafka_servers
    async with bus.administrator(servers) as admin:
        places = [TopicPartition(topic, n) for n in await bus.partitions_of(admin, topic)]
    if not places:
        return
    # A fetch that waits at the end of one partition would keep the next one waiting.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, auto_offset_reset="earliest", fetch_max_wait_ms=20
    )
    async with bus.opened(consumer):
        ends = await consumer.end_offsets(places)
        for place in places:
            consumer.assign([place])
            consumer.seek(place, 0)
            while await consumer.position(place) < ends[place]:
                for record in (await consumer.getmany(place, timeout_ms=1_000)).get(place, []):
                    yield from_topic(origin, record)


def from_topic(origin: str, record: ConsumerRecord) -> Message:
    """Parse a record; raise JournalIncompleteError unless key and headers say what is sealed."""
    try:
        message = bus.from_record(origin, record)
    except UnusableMessageError as error:
        raise JournalIncompleteError(f"{bus.place_of(record)}: {error}") from error
    sealed = {**dict(bus.headers(message.stored)), "key": message.stored.ledger.encode()}
    found = {**dict(record.headers), "key": record.key}
    if differing := sorted(name for name, _ in sealed.items() ^ found.items()):
        names = ", ".join(dict.fromkeys(differing))
        raise JournalIncompleteError(f"{bus.place_of(record)}: {names}: not what is sealed")
    return message


class Checked:
    """The entries of one origin that are to be applied, each held against its chain."""

    def __init__(self, settings: Settings, origin: str, until: Until) -> None:
        self.origin = origin
        self._until = {ledger: end for (source, ledger), end in until.items() if source == origin}
        key = settings.public_keys[origin]
        self._chains = {ledger: Chain(origin, ledger, key) for ledger in self._until}

    def takes(self, message: Message) -> bool:
        """Say whether it comes next; raise JournalIncompleteError when it does not fit."""
        stored = message.stored
        chain = self._chains.get(stored.ledger)
        if chain is None or stored.position != chain.position + 1:
            return False
        if stored.position > self._until[stored.ledger].position:
            return False
        if flaw := chain.check(stored):
            raise JournalIncompleteError(
                f"{self.origin}, {stored.ledger}, position {flaw.position}: {flaw.detail}"
            )
        return True

    def finish(self) -> None:
        """Raise JournalIncompleteError unless everything was read, to the entry applied last."""
        for ledger, until in self._until.items():
            chain = self._chains[ledger]
            if chain.position < until.position:
                raise JournalIncompleteError(
                    f"{self.origin}, {ledger}: what can be read ends at position "
                    f"{chain.position}, {until.position} were applied"
                )
            if chain.hash != until.hash:
                raise JournalIncompleteError(
                    f"{self.origin}, {ledger}, position {chain.position}: "
                    "it is not the entry that was applied"
                )


async def _replay(
    tx: AsyncConnection, service: Service, checked: Checked, messages: AsyncIterator[Message]
) -> None:
    batch: list[Message] = []
    async for message in messages:
        if checked.takes(message):
            batch.append(message)
        if len(batch) == _BATCH:
            await _apply(tx, service, batch)
            batch = []
    await _apply(tx, service, batch)
    checked.finish()


async def _apply(tx: AsyncConnection, service: Service, batch: list[Message]) -> None:
    projection, tables = service.projection, service.tables
    pictures = {ledger: Picture(ledger) for ledger in {m.stored.ledger for m in batch}}
    known = projection.wire_names
    entries = [entry_from(m.envelope) for m in batch if m.type in known]
    wanted: dict[Picture, set[Need]] = {picture: set() for picture in pictures.values()}
    for entry in entries:
        picture = pictures[entry.ledger]
        wanted[picture] |= picture.missing(projection.needs(entry.fact))
    driver = await driver_of(tx)
    await tables.load(driver, wanted)
    for entry in entries:
        projection.apply(pictures[entry.ledger], entry)
    await write_in_turn(driver, (), tables.changes(pictures.values()))
