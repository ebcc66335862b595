"""Facts of the reconciliation service: which refunds the bank's statement shows.

Those of payments are in `reconciliation`, beside what settles what.
"""

from typing import ClassVar

from shared.dates import IsoDate
from shared.events import Event
from shared.ids import Id


class RefundBankReconciled(Event):
    """The bank statement shows the refund (rapprochement bancaire)."""

    type: ClassVar[str] = "reconciliation.refund-bank-reconciled.v1"
    about: ClassVar[str] = "refund/{refund_id}"

    refund_id: Id
    customer_id: Id
    statement: str  # what the bank calls its statement
    reconciled_on: IsoDate


class RefundBankReconciliationUndone(Event):
    """A refund was met with a bank statement by mistake."""

    type: ClassVar[str] = "reconciliation.refund-bank-reconciliation-undone.v1"
    about: ClassVar[str] = "refund/{refund_id}"

    refund_id: Id
    customer_id: Id
    statement: str
    reason: str
    undone_on: IsoDate
