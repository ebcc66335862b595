"""Settlement: what a customer owes, settled with what is available to them, in one decision.

The invariant: no item gives or takes more than is open on it, nor more than was asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.allocation import (
    AllocationIdTaken,
    SidesDoNotMatch,
    check_fits,
)
from services.reconciliation.domain.item import Allocation, Group, key_of, opened_group_id
from services.reconciliation.domain.needs import link_needs
from services.reconciliation.domain.work import Work
from shared.decider import Need, Picture, one
from shared.events import Event
from shared.events.reconciliation import ItemRef
from shared.ids import derived_id
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """An item of a settlement, and how much of it at most; none said is all that is open."""

    item: ItemRef
    amount: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleItems:
    """Give what is available to what is owed, both in the order named."""

    settlement_id: UUID
    owed: Sequence[Side]
    available: Sequence[Side]
    on: date
    reason: str | None = None
    request_sha256: str

    @property
    def allocation_ids(self) -> list[UUID]:
        """Return the names of the allocations it may make: fewer than there are items."""
        most = len(self.owed) + len(self.available) - 1
        return [derived_id(self.settlement_id, n) for n in range(most)]

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the allocations it may make, and the items with their groups."""
        yield from (one(Allocation, key) for key in self.allocation_ids)
        yield from link_needs(picture, [key_of(s.item) for s in (*self.owed, *self.available)])
        for side in self.available:
            yield one(Group, opened_group_id(self.settlement_id, key_of(side.item)))

    def decide(self, picture: Picture) -> list[Event]:
        """Settle once; the same request again changes nothing."""
        known = picture.find(Allocation, self.allocation_ids[0])
        if known:
            if known.request_sha256 != self.request_sha256:
                raise AllocationIdTaken(settlement_id=self.settlement_id)
            return []
        work = Work(picture)
        giving = [self._wanted(work, side) for side in self.available]
        taking = [self._wanted(work, side) for side in self.owed]
        for key, (credit, debit, cents) in zip(
            self.allocation_ids, _pairs(giving, taking), strict=False
        ):
            amount = Money(cents, work.item(credit).currency)
            check_fits(work.item(credit), work.item(debit), amount)
            work.link(
                allocation_id=key,
                within=self.settlement_id,
                credit=credit,
                debit=debit,
                cents=cents,
                on=self.on,
                origin="manual",
                reason=self.reason,
                request_sha256=self.request_sha256,
            )
        return work.finish()

    def _wanted(self, work: Work, side: Side) -> tuple[str, int]:
        item = work.item(key_of(side.item))
        if side.amount and side.amount.currency != item.currency:
            raise SidesDoNotMatch(item=item.item, currency=side.amount.currency)
        return item.item, side.amount.cents if side.amount else item.open_cents


def _pairs(
    available: Sequence[tuple[str, int]], owed: Sequence[tuple[str, int]]
) -> Iterable[tuple[str, str, int]]:
    """Yield which credit gives how many cents to which debit, until one side is used up."""
    giving, taking = list(available), list(owed)
    while giving and taking:
        (credit, left), (debit, due) = giving[0], taking[0]
        cents = min(left, due)
        yield credit, debit, cents
        giving[:1] = [(credit, left - cents)] if left > cents else []
        taking[:1] = [(debit, due - cents)] if due > cents else []
