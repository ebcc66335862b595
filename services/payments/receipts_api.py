"""Receipts over HTTP (reçus): as plain text to look at, and printed as PDF, each print a fact."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse

from services.payments import queries
from services.payments.api import READ
from services.payments.domain.payment import Payment, UnknownPayment
from services.payments.domain.printing import PrintIdTaken, PrintReceipt, ReceiptPrint
from services.payments.receipts import RECEIPT, receipt_page, receipt_text
from shared.auth import Actor, Ledger, actor_with
from shared.errors import NotFound
from shared.paper import Pdf, pdf
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", tags=["payments"], responses=problems())

Printer = Annotated[Actor, Depends(actor_with("receipts:print"))]


@router.get(
    "/payments/{payment_id}/receipt",
    summary="Show the receipt",
    dependencies=READ,
    response_class=PlainTextResponse,
    responses=problems(NotFound),
)
async def show_receipt(ledger: Ledger, payment_id: UUID, journal: JournalOf) -> str:
    """Return what the receipt says, in French, to look at."""
    row = await queries.payment(journal.engine, ledger, payment_id)
    method, bank_account = await queries.labels(journal.engine, ledger, row)
    return receipt_text(row, method_label=method, bank_label=bank_account)


@router.put(
    "/payments/{payment_id}/receipt-prints/{print_id}",
    summary="Print the receipt",
    response_class=Pdf,
    responses=problems(UnknownPayment, PrintIdTaken),
)
async def print_receipt(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    print_id: UUID,
    actor: Printer,
    journal: JournalOf,
) -> Pdf:
    """Return the receipt as PDF; from the second print on it says DUPLICATA and which.

    The same request again is the same print. A payment that was taken back says ANNULÉ.
    """
    command = PrintReceipt(print_id=print_id, payment_id=payment_id)
    done = await journal.execute(ledger, command, context_of(request, actor))
    payment = done.picture.find(Payment, payment_id)
    printed = done.picture.find(ReceiptPrint, print_id)
    assert payment
    assert printed
    method, bank_account = await queries.labels(journal.engine, ledger, payment)
    shown = await queries.presentation(journal.engine, ledger)
    page = receipt_page(
        payment,
        printed,
        issuer=shown.issuer,
        method_label=method,
        bank_label=bank_account,
    )
    return await pdf(RECEIPT, page, printed.printed_at)
