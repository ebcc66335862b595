"""Prepayments over HTTP (acomptes): what is held for which document, and freeing it by hand."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from services.reconciliation import queries
from services.reconciliation.api import READ, Releaser
from services.reconciliation.domain.freeing import FreePrepayment, UnknownPrepayment
from services.reconciliation.domain.sale import Prepayment
from services.reconciliation.schemas import ReleaseIn
from shared.auth import Ledger
from shared.dates import civil_date, now
from shared.money import decimal_text
from shared.paging import Cursor, Limit, Page
from shared.problems import problems
from shared.web import JournalOf, Out, context_of

router = APIRouter(
    prefix="/v1/ledgers/{ledger}/prepayments", tags=["prepayments"], responses=problems()
)


class PrepaymentOut(Out):
    """A prepayment: which credit it is part of, for which document, and how much is still held."""

    prepayment_id: UUID
    customer_id: UUID
    credit_item: str
    document_id: UUID
    amount: str
    held: str
    currency: str
    held_on: date
    freed_on: date | None
    position: int


def _out(row: Any) -> PrepaymentOut:
    names = set(PrepaymentOut.model_fields) - {"amount", "held"}
    return PrepaymentOut(
        amount=decimal_text(row.amount_cents, row.currency),
        held=decimal_text(row.amount_cents - row.freed_cents, row.currency),
        **{name: getattr(row, name) for name in names},
    )


@router.get("", summary="List prepayments", dependencies=READ)
async def list_prepayments(  # noqa: PLR0913 - one parameter per filter
    ledger: Ledger,
    journal: JournalOf,
    *,
    customer_id: UUID | None = None,
    document_id: UUID | None = None,
    payment_id: UUID | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[PrepaymentOut]:
    """List what was ever held for documents that are not owed, latest first; freed ones stay."""
    rows, following = await queries.prepayment_page(
        journal.engine,
        ledger,
        customer_id=customer_id,
        document_id=document_id,
        payment_id=payment_id,
        limit=limit,
        cursor=cursor,
    )
    return Page(items=[_out(row) for row in rows], next_cursor=following)


@router.put(
    "/{prepayment_id}/release",
    summary="Free a prepayment",
    responses=problems(UnknownPrepayment),
)
async def free_prepayment(
    request: Request,
    ledger: Ledger,
    prepayment_id: UUID,
    body: ReleaseIn,
    actor: Releaser,
    journal: JournalOf,
) -> PrepaymentOut:
    """Keep the money for the document no longer: it is available to the customer again."""
    command = FreePrepayment(
        prepayment_id=prepayment_id, reason=body.reason, on=body.on or civil_date(now())
    )
    done = await journal.execute(ledger, command, context_of(request, actor))
    return _out(done.picture.find(Prepayment, prepayment_id))
