"""Taking back: a payment recorded in error is reversed, one the bank refused is returned.

A correction is the reversal of the old payment and a new one, in one commit, linked by
`replaces`; nothing is edited (S2-06). A deletion is a reversal where no lock forbids it, and
where one does the reversal (extourne) is the way out: the bank and the customer then stand as
if the payment had never been, and whatever it was reconciled or exported with stays as it is.
"""

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from services.payments.domain.accounting import Movement
from services.payments.domain.closing import (
    Closing,
    freed_by_reopening,
    needs_of_reopening,
    reopened,
)
from services.payments.domain.confirming import DELETE, Confirmation
from services.payments.domain.deposit import BankDeposit, refuse_closed
from services.payments.domain.locks import (
    CORRECTED,
    needs_of_locks,
    refuse_digital,
    refuse_locked,
)
from services.payments.domain.payable import PayableDocument, payable
from services.payments.domain.payment import Payment, existing
from services.payments.domain.recording import RecordPayment
from services.payments.domain.settings import (
    POLICY,
    PaymentMethod,
    PaymentPolicy,
    refuse_locked_day,
)
from shared.decider import Need, Picture, every, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.payments import PaymentRemovedFromDeposit, PaymentReturned, PaymentReversed
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


class DeletionNotConfirmed(Refusal):
    """Deleting takes a payment or a refund out of the books: confirm that it shall be so."""


class SeveralNotConfirmed(Refusal):
    """Several are taken back at once: look at what becomes of each, and confirm it."""


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePayment:
    """Take back a payment recorded in error (extourne), whatever locks it."""

    payment_id: UUID
    reason: str
    reversed_on: date | None
    today: date

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the payment, its movement of money that is taken back, and what it closed."""
        return _taken_back(picture, self.payment_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Reverse once; asking again, for the same reason and day, changes nothing.

        What closed documents without a payment is taken back likewise.
        """
        on = self.reversed_on or self.today
        closings = picture.where(Closing, "payment_id", self.payment_id)
        if closings and not picture.find(Payment, self.payment_id):
            return reopened(picture, self.payment_id, on)
        payment = existing(picture, self.payment_id)
        if payment.state == "reversed" and _said_before(payment, self.reason, self.reversed_on):
            return []
        refuse_taken_back(payment)
        refuse_digital(picture, payment)
        refuse_locked_day(picture, on)
        return _reversed(picture, payment, self.reason, on)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePayment:
    """Take back a payment that nothing locks yet, once that is confirmed (K7)."""

    reversal: ReversePayment
    confirm: Collection[Confirmation]

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name what the reversal reads, and what locks the payment."""
        yield from self.reversal.needs(picture)
        yield from needs_of_locks(picture, self.reversal.payment_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Delete once; asking again, for the same reason and day, changes nothing."""
        payment = picture.find(Payment, self.reversal.payment_id)
        if payment and payment.state == "recorded":
            refuse_locked(picture, payment, ["deletion"])
        facts = self.reversal.decide(picture)
        if facts and DELETE not in self.confirm:
            raise DeletionNotConfirmed(payment_id=self.reversal.payment_id, confirm=[DELETE])
        return facts


def _taken_back(picture: Picture, payment_id: UUID) -> Iterable[Need]:
    payment = one(Payment, payment_id)
    yield from (payment, one(Movement, f"payment/{payment_id}"))
    yield from (every(PaymentMethod, picture.ledger), one(PaymentPolicy, POLICY))
    yield from needs_of_reopening(picture, payment_id)
    if not picture.missing([payment]):
        known = picture.find(Payment, payment_id)
        if known and known.bank_deposit:
            yield one(BankDeposit, known.bank_deposit)


def _said_before(payment: Payment, reason: str, on: date | None) -> bool:
    """Say whether it was taken back for this reason, and on this day if one is named."""
    return payment.taken_back_reason == reason and on in (None, payment.taken_back_on)


def refuse_taken_back(payment: Payment) -> None:
    """Refuse what was reversed or returned before."""
    facts = {"payment_id": payment.payment_id, "reason": payment.taken_back_reason}
    if payment.state == "reversed":
        raise PaymentIsReversed(reversed_on=payment.taken_back_on, **facts)
    if payment.state == "returned":
        raise PaymentIsReturned(returned_on=payment.taken_back_on, **facts)


