"""Facts of the reconciliation service about customers of one group who pay for each other."""

from typing import ClassVar

from shared.dates import IsoDate
from shared.events import Event
from shared.events.reconciliation import ItemRef
from shared.ids import Id
from shared.money import Money


class TransferMade(Event):
    """What one customer owes is settled with what another of its group has (virement interne).

    It is two equal items, named `write_off/` and their ids since they move no money: a debit on
    the account that pays, a credit on the account that owes. So each account balances alone. One
    that takes another back goes the other way.
    """

    type: ClassVar[str] = "reconciliation.transfer-made.v1"
    about: ClassVar[str] = "transfer/{transfer_id}"

    transfer_id: Id
    allocation_id: Id  # by which it settles, or settled, the debt
    from_customer_id: Id
    debit_item_id: Id
    to_customer_id: Id
    credit_item_id: Id
    amount: Money  # positive
    transferred_on: IsoDate
    credit: ItemRef  # what pays
    credit_number: str
    debit: ItemRef  # what is owed
    debit_number: str
    takes_back: Id | None = None
    reason: str | None = None
