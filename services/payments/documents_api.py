"""Documents as payments sees them: what a payment would do, receipts, the seal of the file."""

import hashlib
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from services.payments import queries
from services.payments.api import READ, RECORDING_REFUSALS, today
from services.payments.documents_schemas import (
    FileCheckOut,
    PreviewOut,
    SummaryOut,
    file_check_out,
    preview_out,
    summary_out,
)
from services.payments.receipts import receipt_text
from services.payments.schemas import PaymentIn
from shared.auth import Ledger, needs_right
from shared.errors import NotFound
from shared.ids import derived_id
from shared.problems import problems
from shared.web import JournalOf

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

_ANY_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.post(
    "/payments/preview",
    tags=["payments"],
    summary="Show what a payment would do",
    dependencies=[needs_right("payments:record")],
    responses=problems(*RECORDING_REFUSALS),
)
async def preview_payment(ledger: Ledger, body: PaymentIn, journal: JournalOf) -> PreviewOut:
    """Decide a payment without recording it: defaults, what is due and remains, or the refusal."""
    command = body.command(derived_id(ledger, "preview"), today())
    return preview_out(*await queries.foreseen(journal.engine, ledger, command))


@router.get(
    "/payments/{payment_id}/receipt",
    tags=["payments"],
    summary="Print the receipt",
    dependencies=READ,
    response_class=PlainTextResponse,
    responses=problems(NotFound),
)
async def print_receipt(ledger: Ledger, payment_id: UUID, journal: JournalOf) -> str:
    """Return the receipt that the payer is given, in French."""
    row = await queries.payment(journal.engine, ledger, payment_id)
    methods = {m.code: m.label for m in await queries.payment_methods(journal.engine, ledger)}
    banks = {b.code: b.label for b in await queries.our_bank_accounts(journal.engine, ledger)}
    return receipt_text(
        row,
        method_label=methods.get(row.method, row.method),
        bank_label=banks.get(row.bank_account, row.bank_account),
    )


@router.get(
    "/payable-documents/{document_id}",
    tags=["documents"],
    summary="Show a document with its receipts",
    dependencies=READ,
    responses=problems(NotFound),
)
async def show_document(ledger: Ledger, document_id: UUID, journal: JournalOf) -> SummaryOut:
    """Show what is left to pay, at once after a payment was recorded, and every receipt."""
    document = await queries.payable_document(journal.engine, ledger, document_id)
    rows = await queries.receipts(journal.engine, ledger, document_id)
    return summary_out(document, list(rows))


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
    return file_check_out(document, list(rows), digest.hexdigest())
