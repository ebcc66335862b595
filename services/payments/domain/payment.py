"""Payments (encaissements): recorded once, reversed or returned, never edited.

Money that came in is recorded whatever the state of the documents; what the payer says
it pays (`applies_to`) is refused at once where our own tables show it to be impossible.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.decider import Picture, Row
from shared.errors import NotFound, Refusal

PaymentKind = Literal["invoice_payment", "prepayment", "credit"]

# ── remembered ──────────────────────────────────────────────────────────────────


class Payment(Row, frozen=True):
    """A payment as recorded, and what became of it; amounts in cents."""

    key = "payment_id"

    payment_id: UUID
    number: str
    customer_id: UUID
    amount_cents: int
    currency: str
    method: str
    bank_account: str
    received_on: date
    payer_name: str
    reference: str | None
    customer_bank: str | None
    note: str | None
    applies_to: tuple[dict[str, str | None], ...]
    replaces: UUID | None
    state: str  # recorded, reversed, returned
    taken_back_on: date | None
    taken_back_reason: str | None
    allocated_cents: int
    bank_reconciled: bool
    recorded_at: datetime
    request_sha256: str
    position: int
    bank_deposit: str | None = None
    return_code: str | None = None
    held_cents: int = 0  # of it, for documents that are not owed yet


def kind_of(applies_to: Sequence[Mapping[str, str | None]]) -> PaymentKind:
    """Return which kind of payment it is: of invoices, a prepayment, or for no document (S4-01)."""
    if any(applied.get("meant_as") for applied in applies_to):
        return "prepayment"
    return "invoice_payment" if applies_to else "credit"


# ── refused ─────────────────────────────────────────────────────────────────────


class PaymentIdTaken(Refusal):
    """This identifier already names a different payment."""


class UnknownPayment(NotFound):
    """No payment has this identifier in this ledger."""


class CustomerMissing(Refusal):
    """A payment names its customer, or a document from which the customer follows."""

    status = 422


class UnknownCustomer(Refusal):
    """No customer has this identifier here; one just registered may need a moment to arrive."""

    status = 422


class UnknownDocument(Refusal):
    """No document has this identifier here; one just validated may need a moment to arrive."""

    status = 422


class DocumentOfAnotherCustomer(Refusal):
    """The document is another customer's, who is not of the payer's group."""

    status = 422


class DocumentNotPayable(Refusal):
    """Only invoices are paid; a credit note is allocated or refunded.

    What we owe is settled by money that goes out, which is a refund.
    """

    status = 422


class PrepaymentNotConfirmed(Refusal):
    """Nothing is owed on this document yet: confirm that the money is kept for it (acompte)."""

    status = 422


class CurrencyDiffers(Refusal):
    """A payment and the documents it applies to are in one currency."""

    status = 422


class ReceivedInFuture(Refusal):
    """Only a cheque may bear a date after today."""

    status = 422


class UnknownCustomerBank(Refusal):
    """The customer's bank is not on the ledger's list of banks."""

    status = 422


def existing(picture: Picture, payment_id: UUID) -> Payment:
    """Return a payment; raise UnknownPayment if it is not here."""
    payment = picture.find(Payment, payment_id)
    if payment is None:
        raise UnknownPayment(payment_id=payment_id)
    return payment
