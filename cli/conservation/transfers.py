"""Transfers between the accounts of one group: equal on both, wholly used, booked once.

What leaves one customer's account comes to the other's, to the cent; both sides of a transfer are
allocated as a whole, to what it was made for or to the one that takes it back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cli.conservation.books import CREDIT, DEBIT, Books
from cli.conservation.documents import Documents
from cli.conservation.money import MoneyFacts, Movement
from cli.conservation.verdict import hold
from shared.events.booking import TransferBooked
from shared.events.reconciliation import AllocationMade
from shared.events.transfers import TransferMade
from shared.seal import Entry


@dataclass(slots=True)
class Transfers:
    """Follows what reconciliation carries from one account to another."""

    books: Books
    documents: Documents
    money: MoneyFacts
    made: dict[UUID, TransferMade] = field(default_factory=dict)
    taken_back: set[UUID] = field(default_factory=set)
    booked: set[UUID] = field(default_factory=set)

    def handlers(self) -> dict[type, Callable[[Entry, Any], None]]:
        """Return what to do for each fact."""
        return {TransferMade: self._make, TransferBooked: self._book}

    def _make(self, _entry: Entry, fact: TransferMade) -> None:
        hold(fact.transfer_id not in self.made, "the transfer was made before")
        hold(fact.from_customer_id != fact.to_customer_id, "it stays on one account")
        if fact.takes_back:
            self._check_opposite(fact, fact.takes_back)
        else:
            accounts = fact.from_customer_id, fact.to_customer_id
            owners = tuple(
                self.books.item(f"{ref.kind}/{ref.id}").customer_id
                for ref in (fact.credit, fact.debit)
            )
            hold(owners == accounts, "it is not between the accounts of what it joins")
            hold(self.documents.of_one_group(*accounts), "its customers are of no group")
        self.books.add(_debit(fact), DEBIT, fact.from_customer_id, fact.amount)
        self.books.add(_credit(fact), CREDIT, fact.to_customer_id, fact.amount)
        self.made[fact.transfer_id] = fact

    def _check_opposite(self, fact: TransferMade, takes_back: UUID) -> None:
        before = self.made.get(takes_back)
        hold(before, f"transfer {takes_back} was never made")
        assert before
        hold(takes_back not in self.taken_back, "the transfer was taken back before")
        opposite = before.to_customer_id, before.from_customer_id, before.amount
        found = fact.from_customer_id, fact.to_customer_id, fact.amount
        hold(found == opposite, "it is not the opposite of what it takes back")
        self.taken_back.add(takes_back)

    def check_link(self, fact: AllocationMade) -> None:
        """Raise Broken unless a transfer's items are joined with what it was made for, whole."""
        sides = (f"{ref.kind}/{ref.id}" for ref in (fact.credit, fact.debit))
        if fact.transfer_id is None:
            hold(fact.carries is None, "it brings another's credit without a transfer")
            return
        transfer = self.made.get(fact.transfer_id)
        hold(transfer, f"transfer {fact.transfer_id} was never made")
        assert transfer
        hold(fact.amount == transfer.amount, f"{transfer.amount} is transferred")
        pair = tuple(sides)
        if before := self.made.get(transfer.takes_back or UUID(int=0)):
            closes = (_credit(transfer), _debit(before)), (_credit(before), _debit(transfer))
            hold(pair in closes, "it closes other items than a transfer's")
            return
        paying, owed = (f"{ref.kind}/{ref.id}" for ref in (transfer.credit, transfer.debit))
        expected = (_credit(transfer), owed) if fact.carries else (paying, _debit(transfer))
        hold(pair == expected, "it joins other items than the transfer's")
        hold(fact.carries in (None, transfer.credit), "it brings another credit")

    def _book(self, entry: Entry, fact: TransferBooked) -> None:
        made = self.made.get(fact.transfer_id)
        hold(made, f"transfer {fact.transfer_id} was never made")
        assert made
        hold(fact.transfer_id not in self.booked, "the transfer was booked before")
        same = "from_customer_id", "debit_item_id", "to_customer_id", "credit_item_id", "amount"
        differing = [name for name in same if getattr(made, name) != getattr(fact, name)]
        hold(not differing, f"what is booked is not what was made: {', '.join(differing)}")
        hold(fact.booked_on >= made.transferred_on, "it is booked before its day")
        self.booked.add(fact.transfer_id)
        self.money.movements.append(Movement(entry.position, fact.booked_on, fact.amount))

    def undecided(self) -> int:
        """Count the transfers that are not wholly used, or not booked."""
        return sum(
            fact.transfer_id not in self.booked
            or any(self.books.item(key).open for key in (_debit(fact), _credit(fact)))
            for fact in self.made.values()
        )


def _debit(fact: TransferMade) -> str:
    return f"write_off/{fact.debit_item_id}"


def _credit(fact: TransferMade) -> str:
    return f"write_off/{fact.credit_item_id}"
