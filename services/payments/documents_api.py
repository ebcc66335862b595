"""Documents as payments sees them: their receipts and sums, the seal of the file."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.payments import queries
from services.payments.api import READ, Wanted, today
from services.payments.documents_schemas import (
    FileCheckOut,
    SummaryOut,
    TotalsOut,
    file_check_out,
    summary_out,
    total_out,
)
from shared.auth import Ledger, needs_right
from shared.errors import NotFound
from shared.problems import problems
from shared.web import JournalOf, say

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

Selected = Annotated[
    tuple[UUID, ...], Query(max_length=500, description="Payments that the user ticked")
]
_ANY_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.get("/payments/totals", tags=["payments"], summary="Add up payments", dependencies=READ)
async def add_up_payments(
    ledger: Ledger, journal: JournalOf, wanted: Wanted, selected: Selected = ()
) -> TotalsOut:
    """Add up all payments of a list, and those that are selected in it, per currency.

    What was taken back counts for nothing, and a cheque that is not due yet is no cash.
    """
    everything = await queries.totals(journal.engine, ledger, wanted, today(), None)
    chosen = await queries.totals(journal.engine, ledger, wanted, today(), selected)
    return TotalsOut(
        total=[total_out(total) for total in everything],
        selection=[total_out(total) for total in chosen],
    )


@router.get(
    "/payable-documents/{document_id}",
    tags=["documents"],
    summary="Show a document with its receipts",
    dependencies=READ,
    responses=problems(NotFound),
)
async def show_document(
    ledger: Ledger, document_id: UUID, journal: JournalOf, selected: Selected = ()
) -> SummaryOut:
    """Show what is left to pay, at once after a payment was recorded, and every receipt."""
    document = await queries.payable_document(journal.engine, ledger, document_id)
    rows = await queries.receipts(journal.engine, ledger, document_id)
    return summary_out(document, list(rows), selected)


@router.post(
    "/payable-documents/{document_id}/file-check",
    tags=["documents"],
    summary="Check a document's file",
    dependencies=[needs_right("journal:verify")],
    responses=problems(NotFound),
    openapi_extra={"requestBody": {"required": True, "content": _ANY_BYTES}},
)
async def check_file(
    request: Request, ledger: Ledger, document_id: UUID, journal: JournalOf
) -> FileCheckOut:
    """Compare the file's bytes with the seal that the chain of payments carries (S2-04)."""
    document = await queries.payable_document(journal.engine, ledger, document_id)
    digest = hashlib.sha256()
    async for chunk in request.stream():
        digest.update(chunk)
    rows = await queries.receipts(journal.engine, ledger, document_id)
    checked = file_check_out(document, list(rows), digest.hexdigest())
    if not checked.intact:
        say(request, "differs")
    return checked
