"""Taking back: a payment recorded in error is reversed, one the bank refused is returned.

A correction is the reversal of the old payment and a new one, in one commit, linked by
`replaces`; nothing is edited (S2-06).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from services.payments.domain.accounting import Movement
from services.payments.domain.payable import PayableDocument, payable
from services.payments.domain.payment import Payment, RecordPayment, existing
from shared.decider import Need, Picture, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.payments import PaymentReturned, PaymentReversed
from shared.money import Money

Action = Literal["correction", "reversal", "return"]


def actions(payment: Payment) -> list[Action]:
    """Return what may still be done: the bank's own record of it rules out a correction (S4-02)."""
    if payment.state != "recorded":
        return []
    always: list[Action] = ["reversal", "return"]
    return always if payment.bank_reconciled else ["correction", *always]


# ── refused ─────────────────────────────────────────────────────────────────────


class PaymentIsReversed(Refusal):
    """The payment was reversed before."""


class PaymentIsReturned(Refusal):
    """The payment was returned by the bank before."""


class PaymentIsBankReconciled(Refusal):
    """The bank statement shows this payment: reverse it and record it anew (S4-04)."""


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePayment:
    """Take back a payment recorded in error (extourne)."""

    payment_id: UUID
    reason: str
    reversed_on: date | None
    today: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the payment, and its movement of money that is taken back."""
        return _taken_back(self.payment_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Reverse once; asking again, for the same reason and day, changes nothing."""
        payment = existing(picture, self.payment_id)
        if payment.state == "reversed" and _said_before(payment, self.reason, self.reversed_on):
            return []
        _refuse_taken_back(payment)
        return [_reversed(payment, self.reason, self.reversed_on or self.today)]


def _taken_back(payment_id: UUID) -> Iterable[Need]:
    return one(Payment, payment_id), one(Movement, f"payment/{payment_id}")


def _said_before(payment: Payment, reason: str, on: date | None) -> bool:
    """Say whether it was taken back for this reason, and on this day if one is named."""
    return payment.taken_back_reason == reason and on in (None, payment.taken_back_on)


def _refuse_taken_back(payment: Payment) -> None:
    facts = {"payment_id": payment.payment_id, "reason": payment.taken_back_reason}
    if payment.state == "reversed":
        raise PaymentIsReversed(reversed_on=payment.taken_back_on, **facts)
    if payment.state == "returned":
        raise PaymentIsReturned(returned_on=payment.taken_back_on, **facts)


def _reversed(payment: Payment, reason: str, on: date) -> PaymentReversed:
    return PaymentReversed(
        payment_id=payment.payment_id,
        customer_id=payment.customer_id,
        amount=Money(-payment.amount_cents, payment.currency),
        reason=reason,
        reversed_on=on,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPayment:
    """Say that the bank took the money back: a bounced cheque, a rejected debit (impayé)."""

    payment_id: UUID
    reason: str
    returned_on: date | None
    today: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the payment, and its movement of money that is taken back."""
        return _taken_back(self.payment_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Return once; asking again, for the same reason and day, changes nothing."""
        payment = existing(picture, self.payment_id)
        if payment.state == "returned" and _said_before(payment, self.reason, self.returned_on):
            return []
        _refuse_taken_back(payment)
        return [
            PaymentReturned(
                payment_id=self.payment_id,
                customer_id=payment.customer_id,
                amount=Money(-payment.amount_cents, payment.currency),
                reason=self.reason,
                returned_on=self.returned_on or self.today,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectPayment:
    """Replace a payment by another that says what should have been recorded."""

    payment_id: UUID  # the one recorded with a mistake
    reason: str
    on: date
    payment: RecordPayment

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the old payment, the documents it paid, and what the new one needs."""
        old = list(_taken_back(self.payment_id))
        yield from old
        if not picture.missing(old):
            for document_id, _ in self._paid(picture):
                yield one(PayableDocument, document_id)
        yield from self.payment.needs(picture)

    def decide(self, picture: Picture) -> list[Event]:
        """Reverse the old and record the new together; the same request again changes nothing."""
        if picture.find(Payment, self.payment.payment_id):
            return self.payment.decide(picture)
        old = existing(picture, self.payment_id)
        _refuse_taken_back(old)
        if old.bank_reconciled:
            raise PaymentIsBankReconciled(payment_id=self.payment_id, number=old.number)
        freed = {}
        for document_id, cents in self._paid(picture):
            document = payable(picture, document_id)
            freed[document_id] = min(cents, document.allocated_cents + document.pending_cents)
        recorded = replace(self.payment, replaces=self.payment_id, freed=freed)
        return [_reversed(old, self.reason, self.on), *recorded.decide(picture)]

    def _paid(self, picture: Picture) -> Iterable[tuple[UUID, int]]:
        """Yield what the old payment was meant for: document and cents."""
        old = picture.find(Payment, self.payment_id)
        for applied in old.applies_to if old else ():
            amount = Money.parse(str(applied["amount"]), old.currency if old else "")
            yield UUID(applied["document_id"]), amount.cents
