"""Prepayments: what is held of credits for documents that are not owed, freed again, or slid on.

What is held is part of what is open on its credit item, never more than that, and never more
than its document's total; what was freed for an invoice is all that may be allocated to it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cli.conservation.books import CREDIT, Books, Item
from cli.conservation.documents import Documents
from cli.conservation.money import MoneyFacts
from cli.conservation.order import key_of
from cli.conservation.verdict import hold
from shared.events.reconciliation import AllocationMade, PrepaymentFreed, PrepaymentHeld
from shared.seal import Entry


@dataclass(slots=True)
class Prepayments:
    """Follows what reconciliation's journal holds and frees."""

    books: Books
    money: MoneyFacts
    documents: Documents
    held: dict[UUID, PrepaymentHeld] = field(default_factory=dict)
    left: dict[UUID, int] = field(default_factory=dict)
    for_document: Counter[UUID] = field(default_factory=Counter)
    slid: Counter[tuple[UUID, UUID]] = field(default_factory=Counter)

    def handlers(self) -> dict[type, Callable[[Entry, Any], None]]:
        """Return what to do for each fact."""
        return {PrepaymentHeld: self._hold, PrepaymentFreed: self._free}

    def _hold(self, _entry: Entry, fact: PrepaymentHeld) -> None:
        hold(fact.prepayment_id not in self.held, "the prepayment was held before")
        hold(fact.amount.cents > 0, f"{fact.amount} is held")
        credit = self.books.item(key_of(fact.credit))
        hold(credit.side == CREDIT, "a debt is held")
        parties = credit.customer_id, credit.currency
        hold(parties == (fact.customer_id, fact.amount.currency), f"{credit.key} is another's")
        may = self.documents.may_prepay(fact.document_id, *parties)
        hold(may, f"document {fact.document_id} can't be prepaid by this customer")
        total = self.documents.prepayable[fact.document_id, credit.currency]
        self.for_document[fact.document_id] += fact.amount.cents
        kept = self.for_document[fact.document_id]
        hold(kept <= total, f"{kept} cents are held for a document of {total}")
        self._reserve(credit, fact.amount.cents)
        stated = fact.credit_available.cents
        hold(stated == credit.available, f"{stated} is said to be left, {credit.available} is")
        if fact.origin == "applies_to":
            self._answer(fact)
        self.held[fact.prepayment_id] = fact
        self.left[fact.prepayment_id] = fact.amount.cents

    def _answer(self, fact: PrepaymentHeld) -> None:
        wish = self.money.wishes.get((fact.credit.id, fact.document_id))
        hold(wish, "no payment asked for it")
        assert wish
        hold(wish.made is None and not wish.short, "what was asked was decided before")
        hold(fact.amount.cents <= wish.asked.cents, f"only {wish.asked} was asked for")
        wish.made = fact.amount.cents

    def _free(self, _entry: Entry, fact: PrepaymentFreed) -> None:
        made = self.held.get(fact.prepayment_id)
        hold(made, "the prepayment was never held")
        assert made
        same = made.credit, made.document_id, made.customer_id
        found = fact.credit, fact.document_id, fact.customer_id
        hold(same == found, "what is freed is not what was held")
        self.left[fact.prepayment_id] -= fact.amount.cents
        left = self.left[fact.prepayment_id]
        hold(fact.amount.cents > 0, f"{fact.amount} is freed")
        hold(0 <= left == fact.left.cents, f"{fact.left} is said to be left, {left} cents are")
        self.for_document[fact.document_id] -= fact.amount.cents
        self._reserve(self.books.item(key_of(fact.credit)), -fact.amount.cents)
        if fact.slides_to:
            self.slid[fact.prepayment_id, fact.slides_to] += fact.amount.cents

    def become_allocation(self, fact: AllocationMade, sign: int) -> None:
        """Count an allocation of what was held: no more than was freed for its document."""
        if fact.prepayment_id is None:
            return
        made = self.held.get(fact.prepayment_id)
        hold(
            made and made.credit == (fact.carries or fact.credit),
            "no prepayment of this credit became it",
        )
        place = fact.prepayment_id, fact.debit.id
        self.slid[place] -= sign * fact.amount.cents
        hold(self.slid[place] >= 0, f"{-self.slid[place]} cents more than were freed for it")

    def _reserve(self, credit: Item, cents: int) -> None:
        credit.held += cents
        self.books.of(credit.currency).held += cents
        hold(0 <= credit.held <= credit.open, f"{credit.key} would hold {credit.held} cents")
