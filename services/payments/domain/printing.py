"""Receipts printed (reçus): the first print is the original, each later one a duplicate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.payments.domain.payment import Payment, existing
from shared.decider import Need, Picture, Row, one, those
from shared.errors import Refusal
from shared.events import Event
from shared.events.papers import ReceiptPrinted


class ReceiptPrint(Row, frozen=True):
    """One print of a payment's receipt; `duplicate` counts from 1, and is 0 for the original."""

    key = "print_id"

    print_id: UUID
    payment_id: UUID
    duplicate: int
    printed_at: datetime
    printed_by: str


class PrintIdTaken(Refusal):
    """This identifier already names a print of another payment's receipt: take a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintReceipt:
    """Print the receipt of a payment, in whatever state the payment is."""

    print_id: UUID
    payment_id: UUID

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the payment, this print, and all prints of the receipt so far."""
        yield one(Payment, self.payment_id)
        yield one(ReceiptPrint, self.print_id)
        yield those(ReceiptPrint, "payment_id", self.payment_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Count the print; the same print again is no further duplicate."""
        payment = existing(picture, self.payment_id)
        if known := picture.find(ReceiptPrint, self.print_id):
            if known.payment_id != self.payment_id:
                raise PrintIdTaken(print_id=self.print_id, payment_id=known.payment_id)
            return []
        before = picture.where(ReceiptPrint, "payment_id", self.payment_id)
        return [
            ReceiptPrinted(
                print_id=self.print_id,
                payment_id=self.payment_id,
                number=payment.number,
                duplicate=len(before),
            )
        ]
