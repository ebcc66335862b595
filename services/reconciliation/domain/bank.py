"""Bank reconciliation (rapprochement bancaire), by hand: the statement shows the payment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.item import Item
from shared.decider import Need, Picture, Row, one
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.reconciliation import BankReconciliationUndone, PaymentBankReconciled

# ── remembered ──────────────────────────────────────────────────────────────────


class BankReconciliation(Row, frozen=True):
    """A payment and the bank statement that shows it, until that is undone."""

    key = "payment_id"

    payment_id: UUID
    statement: str
    reconciled_on: date
    holds: bool


# ── refused ─────────────────────────────────────────────────────────────────────


class UnknownPayment(NotFound):
    """No payment has this identifier here; one just recorded may need a moment to arrive."""


class OnAnotherStatement(Refusal):
    """The payment was met with another bank statement: undo that first."""


# ── asked and decided ───────────────────────────────────────────────────────────


def _item(payment_id: UUID) -> str:
    return f"payment/{payment_id}"


def _existing(picture: Picture, payment_id: UUID) -> Item:
    payment = picture.find(Item, _item(payment_id))
    if payment is None:
        raise UnknownPayment(payment_id=payment_id)
    return payment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileWithBank:
    """Say that a bank statement shows a payment."""

    payment_id: UUID
    statement: str
    on: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the payment and the statement it may already be on."""
        return one(Item, _item(self.payment_id)), one(BankReconciliation, self.payment_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Reconcile once; the same statement again changes nothing."""
        payment = _existing(picture, self.payment_id)
        known = picture.find(BankReconciliation, self.payment_id)
        if known and known.holds:
            if known.statement != self.statement:
                raise OnAnotherStatement(payment_id=self.payment_id, statement=known.statement)
            return []
        return [
            PaymentBankReconciled(
                payment_id=self.payment_id,
                customer_id=payment.customer_id,
                statement=self.statement,
                reconciled_on=self.on,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoBankReconciliation:
    """Take a payment off a bank statement where it was put by mistake."""

    payment_id: UUID
    reason: str
    on: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the payment and the statement it is on."""
        return one(Item, _item(self.payment_id)), one(BankReconciliation, self.payment_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Undo once; asking again changes nothing."""
        payment = _existing(picture, self.payment_id)
        known = picture.find(BankReconciliation, self.payment_id)
        if known is None or not known.holds:
            return []
        return [
            BankReconciliationUndone(
                payment_id=self.payment_id,
                customer_id=payment.customer_id,
                statement=known.statement,
                reason=self.reason,
                undone_on=self.on,
            )
        ]
