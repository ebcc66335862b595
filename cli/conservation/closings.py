"""Documents closed short: what is declared not to be paid is what was asked, as far as it was open.

No money moves by it; what is allocated, declared and open of a document is its total.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cli.conservation.books import DEBIT, Books, Item
from cli.conservation.documents import Documents
from cli.conservation.money import MoneyFacts, Movement
from cli.conservation.verdict import hold
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.reconciliation import DifferenceDeclared, DifferenceWithdrawn
from shared.money import Money
from shared.seal import Entry

Declared = DifferenceDeclared | DifferenceWithdrawn


@dataclass(slots=True)
class Closing:
    """A closing of payments, and what reconciliation made of it; amounts in cents."""

    asked: int
    booked: UUID | None = None  # as this write-off, so that nothing is declared
    declared: int | None = None
    reopened: bool = False
    said: int | None = None  # by what opened it again, which may be read before the declaration
    withdrawn: bool = False


@dataclass(slots=True)
class Closings:
    """Follows what payments closes, and what reconciliation declares for it."""

    books: Books
    documents: Documents
    money: MoneyFacts
    known: dict[tuple[UUID, UUID], Closing] = field(default_factory=dict)

    def handlers(self) -> dict[type, Callable[[Entry, Any], None]]:
        """Return what to do for each fact."""
        return {
            DocumentClosed: self._close,
            DocumentReopened: self._reopen,
            DifferenceDeclared: self._declare,
            DifferenceWithdrawn: self._withdraw,
        }

    def _close(self, entry: Entry, fact: DocumentClosed) -> None:
        key = (fact.payment_id, fact.document_id)
        hold(key not in self.known, "the document was closed by this payment before")
        hold(fact.difference.cents > 0, f"it is closed for {fact.difference}")
        side = self._item(fact).side
        hold(fact.side == side, f"the document stands on the {side} side")
        self.known[key] = Closing(fact.difference.cents, booked=fact.write_off_id)
        if fact.write_off_id:
            moved = Movement(entry.position, fact.closed_on, fact.difference)
            self.money.movements.append(moved)

    def _reopen(self, entry: Entry, fact: DocumentReopened) -> None:
        closing = self._closing(fact)
        hold(not closing.reopened, "it was opened again before")
        closing.reopened = True
        closing.said = -fact.difference.cents
        self._check_said(closing)
        hold(fact.write_off_id == closing.booked, f"it was booked as {closing.booked}")
        if closing.booked:
            amount = Money(-closing.asked, fact.difference.currency)
            self.money.movements.append(Movement(entry.position, fact.reopened_on, amount))

    def _declare(self, entry: Entry, fact: DifferenceDeclared) -> None:
        closing, item = self._closing(fact), self._item(fact)
        hold(closing.declared is None, "what was asked was declared before")
        hold(closing.asked == fact.asked.cents, f"{closing.asked} cents were asked for")
        if closing.booked:
            booked = self.books.item(f"write_off/{closing.booked}").total
            hold(booked == closing.asked, f"{booked} cents of {closing.asked} were booked")
        cents = 0 if closing.booked else min(closing.asked, item.open)
        hold(fact.difference.cents == cents, f"{cents} cents of what was asked are open")
        closing.declared = cents
        self._check_said(closing)
        self._move(entry, fact, item)

    @staticmethod
    def _check_said(closing: Closing) -> None:
        """Hold that a document is opened again for what was asked, or for what was declared."""
        told = closing.said == closing.asked or None in (closing.said, closing.declared)
        same = closing.said == closing.declared
        hold(told or same, f"{closing.said} cents were not declared")

    def _withdraw(self, entry: Entry, fact: DifferenceWithdrawn) -> None:
        closing, item = self._closing(fact), self._item(fact)
        hold(closing.reopened and not closing.withdrawn, "nothing opened the document again")
        hold(closing.declared == -fact.difference.cents, f"{closing.declared} cents were declared")
        closing.withdrawn = True
        self._move(entry, fact, item)

    def _move(self, entry: Entry, fact: Declared, item: Item) -> None:
        self.books.declare(item, fact.difference.cents)
        hold(fact.open.cents == item.open, f"{item.key}: {item.open} cents are open")
        self.documents.note(entry, fact, fact.document_id, item.open)

    def _closing(self, fact: DocumentReopened | Declared) -> Closing:
        closing = self.known.get((fact.payment_id, fact.document_id))
        hold(closing, f"{fact.payment_id} did not close document {fact.document_id}")
        assert closing
        return closing

    def _item(self, fact: DocumentClosed | Declared) -> Item:
        item = self.books.item(f"document/{fact.document_id}")
        found = item.customer_id, item.currency
        fits = found == (fact.customer_id, fact.difference.currency)
        closable = item.side == DEBIT or item.purchase
        hold(fits and closable, f"{item.key} is nothing that is closed for them in this currency")
        return item

    def undecided(self) -> int:
        """Count the closings that reconciliation has not answered."""
        return sum(
            (closing.declared is None and not closing.reopened)
            or bool(closing.declared and closing.reopened and not closing.withdrawn)
            for closing in self.known.values()
        )
