"""What the API of documents, as payments sees them, takes and gives."""

from datetime import date
from typing import Any
from uuid import UUID

from services.payments.domain.payable import PayableDocument, payable
from services.payments.domain.taking_back import Action, actions
from shared.decider import Picture
from shared.events.payments import PaymentRecorded
from shared.money import Money, decimal_text
from shared.web import Out


class ForeseenOut(Out):
    """A document before and after the payment: due, paid by it, remaining, status to come."""

    document_id: UUID
    number: str
    due: str
    amount: str
    remaining: str
    payment_status: str


class PreviewOut(Out):
    """What would be recorded, with every default filled in; nothing was."""

    customer_id: UUID
    payer_name: str
    amount: str
    currency: str
    method: str
    bank_account: str
    received_on: date
    documents: list[ForeseenOut]
    credit: str


def preview_out(fact: PaymentRecorded, picture: Picture) -> PreviewOut:
    """Show what a payment would do to the documents it applies to."""
    currency = fact.amount.currency
    paid, documents = 0, []
    for applied in fact.applies_to:
        document = payable(picture, applied.document_id)
        due = max(0, document.room_cents)
        paid += min(applied.amount.cents, due)
        documents.append(
            ForeseenOut(
                document_id=applied.document_id,
                number=applied.document_number,
                due=decimal_text(due, currency),
                amount=str(applied.amount),
                remaining=decimal_text(max(0, due - applied.amount.cents), currency),
                payment_status=document.payment_status(applied.amount.cents),
            )
        )
    return PreviewOut(
        customer_id=fact.customer_id,
        payer_name=fact.payer_name,
        amount=str(fact.amount),
        currency=currency,
        method=fact.method,
        bank_account=fact.bank_account,
        received_on=fact.received_on,
        documents=documents,
        credit=str(fact.amount - Money(paid, currency)),
    )


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


class SummaryOut(Out):
    """A document and every receipt that was meant for it, taken back ones too."""

    document_id: UUID
    kind: str
    number: str
    currency: str
    total: str
    left_to_pay: str
    payment_status: str
    receipts: list[ReceiptOut]


def summary_out(document: PayableDocument, payments: list[Any]) -> SummaryOut:
    """Show a document and its receipts."""
    return SummaryOut(
        document_id=document.document_id,
        kind=document.kind,
        number=document.number,
        currency=document.currency,
        total=decimal_text(document.total_cents, document.currency),
        left_to_pay=decimal_text(max(0, document.room_cents), document.currency),
        payment_status=document.payment_status(),
        receipts=[_receipt(row, document) for row in payments],
    )


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
