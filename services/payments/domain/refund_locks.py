"""What may still be changed of a refund: the ladder of payments, without deposits (rule 8, K6).

Each step refuses no less than the steps before it. Beyond every lock there is the reversal.
"""

from collections.abc import Iterable, Mapping
from typing import Literal
from uuid import UUID

from services.payments.domain.accounting import Export
from services.payments.domain.refund import Refund
from services.payments.domain.settings import POLICY, PaymentPolicy, PeriodIsLocked, policy
from shared.decider import Need, Picture, every, one
from shared.errors import Refusal

RefundField = Literal["method", "refunded_on", "amount", "reference", "note", "deletion"]
RefundStep = Literal["free", "bank_reconciled", "exported", "period_locked"]

REFUND_FIELDS: tuple[RefundField, ...] = (
    *("method", "refunded_on", "amount"),
    *("reference", "note", "deletion"),
)
CORRECTED: tuple[RefundField, ...] = ("method", "refunded_on", "amount")  # by a new entry


class RefundIsBankReconciled(Refusal):
    """The bank shows this refund: change its reference, or reverse it and record it anew."""


class RefundIsExported(Refusal):
    """Accounting has this refund: reverse it and record it anew."""


REFUND_LADDER: Mapping[RefundStep, Mapping[RefundField, type[Refusal]]] = {
    "free": {},
    "bank_reconciled": dict.fromkeys((*CORRECTED, "note", "deletion"), RefundIsBankReconciled),
    "exported": dict.fromkeys(REFUND_FIELDS, RefundIsExported),
    "period_locked": dict.fromkeys(REFUND_FIELDS, PeriodIsLocked),
}
_WAYS_OUT: Mapping[type[Refusal], list[str]] = {
    RefundIsBankReconciled: ["annotation", "reversal"],
    RefundIsExported: ["reversal"],
    PeriodIsLocked: ["reversal"],
}


def needs_of_refund_locks(picture: Picture, refund_id: UUID) -> Iterable[Need]:
    """Name the refund, what accounting has, and up to which day the books are locked."""
    yield from (one(Refund, refund_id), every(Export, picture.ledger), one(PaymentPolicy, POLICY))


def refund_step(picture: Picture, refund: Refund) -> RefundStep:
    """Return the highest step that a refund has reached."""
    locked_until = policy(picture).locked_until
    if locked_until and refund.refunded_on <= locked_until:
        return "period_locked"
    exports = picture.where(Export, "ledger", picture.ledger)
    if any(export.holds(refund.position, refund.refunded_on) for export in exports):
        return "exported"
    return "bank_reconciled" if refund.bank_reconciled else "free"


def refund_locks(picture: Picture, refund: Refund) -> Mapping[RefundField, Refusal]:
    """Return per field that may not be changed any more the refusal that says so."""
    reached = refund_step(picture, refund)
    facts = {"refund_id": refund.refund_id, "number": refund.number, "step": reached}
    return {
        field: refusal(field=field, ways_out=_WAYS_OUT[refusal], **facts)
        for field, refusal in REFUND_LADDER[reached].items()
    }


def refuse_locked_refund(picture: Picture, refund: Refund, fields: Iterable[RefundField]) -> None:
    """Refuse to change fields of which one is locked."""
    found = refund_locks(picture, refund)
    for field in fields:
        if field in found:
            raise found[field]
