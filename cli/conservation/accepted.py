"""Differences accepted with an allocation, or alone: booked once, and taken back as booked.

A discount that a payment asks for is accepted once, beside what it pays and never alone.
What reconciliation allocates of a difference is what payments books, VAT included, and so is what
was declared alone; what takes it back is its opposite, to the cent and on the same accounts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from cli.conservation.books import CREDIT
from cli.conservation.money import MoneyFacts, Movement
from cli.conservation.verdict import hold
from shared.events.booking import DifferenceBooked
from shared.events.reconciliation import AllocationMade, DifferenceCode, WriteOffDeclared
from shared.money import Money
from shared.seal import Entry


class Said(NamedTuple):
    """What is to be booked of a difference; a gain is negative."""

    customer_id: UUID
    amount: Money
    code: DifferenceCode
    account: str | None = None  # where one was said


@dataclass(slots=True)
class Accepted:
    """Follows what was accepted, and what accounting gets of it."""

    money: MoneyFacts
    beside: dict[UUID, AllocationMade] = field(default_factory=dict)  # by the difference's link
    said: dict[UUID, Said] = field(default_factory=dict)  # by the write-off
    opposites: dict[UUID, UUID] = field(default_factory=dict)  # what each takes back
    taken_back: set[UUID] = field(default_factory=set)
    booked: dict[UUID, DifferenceBooked] = field(default_factory=dict)

    def handlers(self) -> dict[type, Callable[[Entry, Any], None]]:
        """Return what to do for each fact."""
        return {DifferenceBooked: self._book}

    def allocate(self, fact: AllocationMade) -> None:
        """Take note of an allocation that has differences, or by which one settles its document."""
        self.beside |= dict.fromkeys((each.allocation_id for each in fact.differences), fact)
        if fact.accepts:
            named = fact.accepts.write_off_id, fact.accepts.allocation_id, fact.accepts.amount
            found = fact.credit.id, fact.allocation_id, fact.amount
            hold(named == found, "it is not the difference that was accepted")
            accepts = fact.accepts
            said = Said(fact.customer_id, fact.amount, accepts.code, accepts.account)
            self.said[fact.credit.id] = said

    def check_discount(self, fact: AllocationMade) -> set[str]:
        """Hold a discount against what its payment asked for; return what may have caused it."""
        paid = self.beside.get(fact.allocation_id)
        hold(paid and paid.debit == fact.debit, "nothing is paid beside it")
        assert paid
        payment_id, document_id = (paid.carries or paid.credit).id, fact.debit.id
        wish = self.money.wishes.get((payment_id, document_id))
        hold(wish and not wish.short, f"payment {payment_id} asked for no discount")
        assert wish
        hold(wish.accepted == 0, "its discount was accepted before")
        hold(fact.amount.cents <= wish.discount, f"{wish.discount} of discount were asked for")
        wish.accepted = fact.amount.cents
        return {f"payment/{payment_id}", f"document/{document_id}"}

    def declare(self, fact: WriteOffDeclared) -> None:
        """Take note of a write-off that was declared alone, or takes back a difference."""
        amount = fact.amount if fact.side == CREDIT else -fact.amount
        if fact.alone:
            self.said[fact.write_off_id] = Said(fact.customer_id, amount, "write_off", fact.account)
        if fact.takes_back in self.said:
            before = self.said[fact.takes_back]
            same = (fact.customer_id, amount) == (before.customer_id, -before.amount)
            hold(same, "it is not the opposite of what it takes back")
            hold(fact.takes_back not in self.taken_back, "it was taken back before")
            self.taken_back.add(fact.takes_back)
            self.opposites[fact.write_off_id] = fact.takes_back

    def _book(self, entry: Entry, fact: DifferenceBooked) -> None:
        hold(fact.write_off_id not in self.booked, "the difference was booked before")
        if fact.takes_back:
            expected = self._opposite(fact, fact.takes_back)
        else:
            said = self.said.get(fact.write_off_id)
            hold(said, f"nobody accepted difference {fact.write_off_id}")
            assert said
            expected = said[:3]
            hold(said.account in (None, fact.account), f"it was to go to {said.account}")
            low, high = sorted((0, fact.amount.cents))
            hold(low <= fact.vat.cents <= high, f"{fact.vat} of {fact.amount} is VAT")
        found = fact.customer_id, fact.amount, fact.code
        hold(found == expected, "what is booked is not what was accepted")
        self.booked[fact.write_off_id] = fact
        self.money.movements.append(Movement(entry.position, fact.booked_on, fact.amount))

    def _opposite(self, fact: DifferenceBooked, takes_back: UUID) -> tuple[Any, ...]:
        hold(self.opposites.get(fact.write_off_id) == takes_back, "nothing takes it back")
        before = self.booked.get(takes_back)
        hold(before, f"difference {takes_back} was never booked")
        assert before
        same = -before.vat, before.account, before.vat_account
        hold((fact.vat, fact.account, fact.vat_account) == same, "it goes to other accounts")
        return before.customer_id, -before.amount, before.code

    def undecided(self) -> int:
        """Count what was accepted or taken back, and is not booked."""
        return len((self.said.keys() | self.opposites.keys()) - self.booked.keys())
