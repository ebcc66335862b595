"""Facts of the payments service about entries that move no money (opérations diverses)."""

from typing import ClassVar
from uuid import UUID

from shared.dates import IsoDate
from shared.events import Event
from shared.money import Money


class TransferBooked(Event):
    """A transfer between two customers' accounts goes to accounting, by the next export.

    Reconciliation made it; what accounting gets is counted in this journal, so that it is in one
    export and no other. One that takes another back is booked as one that goes the other way.
    """

    type: ClassVar[str] = "payments.transfer-booked.v1"
    about: ClassVar[str] = "transfer/{transfer_id}"

    transfer_id: UUID
    from_customer_id: UUID  # whose account is debited
    debit_item_id: UUID
    to_customer_id: UUID  # whose account is credited
    credit_item_id: UUID
    amount: Money  # positive
    booked_on: IsoDate  # the day of the transfer, or the first one that is not locked
    voucher: str  # number of what pays
    label: str  # number of what is owed
