"""What facts of bank reconciliation do to reconciliation's rows: which statement shows what."""

from msgspec.structs import replace

from services.reconciliation.domain.bank import BankReconciliation, RefundBankReconciliation
from services.reconciliation.projections import PROJECTION
from shared.decider import Need, Picture, one
from shared.events.bank import RefundBankReconciled, RefundBankReconciliationUndone
from shared.events.reconciliation import BankReconciliationUndone, PaymentBankReconciled
from shared.seal import Entry

__all__ = ["PROJECTION"]


@PROJECTION.on(PaymentBankReconciled, lambda fact: [one(BankReconciliation, fact.payment_id)])
def meet_statement(picture: Picture, _entry: Entry, fact: PaymentBankReconciled) -> None:
    """Keep which statement shows the payment."""
    picture.put(
        BankReconciliation(
            ledger=picture.ledger,
            payment_id=fact.payment_id,
            statement=fact.statement,
            reconciled_on=fact.reconciled_on,
            holds=True,
        )
    )


@PROJECTION.on(BankReconciliationUndone, lambda fact: [one(BankReconciliation, fact.payment_id)])
def leave_statement(picture: Picture, _entry: Entry, fact: BankReconciliationUndone) -> None:
    """No statement shows the payment any more."""
    known = picture.find(BankReconciliation, fact.payment_id)
    assert known
    picture.put(replace(known, holds=False))


@PROJECTION.on(RefundBankReconciled, lambda fact: [one(RefundBankReconciliation, fact.refund_id)])
def show_refund(picture: Picture, _entry: Entry, fact: RefundBankReconciled) -> None:
    """Keep which statement shows the refund."""
    picture.put(
        RefundBankReconciliation(
            ledger=picture.ledger,
            refund_id=fact.refund_id,
            statement=fact.statement,
            reconciled_on=fact.reconciled_on,
            holds=True,
        )
    )


def _needs_of_hidden(fact: RefundBankReconciliationUndone) -> list[Need]:
    return [one(RefundBankReconciliation, fact.refund_id)]


@PROJECTION.on(RefundBankReconciliationUndone, _needs_of_hidden)
def hide_refund(picture: Picture, _entry: Entry, fact: RefundBankReconciliationUndone) -> None:
    """No statement shows the refund any more."""
    known = picture.find(RefundBankReconciliation, fact.refund_id)
    assert known
    picture.put(replace(known, holds=False))
