"""What facts of bank reconciliation do to payments' rows: what the bank shows is not corrected."""

from uuid import UUID

from msgspec.structs import replace

from services.payments.domain.payment import Payment, existing
from services.payments.domain.refund import Refund
from services.payments.projections import PROJECTION
from shared.decider import Picture, one
from shared.events.bank import RefundBankReconciled, RefundBankReconciliationUndone
from shared.events.reconciliation import BankReconciliationUndone, PaymentBankReconciled
from shared.seal import Entry

__all__ = ["PROJECTION"]


@PROJECTION.on(PaymentBankReconciled, lambda fact: [one(Payment, fact.payment_id)])
def see_bank_reconciled(picture: Picture, _entry: Entry, fact: PaymentBankReconciled) -> None:
    """The bank shows the payment: it is not corrected any more, only reversed."""
    payment = existing(picture, fact.payment_id)
    picture.put(replace(payment, bank_reconciled=True))


@PROJECTION.on(BankReconciliationUndone, lambda fact: [one(Payment, fact.payment_id)])
def see_bank_reconciliation_undone(
    picture: Picture, _entry: Entry, fact: BankReconciliationUndone
) -> None:
    """The payment is as free as before."""
    payment = existing(picture, fact.payment_id)
    picture.put(replace(payment, bank_reconciled=False))


@PROJECTION.on(RefundBankReconciled, lambda fact: [one(Refund, fact.refund_id)])
def see_refund_bank_reconciled(picture: Picture, _entry: Entry, fact: RefundBankReconciled) -> None:
    """The bank shows the refund: it is not corrected any more, only reversed."""
    _show_refund(picture, fact.refund_id, bank_reconciled=True)


@PROJECTION.on(RefundBankReconciliationUndone, lambda fact: [one(Refund, fact.refund_id)])
def see_refund_bank_reconciliation_undone(
    picture: Picture, _entry: Entry, fact: RefundBankReconciliationUndone
) -> None:
    """The refund is as free as before."""
    _show_refund(picture, fact.refund_id, bank_reconciled=False)


def _show_refund(picture: Picture, refund_id: UUID, *, bank_reconciled: bool) -> None:
    refund = picture.find(Refund, refund_id)
    assert refund
    picture.put(replace(refund, bank_reconciled=bank_reconciled))
