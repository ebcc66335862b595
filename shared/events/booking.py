"""Facts of the payments service about entries that move no money (opérations diverses)."""

from typing import ClassVar

from shared.dates import IsoDate
from shared.events import Event
from shared.events.reconciliation import DifferenceCode
from shared.ids import Id
from shared.money import Money


class DifferenceBooked(Event):
    """A difference accepted with an allocation, or alone, goes to accounting by the next export.

    It credits the customer and debits the account of what was given up, and the account of VAT
    for the part of a discount that is VAT. A gain has negative amounts: it is booked the other way
    round. What takes one back has the opposite amounts.
    """

    type: ClassVar[str] = "payments.difference-booked.v1"
    about: ClassVar[str] = "write-off/{write_off_id}"

    write_off_id: Id
    customer_id: Id
    code: DifferenceCode
    amount: Money  # VAT included; negative: a gain, or what takes a loss back
    vat: Money  # the part of it that is VAT
    account: str
    vat_account: str | None = None
    booked_on: IsoDate  # the day it was accepted, or the first one that is not locked
    voucher: str  # number of the document; of a difference that stands alone its own name
    label: str
    takes_back: Id | None = None


class TransferBooked(Event):
    """A transfer between two customers' accounts goes to accounting, by the next export.

    Reconciliation made it; what accounting gets is counted in this journal, so that it is in one
    export and no other. One that takes another back is booked as one that goes the other way.
    """

    type: ClassVar[str] = "payments.transfer-booked.v1"
    about: ClassVar[str] = "transfer/{transfer_id}"

    transfer_id: Id
    from_customer_id: Id  # whose account is debited
    debit_item_id: Id
    to_customer_id: Id  # whose account is credited
    credit_item_id: Id
    amount: Money  # positive
    booked_on: IsoDate  # the day of the transfer, or the first one that is not locked
    voucher: str  # number of what pays
    label: str  # number of what is owed
