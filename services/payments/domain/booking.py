"""Booking what reconciliation decided: entries for accounting that move no money."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from services.payments.domain.accounting import Movement
from services.payments.domain.settings import POLICY, PaymentPolicy, policy
from shared.decider import Need, Picture, one
from shared.events import Event
from shared.events.booking import TransferBooked
from shared.events.transfers import TransferMade


@dataclass(frozen=True, slots=True, kw_only=True)
class BookTransfer:
    """Book a transfer between two customers' accounts."""

    made: TransferMade

    @property
    def _item(self) -> str:
        return f"write_off/{self.made.credit_item_id}"

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name what is booked, and the policy."""
        return one(Movement, self._item), one(PaymentPolicy, POLICY)

    def decide(self, picture: Picture) -> list[Event]:
        """Book once."""
        if picture.find(Movement, self._item):
            return []
        made = self.made
        return [
            TransferBooked(
                transfer_id=made.transfer_id,
                from_customer_id=made.from_customer_id,
                debit_item_id=made.debit_item_id,
                to_customer_id=made.to_customer_id,
                credit_item_id=made.credit_item_id,
                amount=made.amount,
                booked_on=first_open_day(picture, made.transferred_on),
                voucher=made.credit_number,
                label=made.debit_number,
            )
        ]


def first_open_day(picture: Picture, on: date) -> date:
    """Return the day, or the first one after it that the ledger has not locked."""
    locked_until = policy(picture).locked_until
    return max(on, locked_until + timedelta(days=1)) if locked_until else on
