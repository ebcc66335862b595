"""What may still be changed of a payment: one ladder, from free to locked (rule 8, K6).

Each step refuses no less than the steps before it, so the highest one that a payment has
reached decides. Being digital is no step: whatever was reached, only its source changes more
than the note. Beyond every lock but that one there is the reversal, which changes nothing and
adds an equal and opposite entry.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from services.payments.domain.accounting import Export
from services.payments.domain.deposit import BankDeposit, BankDepositIsClosed
from services.payments.domain.payment import Payment
from services.payments.domain.settings import (
    POLICY,
    PaymentMethod,
    PaymentPolicy,
    PeriodIsLocked,
    is_digital,
    policy,
)
from shared.decider import Need, Picture, every, one
from shared.errors import Refusal

Field = Literal["method", "received_on", "amount", "reference", "note", "deletion"]
Step = Literal["free", "in_closed_deposit", "bank_reconciled", "exported", "period_locked"]

FIELDS: tuple[Field, ...] = ("method", "received_on", "amount", "reference", "note", "deletion")
CORRECTED: tuple[Field, ...] = ("method", "received_on", "amount")  # by a new entry
NEVER: tuple[Field, ...] = ("method", "received_on", "amount", "reference", "deletion")


class PaymentIsBankReconciled(Refusal):
    """The bank shows this payment: change its reference, or reverse it and record it anew."""


class PaymentIsExported(Refusal):
    """Accounting has this payment: reverse it and record it anew."""


class PaymentIsDigital(Refusal):
    """Only its source changes or undoes a digital payment, by its events; the note is free."""


LADDER: Mapping[Step, Mapping[Field, type[Refusal]]] = {
    "free": {},
    "in_closed_deposit": {
        "method": BankDepositIsClosed,
        "received_on": BankDepositIsClosed,
        "amount": BankDepositIsClosed,
        "deletion": BankDepositIsClosed,
    },
    "bank_reconciled": {
        "method": PaymentIsBankReconciled,
        "received_on": PaymentIsBankReconciled,
        "amount": PaymentIsBankReconciled,
        "note": PaymentIsBankReconciled,
        "deletion": PaymentIsBankReconciled,
    },
    "exported": dict.fromkeys(FIELDS, PaymentIsExported),
    "period_locked": dict.fromkeys(FIELDS, PeriodIsLocked),
}
DIGITAL: Mapping[Field, type[Refusal]] = dict.fromkeys(NEVER, PaymentIsDigital)
WAYS_OUT: Mapping[type[Refusal], list[str]] = {
    BankDepositIsClosed: ["bank-deposit-reopening", "reversal"],
    PaymentIsBankReconciled: ["annotation", "reversal"],
    PaymentIsExported: ["reversal"],
    PeriodIsLocked: ["reversal"],
    PaymentIsDigital: ["source", "annotation"],
}


def needs_of_locks(picture: Picture, payment_id: object) -> Iterable[Need]:
    """Name the payment, what accounting has, the methods, and its deposit once it is known."""
    payment = one(Payment, payment_id)
    yield from (payment, every(Export, picture.ledger), every(PaymentMethod, picture.ledger))
    yield one(PaymentPolicy, POLICY)
    if not picture.missing([payment]):
        known = picture.find(Payment, payment_id)
        if known and known.bank_deposit:
            yield one(BankDeposit, known.bank_deposit)


def step(picture: Picture, payment: Payment) -> Step:
    """Return the highest step that a payment has reached."""
    locked_until = policy(picture).locked_until
    if locked_until and payment.received_on <= locked_until:
        return "period_locked"
    exports = picture.where(Export, "ledger", picture.ledger)
    if any(export.holds(payment.position, payment.received_on) for export in exports):
        return "exported"
    if payment.bank_reconciled:
        return "bank_reconciled"
    deposit = picture.find(BankDeposit, payment.bank_deposit) if payment.bank_deposit else None
    return "in_closed_deposit" if deposit and deposit.state == "closed" else "free"


def locks(picture: Picture, payment: Payment) -> Mapping[Field, Refusal]:
    """Return per field that may not be changed any more the refusal that says so."""
    reached = step(picture, payment)
    refused = {**LADDER[reached], **(DIGITAL if is_digital(picture, payment.method) else {})}
    facts = {"payment_id": payment.payment_id, "number": payment.number, "step": reached}
    if payment.bank_deposit:
        facts["bank_deposit"] = payment.bank_deposit
    return {
        field: refusal(field=field, ways_out=WAYS_OUT[refusal], **facts)
        for field, refusal in refused.items()
    }


def refuse_locked(picture: Picture, payment: Payment, fields: Iterable[Field]) -> None:
    """Refuse to change fields of which one is locked."""
    found = locks(picture, payment)
    for field in fields:
        if field in found:
            raise found[field]


def refuse_digital(picture: Picture, payment: Payment) -> None:
    """Refuse to take back by hand what only its source undoes (S5-32)."""
    if is_digital(picture, payment.method):
        facts = {"payment_id": payment.payment_id, "number": payment.number}
        raise PaymentIsDigital(ways_out=WAYS_OUT[PaymentIsDigital], **facts)
