"""Closings over HTTP: close a period, list what is closed, fetch a period's package."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import islice
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.archive import closing_queries
from services.archive.closings import Closer, CopyIsBehind, NotWhole, OwnerUnreachable
from services.archive.closings_schemas import (
    ClosingOut,
    ClosingsOut,
    DueOut,
    closing_out,
    period_of,
)
from services.archive.domain.closing import (
    Closing,
    DoesNotFollow,
    NothingRecorded,
    PartsOpen,
    PeriodIsClosed,
    PeriodNotOver,
    PreviousPeriodOpen,
)
from services.archive.domain.period import Period
from services.archive.third_parties.configured import active
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.dates import civil_date, now
from shared.errors import NotFound
from shared.events.archive import PeriodKind
from shared.paging import Cursor, Limit
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}/periods", tags=["closings"], responses=problems())

PeriodOf = Annotated[Period, Depends(period_of)]
Accountant = Annotated[Actor, Depends(actor_with("periods:close"))]
READ = [needs_right("journal:read")]
_PIECE_BYTES = 256_000


def _closer(request: Request, ledger: Ledger, journal: JournalOf) -> Closer:
    state = request.app.state
    return Closer(journal.engine, state.refill, state.settings, ledger)


CloserOf = Annotated[Closer, Depends(_closer)]


@router.put(
    "/{period}/closing",
    status_code=201,
    summary="Close a period",
    responses=problems(
        *(PeriodNotOver, NothingRecorded, PreviousPeriodOpen, PartsOpen, PeriodIsClosed),
        *(DoesNotFollow, NotWhole, CopyIsBehind, OwnerUnreachable),
    ),
)
async def close_period(
    request: Request, period: PeriodOf, closer: CloserOf, actor: Accountant, journal: JournalOf
) -> ClosingOut:
    """Close a period that is over, for good; closing it again changes nothing.

    Its package is handed to the third parties right afterwards, as often as it takes.
    """
    command = await closer.prepare(period, civil_date(now()))
    if command:
        await journal.execute(closer.ledger, command, context_of(request, actor))
    return await _shown(closer, period)


@router.get("", summary="List closed periods", dependencies=READ)
async def list_closings(
    closer: CloserOf,
    kind: Annotated[PeriodKind | None, Query(description="Only days, months or years")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ClosingsOut:
    """List closings, the latest first, with the receipts of third parties for each."""
    rows, following = await closing_queries.closings_page(
        closer.engine, closer.ledger, kind, cursor, limit
    )
    return ClosingsOut(items=await _all_shown(closer, rows), next_cursor=following)


@router.get("/due", summary="List what is due", dependencies=READ, responses=problems(NotWhole))
async def list_due(closer: CloserOf, limit: Limit = 50) -> DueOut:
    """List the periods that are over and open, in the order in which they can be closed."""
    periods = await closer.due(civil_date(now()))
    return DueOut(periods=[period.name for period in islice(periods, limit)])


@router.get(
    "/{period}", summary="Show a closed period", dependencies=READ, responses=problems(NotFound)
)
async def show_closing(period: PeriodOf, closer: CloserOf) -> ClosingOut:
    """Show what a period was closed with, and who certified its package."""
    return await _shown(closer, period)


@router.get(
    "/{period}/package",
    summary="Fetch a closed period's package",
    dependencies=READ,
    response_class=Response,
    responses=problems(NotFound, NotWhole),
)
async def fetch_package(period: PeriodOf, closer: CloserOf) -> StreamingResponse:
    """Make the package again from the journals; return it if it is what was closed, as a zip."""
    async with AsyncExitStack() as made:
        path = await made.enter_async_context(closer.package(period))
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        headers = {
            "Content-Disposition": f'attachment; filename="{closer.ledger}-{period.name}.zip"',
            "Content-Length": str(size),
        }
        content = _pieces(path, made.pop_all())
        return StreamingResponse(content, media_type="application/zip", headers=headers)


async def _pieces(path: Path, made: AsyncExitStack) -> AsyncIterator[bytes]:
    async with made:
        with await asyncio.to_thread(path.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                yield piece


async def _shown(closer: Closer, period: Period) -> ClosingOut:
    row = await closing_queries.closing(closer.engine, closer.ledger, period)
    return (await _all_shown(closer, [row]))[0]


async def _all_shown(closer: Closer, rows: list[Closing]) -> list[ClosingOut]:
    deposits = await closing_queries.deposits_of(
        closer.engine, closer.ledger, [row.period for row in rows]
    )
    names = active(closer.settings)
    return [closing_out(row, deposits[row.period], names) for row in rows]
