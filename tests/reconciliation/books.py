"""Reconciliation's books in memory, checked after every fact and every decision."""

from collections.abc import Iterable

from typing_extensions import override

from services.reconciliation.domain.asked import AskedAllocation
from services.reconciliation.domain.item import Allocation, Group, Item, code_text, key_of
from services.reconciliation.domain.sale import Prepayment, SaleDocument
from services.reconciliation.domain.transfer import Transfer
from services.reconciliation.service import SERVICE
from shared.decider import Command
from shared.errors import Refusal
from shared.events import Event
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    ItemsGrouped,
    ItemsMatched,
    MatchingMade,
)
from shared.seal import Entry
from tests.given import Memory

Bond = tuple[str, str]


class CheckedBooks(Memory):
    """Rows of reconciliation that hold what they must after every fact."""

    def __init__(self) -> None:
        super().__init__(SERVICE.projection, SERVICE.reactions)
        self.codes: dict[object, list[str]] = {}
        self.bonds: set[Bond] = set()
        self.made: dict[object, AllocationMade] = {}

    def ask(self, command: Command) -> list[Event]:
        """Carry out a command; a refusal is an answer like another."""
        try:
            return self.decide(command)
        except Refusal:
            return []

    @override
    def decide(self, command: Command, cause: Entry | None = None) -> list[Event]:
        """Decide, and keep what matchings bond until a release shakes it loose."""
        before = {item.item: item.group_id for item in self.rows(Item)}
        facts = super().decide(command, cause)
        released = {fact.group_id for fact in facts if isinstance(fact, AllocationReleased)}
        if released:
            joined = [fact for fact in facts if isinstance(fact, ItemsGrouped)]
            for fact in joined * 2:
                if released & {fact.group_id, fact.from_group_id}:
                    released |= {g for g in (fact.group_id, fact.from_group_id) if g}
            loose = {key for key, group in before.items() if group in released}
            self.bonds = {bond for bond in self.bonds if not loose & set(bond)}
        for matching in (fact for fact in facts if isinstance(fact, MatchingMade)):
            keys = [key_of(ref) for ref in matching.items]
            self.bonds |= {(keys[0], key) for key in keys[1:]}
        return facts

    @override
    def _enter(self, entry: Entry) -> None:
        super()._enter(entry)
        fact = entry.fact
        if isinstance(fact, AllocationMade):
            for parts in (fact.vat, fact.credit_vat):
                assert not parts or sum(part.amount.cents for part in parts) == fact.amount.cents
            self.made[fact.allocation_id] = fact
        if isinstance(fact, AllocationReleased):
            made = self.made[fact.allocation_id]
            assert (fact.amount, fact.vat, fact.credit_vat) == (
                made.amount,
                made.vat,
                made.credit_vat,
            )
        if isinstance(fact, AllocationMade | AllocationReleased):
            assert fact.credit_open.cents == self.row(Item, key_of(fact.credit)).open_cents
            assert fact.debit_open.cents == self.row(Item, key_of(fact.debit)).open_cents
        if isinstance(fact, ItemsMatched):
            given = self.codes.setdefault(fact.customer_id, [])
            given.append(fact.matching_code)
            assert fact.matching_code == code_text(len(given))
            group = {item.item for item in self.rows(Item) if item.group_id == fact.group_id}
            assert {key_of(ref) for ref in fact.items} == group

    # ── what must hold ──────────────────────────────────────────────────────────

    @property
    def live(self) -> list[Allocation]:
        """Return the allocations that hold."""
        return [link for link in self.rows(Allocation) if link.released_on is None]

    def check(self) -> None:
        """Hold everything that must be so between two decisions."""
        self.check_amounts()
        self.check_prepayments()
        self.check_vat()
        self.check_groups()
        self.check_codes()
        self.check_wishes()
        self.check_transfers()

    def check_amounts(self) -> None:
        """No item is allocated more than it has, and exactly what its links say."""
        for item in self.rows(Item):
            links = [a for a in self.live if item.item in (a.credit_item, a.debit_item)]
            assert item.allocated_cents == sum(link.amount_cents for link in links)
            assert 0 <= item.allocated_cents <= item.amount_cents

    def check_prepayments(self) -> None:
        """What is held is open, nowhere twice, and no more than its document may carry."""
        held = [row for row in self.rows(Prepayment) if row.left_cents]
        for row in self.rows(Prepayment):
            assert 0 <= row.left_cents <= row.amount_cents
        for item in self.rows(Item):
            kept = sum(row.left_cents for row in held if row.credit_item == item.item)
            assert 0 <= item.held_cents == kept <= item.open_cents
        for document in self.rows(SaleDocument):
            kept = sum(r.left_cents for r in held if r.document_id == document.document_id)
            assert kept <= document.capacity_cents
            if document.owed and kept:
                assert self.row(Item, f"document/{document.document_id}").open_cents == 0

    def check_vat(self) -> None:
        """Parts per rate add up to what is allocated; a settled document's are its own totals."""
        for item in self.rows(Item):
            parts = {str(part["rate"]): int(part["allocated_cents"]) for part in item.vat}
            if not parts:
                continue
            assert sum(parts.values()) == item.allocated_cents
            if not item.unallocated_cents:
                assert parts == {str(p["rate"]): int(p["total_cents"]) for p in item.vat}

    def check_groups(self) -> None:
        """A group is what links, and matchings by hand, hold together: no more and no less."""
        links = [(link.credit_item, link.debit_item) for link in self.live]
        parts = _parts([*links, *self.bonds])
        groups: dict[object, set[str]] = {}
        for item in self.rows(Item):
            if item.group_id:
                groups.setdefault(item.group_id, set()).add(item.item)
        assert sorted(map(sorted, groups.values())) == sorted(map(sorted, parts))
        for group in self.rows(Group):
            members = [self.row(Item, key) for key in groups.get(group.group_id, ())]
            assert group.members == len(members)
            assert group.open_cents == sum(item.unallocated_cents for item in members)
            assert {item.customer_id for item in members} <= {group.customer_id}

    def check_codes(self) -> None:
        """A balanced group of several carries a code, and no other does; no two carry the same."""
        carried = []
        for group in self.rows(Group):
            assert bool(group.matching_code) == (group.members > 1 and group.open_cents == 0)
            if group.matching_code:
                carried.append((group.customer_id, group.matching_code))
        assert len(carried) == len(set(carried))

    def check_transfers(self) -> None:
        """Nothing is open on a transfer; what it brings is what it takes, between two accounts."""
        for transfer in self.rows(Transfer):
            debit, credit = (self.row(Item, key) for key in transfer.sides)
            accounts = transfer.from_customer_id, transfer.to_customer_id
            assert (debit.customer_id, credit.customer_id) == accounts
            assert transfer.from_customer_id != transfer.to_customer_id
            for item in (debit, credit):
                assert (item.open_cents, item.amount_cents) == (0, transfer.amount_cents)
            links = [link for link in self.live if link.transfer_id == transfer.transfer_id]
            undone = transfer.takes_back or transfer.taken_back_on
            paid = {(link.credit_item, link.debit_item, link.amount_cents) for link in links}
            if not undone:
                assert paid == {
                    (transfer.credit_item, debit.item, transfer.amount_cents),
                    (credit.item, transfer.debit_item, transfer.amount_cents),
                }

    def check_wishes(self) -> None:
        """What was asked between items that are both known is decided."""
        known = {item.item for item in self.rows(Item)}
        carriers = {row.document_id for row in self.rows(SaleDocument)}
        for wish in self.rows(AskedAllocation):
            both = {f"payment/{wish.payment_id}", f"document/{wish.document_id}"} <= known
            assert wish.decided or not both
            payment = f"payment/{wish.payment_id}" in known
            assert wish.decided or not (payment and wish.document_id in carriers)


def _parts(links: Iterable[tuple[str, str]]) -> list[set[str]]:
    parts: list[set[str]] = []
    for link in links:
        touched = [part for part in parts if part & set(link)]
        parts = [part for part in parts if part not in touched]
        parts.append(set(link).union(*touched))
    return parts
