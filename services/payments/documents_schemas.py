"""What the API of documents, as payments sees them, takes and gives."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.payments.domain.payable import PayableDocument
from services.payments.domain.taking_back import Action, actions
from services.payments.queries import Total
from shared.money import Money, decimal_text
from shared.web import Out


class TotalOut(Out):
    """How many payments, and how much; a cheque that is not due yet is no cash."""

    currency: str
    count: int
    amount: str
    cash: str
    post_dated: str


def total_out(total: Total) -> TotalOut:
    """Show a total."""
    currency = total.currency
    return TotalOut(
        currency=currency,
        count=total.payment_count,
        amount=decimal_text(total.cents, currency),
        cash=decimal_text(total.cents - total.post_dated_cents, currency),
        post_dated=decimal_text(total.post_dated_cents, currency),
    )


class TotalsOut(Out):
    """All payments that the filters let through, and those selected; one row per currency."""

    total: list[TotalOut]
    selection: list[TotalOut]


class ReceiptOut(Out):
    """A receipt as the table below an invoice shows it (S1-19), then what names it."""

    received_on: date
    document_number: str
    reference: str | None
    bank_account: str
    method: str
    amount: str
    actions: list[Action]
    payment_id: UUID
    number: str
    state: str


class SumOut(Out):
    """How many receipts, and how much of them is meant for the document."""

    count: int
    amount: str


class SummaryOut(Out):
    """A document and every receipt that was meant for it, taken back ones too.

    `closed_short` is what of it will not be paid; below the table stand the sums of what is
    selected and of all of it (S1-20, S1-21).
    """

    document_id: UUID
    kind: str
    number: str
    currency: str
    total: str
    left_to_pay: str
    payment_status: str
    closed_short: str
    receipts: list[ReceiptOut]
    selection: SumOut
    receipts_total: SumOut


def summary_out(
    document: PayableDocument, payments: list[Any], selected: Collection[UUID]
) -> SummaryOut:
    """Show a document and its receipts; what was taken back adds nothing to the sums."""
    receipts = [_receipt(row, document) for row in payments]
    chosen = [receipt for receipt in receipts if receipt.payment_id in selected]
    return SummaryOut(
        document_id=document.document_id,
        kind=document.kind,
        number=document.number,
        currency=document.currency,
        total=decimal_text(document.total_cents, document.currency),
        left_to_pay=decimal_text(max(0, document.room_cents), document.currency),
        payment_status=document.payment_status(),
        closed_short=decimal_text(document.difference_cents, document.currency),
        receipts=receipts,
        selection=_sum(chosen, document.currency),
        receipts_total=_sum(receipts, document.currency),
    )


def _sum(receipts: Sequence[ReceiptOut], currency: str) -> SumOut:
    amounts = [Money.parse(r.amount, currency).cents for r in receipts if r.state == "recorded"]
    return SumOut(count=len(receipts), amount=decimal_text(sum(amounts), currency))


def _receipt(row: Any, document: PayableDocument) -> ReceiptOut:
    meant = next(a for a in row.applies_to if a["document_id"] == str(document.document_id))
    return ReceiptOut(
        received_on=row.received_on,
        document_number=document.number,
        reference=row.reference,
        bank_account=row.bank_account,
        method=row.method,
        amount=meant["amount"],
        actions=actions(row),
        payment_id=row.payment_id,
        number=row.number,
        state=row.state,
    )


class SealOut(Out):
    """The seal of the document's file that one payment's entry carries."""

    payment_id: UUID
    number: str
    file_sha256: str | None
    intact: bool


class FileCheckOut(Out):
    """Whether a file is the one that was sealed when its document was validated."""

    document_id: UUID
    number: str
    found_sha256: str
    sealed_sha256: str | None
    intact: bool
    payments: list[SealOut]


def file_check_out(document: PayableDocument, payments: list[Any], found: str) -> FileCheckOut:
    """Compare a file's digest with the document's seal and with those in the payments' entries."""
    seals = [
        SealOut(
            payment_id=row.payment_id,
            number=row.number,
            file_sha256=applied["file_sha256"],
            intact=applied["file_sha256"] == found,
        )
        for row in payments
        for applied in row.applies_to
        if applied["document_id"] == str(document.document_id)
    ]
    sealed = document.file_sha256
    return FileCheckOut(
        document_id=document.document_id,
        number=document.number,
        found_sha256=found,
        sealed_sha256=sealed,
        intact=sealed == found and all(seal.intact for seal in seals),
        payments=seals,
    )