def _reversed(picture: Picture, payment: Payment, reason: str, on: date) -> list[Event]:
    """Return the reversal, after what takes the payment out of a deposit that is still open."""
    deposit = picture.find(BankDeposit, payment.bank_deposit) if payment.bank_deposit else None
    leaves = take_out(picture, payment) if deposit and deposit.state == "open" else []
    taken_back = PaymentReversed(
        payment_id=payment.payment_id,
        customer_id=payment.customer_id,
        amount=Money(-payment.amount_cents, payment.currency),
        reason=reason,
        reversed_on=on,
    )
    return [*leaves, taken_back, *reopened(picture, payment.payment_id, on)]


def take_out(picture: Picture, payment: Payment) -> list[Event]:
    """Return what takes a payment out of its bank deposit; raise BankDepositIsClosed."""
    deposit = picture.find(BankDeposit, payment.bank_deposit) if payment.bank_deposit else None
    if deposit is None:
        return []
    refuse_closed(deposit)
    return [
        PaymentRemovedFromDeposit(
            payment_id=payment.payment_id,
            bank_deposit=deposit.bank_deposit,
            amount=Money(-payment.amount_cents, payment.currency),
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPayment:
    """Say that the bank took the money back: a bounced cheque, a rejected debit (impayé)."""

    payment_id: UUID
    reason: str
    returned_on: date | None
    today: date
    reason_code: str | None = None
    fee: Money | None = None  # what the bank took for it
    fee_account: str | None = None
    source: str | None = None  # of a digital payment: who says so

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the payment, its movement of money that is taken back, and what it closed."""
        return _taken_back(picture, self.payment_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Return once; asking again, for the same reason and day, changes nothing."""
        payment = existing(picture, self.payment_id)
        if payment.state == "returned" and _said_before(payment, self.reason, self.returned_on):
            return []
        refuse_taken_back(payment)
        if not self.source:
            refuse_digital(picture, payment)
        on = self.returned_on or self.today
        refuse_locked_day(picture, on)
        returned = PaymentReturned(
            payment_id=self.payment_id,
            customer_id=payment.customer_id,
            amount=Money(-payment.amount_cents, payment.currency),
            reason=self.reason,
            returned_on=on,
            reason_code=self.reason_code,
            fee=-self.fee if self.fee else None,
            fee_account=self.fee_account if self.fee else None,
        )
        return [returned, *reopened(picture, self.payment_id, on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectPayment:
    """Replace a payment by another that says what should have been recorded."""

    payment_id: UUID  # the one recorded with a mistake
    reason: str
    on: date
    payment: RecordPayment

    @property
    def confirmed(self) -> Collection[Confirmation]:
        """Return what was confirmed."""
        return self.payment.confirm

    def confirming(self, names: Collection[Confirmation]) -> "CorrectPayment":
        """Return the same command with these confirmations and no others."""
        return dataclasses.replace(self, payment=self.payment.confirming(names))

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the old payment, the documents it paid, and what the new one needs."""
        yield from _taken_back(picture, self.payment_id)
        yield from needs_of_locks(picture, self.payment_id)
        if not picture.missing([one(Payment, self.payment_id)]):
            for document_id, _ in self._paid(picture):
                yield one(PayableDocument, document_id)
        yield from self.payment.needs(picture)

    def decide(self, picture: Picture) -> list[Event]:
        """Reverse the old and record the new together; the same request again changes nothing."""
        if picture.find(Payment, self.payment.payment_id):
            return self.payment.decide(picture)
        old = existing(picture, self.payment_id)
        refuse_taken_back(old)
        refuse_locked(picture, old, CORRECTED)
        freed = freed_by_reopening(picture, self.payment_id)
        for document_id, cents in self._paid(picture):
            document = payable(picture, document_id)
            given_back = min(
                cents, document.allocated_cents + document.pending_cents + document.held_cents
            )
            freed[document_id] = freed.get(document_id, 0) + given_back
        recorded = replace(self.payment, replaces=self.payment_id, freed=freed)
        reversal = _reversed(picture, old, self.reason, self.on)
        return [*reversal, *recorded.decide(picture)]

    def _paid(self, picture: Picture) -> Iterable[tuple[UUID, int]]:
        """Yield what the old payment was meant for: document and cents, with the discount."""
        old = picture.find(Payment, self.payment_id)
        for applied in old.applies_to if old else ():
            texts = str(applied["amount"]), applied.get("discount") or "0"
            amounts = (Money.parse(text, old.currency if old else "") for text in texts)
            yield UUID(applied["document_id"]), sum(amount.cents for amount in amounts)
