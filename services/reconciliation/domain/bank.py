"""Bank reconciliation (rapprochement bancaire), by hand: the statement shows money that moved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.reconciliation.domain.item import Item
from shared.decider import Need, Picture, Row, one
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.bank import RefundBankReconciled, RefundBankReconciliationUndone
from shared.events.reconciliation import BankReconciliationUndone, PaymentBankReconciled

Kind = Literal["payment", "refund"]

# ── remembered ──────────────────────────────────────────────────────────────────


class BankReconciliation(Row, frozen=True):
    """A payment and the bank statement that shows it, until that is undone."""

    key = "payment_id"

    payment_id: UUID
    statement: str
    reconciled_on: date
    holds: bool


class RefundBankReconciliation(Row, frozen=True):
    """A refund and the bank statement that shows it, until that is undone."""

    key = "refund_id"

    refund_id: UUID
    statement: str
    reconciled_on: date
    holds: bool


_ROWS: Mapping[Kind, type[BankReconciliation | RefundBankReconciliation]] = {
    "payment": BankReconciliation,
    "refund": RefundBankReconciliation,
}


# ── refused ─────────────────────────────────────────────────────────────────────


class UnknownPayment(NotFound):
    """No payment has this identifier here; one just recorded may need a moment to arrive."""


class UnknownRefund(NotFound):
    """No refund has this identifier here; one just recorded may need a moment to arrive."""


class OnAnotherStatement(Refusal):
    """The payment or refund was met with another bank statement: undo that first."""


# ── asked and decided ───────────────────────────────────────────────────────────


def statement_of(
    picture: Picture, kind: Kind, money_id: UUID
) -> BankReconciliation | RefundBankReconciliation | None:
    """Return the reconciliation that holds for a payment or refund, if one does."""
    known = picture.find(_ROWS[kind], money_id)
    return known if known and known.holds else None


def _needs(kind: Kind, money_id: UUID) -> Iterable[Need]:
    return one(Item, f"{kind}/{money_id}"), one(_ROWS[kind], money_id)


def _customer_of(picture: Picture, kind: Kind, money_id: UUID) -> UUID:
    item = picture.find(Item, f"{kind}/{money_id}")
    if item is None and kind == "payment":
        raise UnknownPayment(payment_id=money_id)
    if item is None:
        raise UnknownRefund(refund_id=money_id)
    return item.customer_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileWithBank:
    """Say that a bank statement shows a payment or a refund."""

    kind: Kind
    money_id: UUID
    statement: str
    on: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the money and the statement it may already be on."""
        return _needs(self.kind, self.money_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Reconcile once; the same statement again changes nothing."""
        customer_id = _customer_of(picture, self.kind, self.money_id)
        known = statement_of(picture, self.kind, self.money_id)
        if known and known.statement != self.statement:
            name = {f"{self.kind}_id": self.money_id}
            raise OnAnotherStatement(statement=known.statement, **name)
        if known:
            return []
        if self.kind == "refund":
            return [
                RefundBankReconciled(
                    refund_id=self.money_id,
                    customer_id=customer_id,
                    statement=self.statement,
                    reconciled_on=self.on,
                )
            ]
        return [
            PaymentBankReconciled(
                payment_id=self.money_id,
                customer_id=customer_id,
                statement=self.statement,
                reconciled_on=self.on,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoBankReconciliation:
    """Take a payment or a refund off a bank statement where it was put by mistake."""

    kind: Kind
    money_id: UUID
    reason: str
    on: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the money and the statement it is on."""
        return _needs(self.kind, self.money_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Undo once; asking again changes nothing."""
        customer_id = _customer_of(picture, self.kind, self.money_id)
        known = statement_of(picture, self.kind, self.money_id)
        if known is None:
            return []
        if self.kind == "refund":
            return [
                RefundBankReconciliationUndone(
                    refund_id=self.money_id,
                    customer_id=customer_id,
                    statement=known.statement,
                    reason=self.reason,
                    undone_on=self.on,
                )
            ]
        return [
            BankReconciliationUndone(
                payment_id=self.money_id,
                customer_id=customer_id,
                statement=known.statement,
                reason=self.reason,
                undone_on=self.on,
            )
        ]
