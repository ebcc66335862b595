"""Matching groups: items that links hold together, and the code of a group that balances.

The invariant: when nothing is open in a group, it gets its customer's next matching code,
and it loses the code, for ever, as soon as a link goes. What is changed are copies of the
rows that a command named; what changed them are the facts.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from uuid import UUID

from msgspec.structs import replace

from services.reconciliation.domain.item import (
    Allocation,
    Group,
    Item,
    MatchingCounter,
    allocated,
    code_text,
    existing,
    new_group,
    opened_group_id,
    resized,
)
from shared.decider import Picture
from shared.events import Event
from shared.events.reconciliation import ItemsGrouped, ItemsMatched, ItemsUnmatched, VatPart
from shared.ids import derived_id


class Groups:
    """The items of one decision, and the groups that it joins, matches and splits."""

    def __init__(self, picture: Picture) -> None:
        self.facts: list[Event] = []
        self._picture = picture
        self._items: dict[str, Item] = {}
        self._groups: dict[UUID, Group] = {}
        self._last_on: dict[UUID, date] = {}
        self._linked: list[tuple[str, str]] = []  # credit and debit items this decision linked
        self._unlinked: set[UUID] = set()  # allocations this decision released
        self._touched: dict[UUID, None] = {}  # groups that may balance now, in order
        self._loosened: dict[UUID, None] = {}  # groups that may have fallen apart
        self._counts: dict[UUID, int] = {}
        self._opened: set[UUID] = set()  # groups this decision opened
        self._added: set[str] = set()  # items this decision made

    def item(self, key: str) -> Item:
        """Return an item as it stands in this decision; raise UnknownItem."""
        if key not in self._items:
            self._items[key] = existing(self._picture, key)
        return self._items[key]

    def add(self, item: Item) -> None:
        """Take in an item that this decision makes."""
        self._items[item.item] = item
        self._added.add(item.item)

    def link(
        self, credit: str, debit: str, *, name: UUID, on: date, after: str | None = None
    ) -> UUID:
        """Return the group that holds both items from now on.

        One that this opens is named after the credit item, unless another is said.
        """
        group_id = self._joined(credit, debit, name, on, after)
        self._linked.append((credit, debit))
        self._last_on[group_id] = max(on, self._last_on.get(group_id, on))
        return group_id

    def unlink(self, allocation: Allocation, on: date) -> UUID:
        """Return the group that an allocation held together; its matching code is withdrawn."""
        group_id = self.item(allocation.credit_item).group_id
        assert group_id
        self._unmatch(group_id, on)
        self._unlinked.add(allocation.allocation_id)
        self._loosened[group_id] = None
        self._last_on[group_id] = max(on, self._last_on.get(group_id, on))
        return group_id

    def move(self, key: str, group_id: UUID, cents: int, parts: Sequence[VatPart]) -> Item:
        """Add cents to an item's allocated amount, in the group it is or comes to be in."""
        item = self.item(key)
        group = self._group(group_id, item.customer_id)
        self._items[key], self._groups[group_id] = allocated(item, group, cents, parts)
        self._touched[group_id] = None
        return self._items[key]

    def reserve(self, key: str, cents: int) -> Item:
        """Keep cents of a credit item for a document (negative: no longer); return the item."""
        item = self.item(key)
        self._items[key] = replace(item, held_cents=item.held_cents + cents)
        return self._items[key]

    def bond(self, keys: Sequence[str], *, name: UUID, on: date) -> None:
        """Make items one group even where no chain of links joins them."""
        groups = {self.item(key).group_id for key in keys}
        if len(groups) == 1 and None not in groups:
            return
        for key in keys[1:]:
            group_id = self._joined(keys[0], key, name, on)
            for member in (keys[0], key):
                item = self.item(member)
                if item.group_id is None:
                    self._regroup([item], None, group_id)
            self._last_on[group_id] = on

    def finish(self) -> list[Event]:
        """Split what fell apart, give codes to what balances, and return all the facts."""
        for group_id in self._loosened:
            self._split(group_id)
        for group_id in self._touched:
            group = self._groups[group_id]
            if group.open_cents == 0 and group.members > 1 and group.matching_code is None:
                self._match(group)
        return self.facts

    def _group(self, group_id: UUID, customer_id: UUID) -> Group:
        if group_id not in self._groups:
            stored = None if group_id in self._opened else self._picture.find(Group, group_id)
            self._groups[group_id] = stored or new_group(
                self._picture.ledger, group_id, customer_id
            )
        return self._groups[group_id]

    def _members(self, group_id: UUID) -> list[Item]:
        """Return the items of a group as they stand in this decision."""
        known = {item.item for item in self._items.values() if item.group_id == group_id}
        group = self._group(group_id, UUID(int=0))
        if len(known) < group.members:
            known |= {
                stored.item
                for stored in self._picture.where(Item, "group_id", group_id)
                if self.item(stored.item).group_id == group_id
            }
        return [self.item(key) for key in sorted(known)]

    def _joined(
        self, credit: str, debit: str, name: UUID, on: date, after: str | None = None
    ) -> UUID:
        """Return the group that both items are in after this; join two groups if need be."""
        one_group, other_group = self.item(credit).group_id, self.item(debit).group_id
        if one_group and other_group and one_group != other_group:
            customer = self.item(credit).customer_id
            sizes = {g: self._group(g, customer).members for g in (one_group, other_group)}
            # a group opened just now gives way: the stored one's members may not be loaded
            keep, drop = sorted(sizes, key=lambda g: (g in self._opened, -sizes[g], g))
            self._unmatch(keep, on)
            self._unmatch(drop, on)
            self._regroup(self._members(drop), drop, keep)
            self._last_on[keep] = on
            if drop in self._loosened:
                del self._loosened[drop]
                self._loosened[keep] = None
            return keep
        found = one_group or other_group
        if found:
            self._unmatch(found, on)
            return found
        return self._open_group(opened_group_id(name, after or credit))

    def _open_group(self, group_id: UUID) -> UUID:
        self._opened.add(group_id)
        return group_id

    def _regroup(self, items: Sequence[Item], source: UUID | None, target: UUID | None) -> None:
        customer = items[0].customer_id
        for group_id, sign in ((source, -1), (target, 1)):
            if group_id:
                self._groups[group_id] = resized(self._group(group_id, customer), items, sign)
                self._touched[group_id] = None
        for item in items:
            self._items[item.item] = replace(item, group_id=target)
        self.facts.append(
            ItemsGrouped(
                customer_id=customer,
                group_id=target,
                from_group_id=source,
                items=tuple(item.ref for item in items),
            )
        )

    def _match(self, group: Group) -> None:
        if group.customer_id not in self._counts:
            counter = self._picture.find(MatchingCounter, group.customer_id)
            self._counts[group.customer_id] = counter.last if counter else 0
        self._counts[group.customer_id] += 1
        code = code_text(self._counts[group.customer_id])
        self._groups[group.group_id] = replace(group, matching_code=code)
        self.facts.append(
            ItemsMatched(
                group_id=group.group_id,
                customer_id=group.customer_id,
                matching_code=code,
                items=tuple(item.ref for item in self._members(group.group_id)),
                matched_on=self._last_on[group.group_id],
            )
        )

    def _unmatch(self, group_id: UUID, on: date) -> None:
        group = self._group(group_id, UUID(int=0))
        if group.matching_code is None:
            return
        self._groups[group_id] = replace(group, matching_code=None)
        self._touched[group_id] = None
        self.facts.append(
            ItemsUnmatched(
                group_id=group_id,
                customer_id=group.customer_id,
                matching_code=group.matching_code,
                items=tuple(item.ref for item in self._members(group_id)),
                unmatched_on=on,
            )
        )

    def _split(self, group_id: UUID) -> None:
        """Let the largest part that still hangs together keep the group; others leave it."""
        members = self._members(group_id)
        parts = sorted(_parts(members, self._links(members)), key=lambda p: (-len(p), p[0]))
        alone = [self.item(part[0]) for part in parts if len(part) == 1]
        if len(alone) == len(members):
            self._regroup(members, group_id, None)
            return
        if alone:
            self._regroup(alone, group_id, None)
        for part in parts[1:]:
            if len(part) > 1:
                target = self._open_group(derived_id(group_id, "without", *part))
                self._last_on[target] = self._last_on[group_id]
                self._regroup([self.item(key) for key in part], group_id, target)

    def _links(self, members: Sequence[Item]) -> Iterator[tuple[str, str]]:
        """Yield the links that hold among stored items, and those this decision made."""
        for item in members:
            if item.side == "credit" and item.item not in self._added:
                for link in self._picture.where(Allocation, "credit_item", item.item):
                    if link.released_on is None and link.allocation_id not in self._unlinked:
                        yield link.credit_item, link.debit_item
        yield from self._linked


def _parts(members: Sequence[Item], links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the connected parts of a group."""
    leader = {item.item: item.item for item in members}

    def find(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for one_side, other_side in links:
        if one_side in leader and other_side in leader:
            leader[find(one_side)] = find(other_side)
    parts: dict[str, list[str]] = {}
    for key in sorted(leader):
        parts.setdefault(find(key), []).append(key)
    return list(parts.values())
