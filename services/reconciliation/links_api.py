"""The list of links over HTTP (lettrage), and the history of what settles an item."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from services.reconciliation import links
from services.reconciliation.api import READ
from services.reconciliation.links_schemas import HistoryOut, LinkOut, history_out, link_out
from shared.auth import Ledger
from shared.dates import IsoDate
from shared.events.reconciliation import ItemKind
from shared.paging import Cursor, Limit, Page
from shared.problems import problems
from shared.web import JournalOf

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())


@router.get(
    "/allocations",
    tags=["allocations"],
    summary="List links between payments and invoices",
    dependencies=READ,
)
async def list_links(  # noqa: PLR0913 - one parameter per filter
    ledger: Ledger,
    journal: JournalOf,
    *,
    customer_id: UUID | None = None,
    payment_id: UUID | None = None,
    document_id: UUID | None = None,
    paid_from: IsoDate | None = None,
    paid_to: IsoDate | None = None,
    document_from: IsoDate | None = None,
    document_to: IsoDate | None = None,
    same_amount: Annotated[
        bool, Query(description="Only payments of exactly the invoice's amount")
    ] = False,
    sort: links.Sort = "allocated_on",
    direction: Literal["asc", "desc"] = "desc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LinkOut]:
    """List one row per allocation that holds, latest first (S3-02)."""
    wanted = links.LinkFilter(
        customer_id=customer_id,
        payment_id=payment_id,
        document_id=document_id,
        paid_from=paid_from,
        paid_to=paid_to,
        document_from=document_from,
        document_to=document_to,
        same_amount=same_amount,
    )
    rows, following = await links.link_page(
        journal.engine,
        ledger,
        wanted,
        sort=sort,
        descending=direction == "desc",
        limit=limit,
        cursor=cursor,
    )
    return Page(items=[link_out(row) for row in rows], next_cursor=following)


@router.get(
    "/items/{kind}/{item_id}/history",
    tags=["accounts"],
    summary="Show what was linked to an item and released from it",
    dependencies=READ,
)
async def show_history(
    ledger: Ledger,
    kind: ItemKind,
    item_id: UUID,
    journal: JournalOf,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[HistoryOut]:
    """Show every allocation and release, latest first: who, when, why. Nothing is ever dropped."""
    rows, following = await links.history_page(
        journal.engine, ledger, f"{kind}/{item_id}", limit=limit, cursor=cursor
    )
    return Page(items=[history_out(row) for row in rows], next_cursor=following)
