"""Facts of reconciliation that group items: a matching code means that a group balances.

A code is given once, in order (AA, AB, …), to a group in which nothing is open; it is
withdrawn, for ever, before anything in the group changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cli.conservation.books import DEBIT, Books, Item
from cli.conservation.order import key_of
from cli.conservation.verdict import hold
from shared.events.reconciliation import (
    ItemsGrouped,
    ItemsMatched,
    ItemsUnmatched,
    MatchingMade,
)
from shared.seal import Entry

_LETTERS = 26


@dataclass(slots=True)
class Groups:
    """Follows which items belong together, and the codes they carry."""

    books: Books
    members: dict[UUID, set[str]] = field(default_factory=dict)
    codes: dict[UUID, str] = field(default_factory=dict)  # of the groups that carry one now
    given: dict[UUID, int] = field(default_factory=dict)  # per customer, how many so far

    def handlers(self) -> dict[type, Callable[[Entry, Any], None]]:
        """Return what to do for each fact."""
        return {
            ItemsGrouped: self._regroup,
            ItemsMatched: self._match,
            ItemsUnmatched: self._unmatch,
            MatchingMade: self._ask,
        }

    def join(self, group_id: UUID, *items: Item) -> None:
        """Put the items of a new allocation into its group, unless they are there."""
        for item in items:
            hold(item.group_id in (None, group_id), f"{item.key} is in another group")
            self._put(item, group_id)
        self.stays(group_id, *items)

    def stays(self, group_id: UUID, *items: Item) -> None:
        """Raise Broken unless items are in a group, and that group carries no code."""
        for item in items:
            hold(item.group_id == group_id, f"{item.key} is in another group")
        hold(group_id not in self.codes, f"its group still carries {self.codes.get(group_id)}")

    def _put(self, item: Item, group_id: UUID | None) -> None:
        if item.group_id:
            self.members[item.group_id].discard(item.key)
        item.group_id = group_id
        if group_id:
            self.members.setdefault(group_id, set()).add(item.key)

    def _regroup(self, _entry: Entry, fact: ItemsGrouped) -> None:
        hold(fact.items, "no item is named")
        for ref in fact.items:
            item = self.books.item(key_of(ref))
            hold(item.group_id == fact.from_group_id, f"{item.key} is in another group")
            hold(item.customer_id == fact.customer_id, f"{item.key} is another customer's")
            self._put(item, fact.group_id)
        for group_id in (fact.group_id, fact.from_group_id):
            hold(group_id not in self.codes, "a group that carries a code changes")

    def _match(self, _entry: Entry, fact: ItemsMatched) -> None:
        items = self._whole(fact)
        hold(fact.group_id not in self.codes, "the group carries a code already")
        still_open = [item.key for item in items if item.open or item.declared]
        hold(not still_open, f"{', '.join(still_open)} is open")
        balance = sum(item.total if item.side == DEBIT else -item.total for item in items)
        hold(len(items) > 1 and balance == 0, f"the group is out of balance by {balance} cents")
        count = self.given.get(fact.customer_id, 0) + 1
        hold(fact.matching_code == code(count), f"the customer's next code is {code(count)}")
        self.given[fact.customer_id] = count
        self.codes[fact.group_id] = fact.matching_code

    def _unmatch(self, _entry: Entry, fact: ItemsUnmatched) -> None:
        self._whole(fact)
        carried = self.codes.pop(fact.group_id, None)
        hold(carried == fact.matching_code, f"the group carries {carried}")

    def _whole(self, fact: ItemsMatched | ItemsUnmatched) -> list[Item]:
        """Return a group's items; the fact must name every one, all of its customer."""
        named = [key_of(ref) for ref in fact.items]
        members = self.members.get(fact.group_id, set())
        hold(len(named) == len(set(named)) and set(named) == members, "it is not the whole group")
        items = [self.books.item(key) for key in named]
        customers = {item.customer_id for item in items}
        hold(customers == {fact.customer_id}, "it joins items of two customers")
        hold(len({item.currency for item in items}) == 1, "it joins two currencies")
        return items

    def _ask(self, _entry: Entry, fact: MatchingMade) -> None:
        for ref in fact.items:
            owner = self.books.item(key_of(ref)).customer_id
            hold(owner == fact.customer_id, f"{key_of(ref)} is another customer's")


def code(count: int) -> str:
    """Return a customer's nth code: two letters at least, counted like columns of a sheet.

    >>> code(1), code(26), code(27), code(676), code(677)
    ('AA', 'AZ', 'BA', 'ZZ', 'AAA')
    """
    text, rest = "", count + _LETTERS
    while rest:
        rest, letter = divmod(rest - 1, _LETTERS)
        text = chr(ord("A") + letter) + text
    return text
