"""Rebuilding: fill a service's tables again from the journals, or prove they need not be.

Everything happens in one transaction during which no other writes, so that no fact
slips in between; readers see the old rows until it commits. Every entry is held against
its chain before it is applied. Facts of other services are applied up to the checkpoint
and no further: what came later still has to be reacted to.
"""

import gc
import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from functools import partial
from typing import Any

import httpx
import structlog
from sqlalchemy import (
    ColumnElement,
    Numeric,
    Table,
    cast,
    delete,
    func,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import chains
from shared.cores import in_order
from shared.database import Driver, driver_of, engine_of
from shared.decider import Need, Picture
from shared.dropped import dropped, make_again, refuse_dropped
from shared.history import Checked, End, History, Source, Until
from shared.refill import Refill
from shared.seal import Entry
from shared.service import Service
from shared.settings import Settings
from shared.tables import Checkpoint, Tables
from shared.writing import write_in_turn

log = structlog.get_logger()

_HELD = 20_000  # facts whose rows are held before they are written
_ORDER = ("invoicing", "payments", "reconciliation", "archive")  # each stands on those before
_LOCK_ALL = text("LOCK TABLE chain_heads IN EXCLUSIVE MODE")
_LOCK_ONE = text("SELECT 1 FROM chain_heads WHERE ledger = :ledger FOR UPDATE")
_RAISE_REVISIONS = text("""
UPDATE chain_heads SET revision = revision + 1
WHERE ledger = coalesce(CAST(:ledger AS text), ledger)
""")  # so that no writer goes on with rows it remembers


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
    rolled back and nothing changes. Tables that were dropped are made anew in it, where all
    ledgers are rebuilt and the owner's role is known. Raises JournalIncompleteError, or
    TablesMissingError.
    """
    gone = await _dropped(service, settings, may_make=not (check_only or ledger))
    engine = engine_of(_as_owner(settings) if gone else settings, statement_seconds=None)
    try:
        async with engine.connect() as tx, httpx.AsyncClient(timeout=60) as client:
            await make_again(tx, gone)
            await _stop_writers(tx, ledger)
            until = await _positions(tx, service, ledger)
            digests = Digests(service.tables, ledger)
            before = await digests.of(tx)
            for table in service.tables.row_tables:
                await tx.execute(delete(table).where(_in(table, ledger)))
            token = settings.service_token.get_secret_value()
            refill = Refill(client, settings.journal_urls, token)
            history = History(service.name, settings, engine, refill)
            await _fill(Rows(await driver_of(tx), service), history, source, until)
            after = await digests.of(tx)
            await tx.execute(_RAISE_REVISIONS, {"ledger": ledger})
            await (tx.rollback() if check_only else tx.commit())
    finally:
        await engine.dispose()
    made = [table.name for table in gone]
    differing = sorted(name for name in before if name in made or before[name] != after[name])
    log.info("rebuild.finished", source=source.value, differing=differing, made=made)
    return differing


async def _dropped(service: Service, settings: Settings, *, may_make: bool) -> list[Table]:
    """Return the tables to be made; raise TablesMissingError where some are gone and we may not."""
    engine = engine_of(settings)
    try:
        if may_make and settings.owner_database_url:
            return await dropped(engine, service.tables)
        await refuse_dropped(engine, service.tables)
        return []
    finally:
        await engine.dispose()


def _as_owner(settings: Settings) -> Settings:
    """Return settings with which tables can be made and filled in one transaction."""
    return settings.model_copy(update={"database_url": settings.owner_database_url})


async def _fill(rows: "Rows", history: History, source: Source, until: Until) -> None:
    with _without_collector():
        for origin in _origins(rows.service):
            await _replay(rows, history, source, Checked(history.settings, origin, until))
        await rows.write()


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


class Digests:
    """Digests of tables: how many rows, and sums of two hashes of each, in whatever order.

    What they start from is drawn anew each time, so that nobody can make rows that hide.
    """

    def __init__(self, tables: Tables, ledger: str | None) -> None:
        self._tables = tables.row_tables
        self._ledger = ledger
        self._seeds = (secrets.randbits(63), secrets.randbits(63))

    async def of(self, tx: AsyncConnection) -> dict[str, tuple[Any, ...]]:
        """Return a digest of every row table, as it is now."""
        return {table.name: await self._digest(tx, table) for table in self._tables}

    async def _digest(self, tx: AsyncConnection, table: Table) -> tuple[Any, ...]:
        row: ColumnElement[Any] = literal_column(f'"{table.name}"')
        sums = [func.sum(cast(func.hash_record_extended(row, s), Numeric)) for s in self._seeds]
        query = select(func.count(), *sums).select_from(table).where(_in(table, self._ledger))
        return tuple((await tx.execute(query)).one())


@contextmanager
def _without_collector() -> Iterator[None]:
    """Spare the garbage collector, which would take half the time to look at what is held.

    Facts and rows refer to nothing that refers to them: it finds none of them anyway.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _replay(rows: "Rows", history: History, source: Source, checked: Checked) -> None:
    """Check and read one page after another in a thread, while rows are looked up and written."""
    known = rows.service.projection.wire_names
    with ThreadPoolExecutor(1) as thread:
        pages = history.pages(source, checked)
        found = in_order(thread, partial(checked.entries, known), pages)
        async with aclosing(found):
            async for entries in found:
                await rows.apply(entries)
    checked.finish()


class Rows:
    """The rows that facts make: held until there are many, then written all at once."""

    def __init__(self, driver: Driver, service: Service) -> None:
        self.service = service
        self._driver = driver
        self._pictures: dict[str, Picture] = {}
        self._held = 0

    async def apply(self, entries: Sequence[Entry]) -> None:
        """Change rows as facts say; of what was written before, read again what they touch."""
        projection, wanted = self.service.projection, defaultdict[Picture, set[Need]](set)
        for entry in entries:
            picture = self._picture(entry.ledger)
            wanted[picture] |= picture.missing(projection.needs(entry.fact))
        await self.service.tables.load(self._driver, wanted)
        for entry in entries:
            projection.apply(self._pictures[entry.ledger], entry)
        self._held += len(entries)
        if self._held >= _HELD:
            await self.write()

    async def write(self) -> None:
        """Write what is held, and forget it."""
        changes = self.service.tables.changes(self._pictures.values())
        await write_in_turn(self._driver, (), changes)
        self._pictures.clear()
        self._held = 0

    def _picture(self, ledger: str) -> Picture:
        if ledger not in self._pictures:
            self._pictures[ledger] = Picture(ledger)
        return self._pictures[ledger]
