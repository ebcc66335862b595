"""Reallocation: move what a payment settles to another document, in one decision (S4-12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.allocation import (
    AllocationIdTaken,
    AllocationIsFixed,
    check_fits,
)
from services.reconciliation.domain.holding import Holding
from services.reconciliation.domain.item import Allocation, Group, key_of, opened_group_id
from services.reconciliation.domain.needs import unlink_needs
from services.reconciliation.domain.sliding import arrange_sales, arranging_needs, documents_of
from services.reconciliation.domain.transfer import needs_of_carrying, transfers_of
from services.reconciliation.domain.work import Work
from shared.decider import Need, Picture, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.reconciliation import ItemRef
from shared.ids import derived_id
from shared.money import Money


class AllocationIsReleased(Refusal):
    """The allocation was released before."""


class UnknownRelease(Refusal):
    """No allocation to release has this identifier in this ledger."""

    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An allocation to make: this much of a credit item settles a debit item."""

    credit: ItemRef
    debit: ItemRef
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Reallocate:
    """Release some allocations and make others: all of it, or nothing."""

    reallocation_id: UUID
    releases: Sequence[UUID]
    moves: Sequence[Move]
    reason: str
    on: date
    request_sha256: str

    @property
    def allocation_ids(self) -> list[UUID]:
        """Return the names of the allocations it makes, one per move."""
        return [derived_id(self.reallocation_id, index) for index in range(len(self.moves))]

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the allocations to release and to make, then all items' groups whole."""
        named = [one(Allocation, key) for key in (*self.releases, *self.allocation_ids)]
        yield from named
        if picture.missing(named):
            return
        keys = [key_of(ref) for move in self.moves for ref in (move.credit, move.debit)]
        released = self._released(picture)
        keys += [key for known in released for key in (known.credit_item, known.debit_item)]
        yield from unlink_needs(picture, list(dict.fromkeys(keys)), transfers_of(released))
        paid = documents_of(picture, released)
        yield from arranging_needs(picture, paid, self.reallocation_id)
        for move in self.moves:
            credit, debit = key_of(move.credit), key_of(move.debit)
            yield one(Group, opened_group_id(self.reallocation_id, credit))
            yield from needs_of_carrying(picture, self.reallocation_id, [credit], [debit])

    def decide(self, picture: Picture) -> list[Event]:
        """Move once; the same request again changes nothing."""
        known = picture.find(Allocation, self.allocation_ids[0])
        if known:
            if known.request_sha256 != self.request_sha256:
                raise AllocationIdTaken(reallocation_id=self.reallocation_id)
            return []
        work = Work(picture)
        for allocation_id in self.releases:
            work.unlink(_releasable(picture, allocation_id), on=self.on, reason=self.reason)
        for allocation_id, move in zip(self.allocation_ids, self.moves, strict=True):
            credit, debit = work.item(key_of(move.credit)), work.item(key_of(move.debit))
            check_fits(picture, credit, debit, move.amount)
            work.link(
                allocation_id=allocation_id,
                within=self.reallocation_id,
                credit=credit.item,
                debit=debit.item,
                cents=move.amount.cents,
                on=self.on,
                origin="manual",
                reason=self.reason,
                request_sha256=self.request_sha256,
            )
        holding = Holding(picture, work, name=self.reallocation_id, on=self.on)
        arrange_sales(picture, holding, documents_of(picture, self._released(picture)))
        return work.finish()

    def _released(self, picture: Picture) -> list[Allocation]:
        found = (picture.find(Allocation, allocation_id) for allocation_id in self.releases)
        return [known for known in found if known]


def _releasable(picture: Picture, allocation_id: UUID) -> Allocation:
    allocation = picture.find(Allocation, allocation_id)
    if allocation is None:
        raise UnknownRelease(allocation_id=allocation_id)
    if allocation.released_on is not None:
        raise AllocationIsReleased(allocation_id=allocation_id, released_on=allocation.released_on)
    if allocation.origin == "taken_back":
        raise AllocationIsFixed(allocation_id=allocation_id)
    return allocation
