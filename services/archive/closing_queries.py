"""What the archive knows of periods: closings, deposits, and the entries they are made of."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.domain.closing import Closing
from services.archive.domain.copy import SOURCES
from services.archive.domain.deposit import Deposit
from services.archive.domain.period import Period
from services.archive.queries import PAGE, Copy
from services.archive.tables import TABLES, closings
from shared import chains, paging
from shared.database import transaction
from shared.decider import Picture, one, those
from shared.errors import NotFound
from shared.events.archive import PeriodKind
from shared.names import SERVICES
from shared.seal import SealedEntry

_WAITING = """
SELECT c.ledger, c.period, p.third_party
FROM closings c CROSS JOIN unnest($1::text[]) AS p (third_party)
WHERE NOT EXISTS (
    SELECT FROM deposits d WHERE d.ledger = c.ledger AND d.name = c.period || '@' || p.third_party
)
ORDER BY c.ledger, c.last_on, c.period LIMIT $2
"""


class Waiting(NamedTuple):
    """A closed period that a third party has not certified yet."""

    ledger: str
    period: str
    third_party: str


async def pictured(engine: AsyncEngine, ledger: str, period: Period) -> Picture:
    """Return a picture of a period's closing, of the one before it, and of its deposits."""
    names = [period.name, period.previous.name]
    if part := period.last_part:
        names.append(part.name)
    needs = [*(one(Closing, name) for name in names), those(Deposit, "period", period.name)]
    async with transaction(engine) as tx:
        return await TABLES.pictured(tx, ledger, lambda _: needs)


async def closing(engine: AsyncEngine, ledger: str, period: Period) -> Closing:
    """Return a closing; NotFound where the period is not closed."""
    found = (await pictured(engine, ledger, period)).find(Closing, period.name)
    if found is None:
        raise NotFound(period=period.name)
    return found


async def closings_page(
    engine: AsyncEngine, ledger: str, kind: str | None, cursor: str | None, limit: int
) -> tuple[list[Closing], str | None]:
    """Return a page of closings, the latest first, and the cursor of the next page."""
    c = closings.c
    query = select(closings).where(c.ledger == ledger)
    if kind:
        query = query.where(c.kind == kind)
    columns = [c.last_on, c.period]
    rows, following = await paging.page(
        engine, query, columns, cursor, descending=True, limit=limit
    )
    return [Closing(**row._mapping) for row in rows], following  # noqa: SLF001 - its public name


async def latest(engine: AsyncEngine, ledger: str) -> dict[PeriodKind, Period]:
    """Return the latest closed period of each kind that has one."""
    found: dict[PeriodKind, Period] = {}
    for kind in get_args(PeriodKind):
        for row in (await closings_page(engine, ledger, kind, None, 1))[0]:
            found[kind] = Period.read(row.period)
    return found


async def deposits_of(
    engine: AsyncEngine, ledger: str, periods: Iterable[str]
) -> dict[str, list[Deposit]]:
    """Return the deposits of periods, by period."""
    names = list(periods)
    async with transaction(engine) as tx:
        needs = [those(Deposit, "period", name) for name in names]
        picture = await TABLES.pictured(tx, ledger, lambda _: needs)
    return {name: picture.where(Deposit, "period", name) for name in names}


async def waiting(engine: AsyncEngine, parties: Sequence[str], limit: int) -> list[Waiting]:
    """Return what is to be handed to third parties, the oldest first in each ledger."""
    async with transaction(engine) as tx:
        rows = await tx.fetch(_WAITING, list(parties), limit)
    return [Waiting(*row) for row in rows]


async def entries(
    engine: AsyncEngine, ledger: str, service: str, after: int, limit: int = PAGE
) -> Sequence[SealedEntry]:
    """Return a page of a journal: the copy of another service's, or our own."""
    if service in SOURCES:
        copied = await Copy(engine, ledger, service).entries(after=after, limit=limit)
        return [row.stored() for row in copied]
    async with transaction(engine) as tx:
        return await chains.read_sealed(tx, ledger, after, limit)


async def firsts(engine: AsyncEngine, ledger: str) -> dict[str, SealedEntry]:
    """Return the first entry of each service that has one in the ledger."""
    pages = {service: await entries(engine, ledger, service, 0, 1) for service in SERVICES}
    return {service: page[0] for service, page in pages.items() if page}
