"""Prepayments as documents show them: how far each is prepaid, and the history of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row

from services.invoicing.domain.due import is_owed, outstanding_cents
from shared.money import decimal_text
from shared.web import Out

PrepaymentStatus = Literal["none", "partial", "paid"]
Colour = Literal["orange", "green"]
COLOURS: Final[Mapping[PrepaymentStatus | None, Colour | None]] = {
    None: None,
    "none": None,
    "partial": "orange",
    "paid": "green",
}


class PrepaymentOut(Out):
    """A prepayment as the document's history shows it: its payment, and where it went since.

    `payment` is where the payment itself is shown and corrected, `cancellation` where it is
    reversed as long as some of it is held.
    """

    prepayment_id: UUID
    payment_id: UUID | None
    payment: str | None
    number: str | None
    received_on: date | None
    method: str | None
    amount: str
    held: str
    held_on: date
    freed_on: date | None
    freed_because: str | None
    slid_to: UUID | None
    cancellation: str | None


def prepayment_status(row: Any) -> PrepaymentStatus | None:
    """Return how far a document is prepaid, in the words of S5-11; nothing of one that is owed."""
    if row.document_status == "cancelled" or is_owed(row):
        return None
    if not row.prepaid_cents:
        return "none"
    return "partial" if outstanding_cents(row) else "paid"


def prepayment_out(row: Row[Any]) -> PrepaymentOut:
    """Show one prepayment of a document."""
    left = row.amount_cents - row.freed_cents
    path = f"/v1/ledgers/{row.ledger}/payments/{row.other_id}"
    payment = path if row.other_kind == "payment" else None
    return PrepaymentOut(
        prepayment_id=row.prepayment_id,
        payment_id=row.other_id if payment else None,
        payment=payment,
        number=row.number,
        received_on=row.received_on,
        method=row.method,
        amount=decimal_text(row.amount_cents, row.currency),
        held=decimal_text(left, row.currency),
        held_on=row.held_on,
        freed_on=row.freed_on,
        freed_because=row.freed_because,
        slid_to=row.slid_to,
        cancellation=f"{payment}/reversal" if payment and left else None,
    )
