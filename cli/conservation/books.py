"""The books as the checker keeps them: items and what is open on each, computed anew.

An item moves a third party's account. Credit items (payments, credit notes, losses) lower
what a customer owes, or are what we owe (purchases); debit items (invoices, refunds, payments
taken back, gains) raise the one and lower the other. What is open on one is what no allocation
holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from cli.conservation.verdict import Totals, hold
from shared.money import Money

CREDIT, DEBIT = "credit", "debit"
_MONEY = ("payment", "refund", "taken_back")  # what moved on one of our accounts


@dataclass(slots=True, kw_only=True)
class Item:
    """One item; amounts in the currency's smallest unit."""

    key: str
    side: str
    customer_id: UUID
    currency: str
    total: int
    open: int
    held: int = 0  # of what is open, for documents that are not owed yet
    purchase: bool = False  # whether it is a document that we owe
    declared: int = 0  # what nobody will pay of a document that was closed short
    vat: Mapping[str, int] = field(default_factory=dict)  # per rate, tax included
    vat_allocated: dict[str, int] = field(default_factory=dict)
    group_id: UUID | None = None

    @property
    def available(self) -> int:
        """Return what is open and not held for a document."""
        return self.open - self.held

    @property
    def kind(self) -> str:
        """Return what it is: the first part of its name."""
        return self.key.partition("/")[0]


@dataclass(slots=True)
class Books:
    """Everything the journals said so far."""

    items: dict[str, Item] = field(default_factory=dict)
    totals: dict[str, Totals] = field(default_factory=dict)
    last_numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(
        self,
        key: str,
        side: str,
        customer_id: UUID,
        amount: Money,
        vat: Mapping[str, int] | None = None,
        *,
        purchase: bool = False,
    ) -> None:
        """Add an item, all of it open."""
        hold(key not in self.items, f"there is {key} already")
        hold(amount.cents > 0, f"{key} is of {amount}, which is not more than zero")
        self.items[key] = Item(
            key=key,
            side=side,
            customer_id=customer_id,
            currency=amount.currency,
            total=amount.cents,
            open=amount.cents,
            vat=vat or {},
            purchase=purchase,
        )
        self._count_open(self.items[key], amount.cents)
        totals = self.of(amount.currency)
        if purchase:
            totals.purchased += amount.cents
        elif key.startswith("document/"):
            totals.payable += amount.cents if side == DEBIT else -amount.cents

    def item(self, key: str) -> Item:
        """Return an item; it must be in a journal."""
        found = self.items.get(key)
        hold(found, f"no journal holds {key}")
        assert found
        return found

    def of(self, currency: str) -> Totals:
        """Return the totals of a currency."""
        return self.totals.setdefault(currency, Totals())

    def allocate(self, credit: Item, debit: Item, cents: int) -> None:
        """Allocate cents (negative: release them); neither side may give more than it has."""
        for item in (credit, debit):
            item.open -= cents
            self._count_open(item, -cents)
            hold(0 <= item.open <= item.total, f"{item.key} would be open for {item.open} cents")
            hold(item.held <= item.open, f"{item.key} has {item.held} cents of it held")
        totals = self.of(credit.currency)
        if credit.kind in _MONEY and debit.kind not in _MONEY:
            totals.allocated += cents
        elif credit.kind not in _MONEY and debit.kind in _MONEY:
            totals.allocated -= cents

    def declare(self, item: Item, cents: int) -> None:
        """Declare that cents of an item will not be paid (negative: that they will)."""
        item.declared += cents
        item.open -= cents
        self._count_open(item, -cents)
        fits = item.declared >= 0 and 0 <= item.open <= item.total
        hold(fits, f"{item.key} would be open for {item.open} cents, {item.declared} declared")

    def _count_open(self, item: Item, cents: int) -> None:
        totals = self.of(item.currency)
        if item.kind in _MONEY:
            totals.available += cents if item.side == CREDIT else -cents
        elif item.purchase:
            totals.owing += cents
        elif item.kind == "document":
            totals.outstanding += cents if item.side == DEBIT else -cents
        else:
            totals.differences += cents if item.side == CREDIT else -cents

    def number(self, service: str, period: str, count: int, text: str) -> None:
        """Take a number; it must be the next of its period, and be made of both."""
        last = self.last_numbers.get((service, period), 0)
        hold(count == last + 1, f"number {text} is the {count}. of {period}, after the {last}.")
        before, _, after = period.partition("{n}")
        digits = text.removeprefix(before).removesuffix(after)
        made = before + digits + after == text and digits.isdecimal() and int(digits) == count
        hold(made, f"number {text} is not the {count}. of {period}")
        self.last_numbers[service, period] = count
