"""Money given back: a refund that never was, and one that a digital payment's source made."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.holding import Holding
from services.reconciliation.domain.item import Allocation, Group, Item, opened_group_id
from services.reconciliation.domain.needs import unlink_needs
from services.reconciliation.domain.sliding import arrange_sales, arranging_needs, documents_of
from services.reconciliation.domain.transfer import transfers_of
from services.reconciliation.domain.work import Work
from shared.decider import Need, Picture, one, those
from shared.events import Event
from shared.ids import derived_id

_FIXED = ("taken_back", "refund")  # what money that moved the other way holds


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackRefund:
    """Open again what a refund closed, and close it against its reversal."""

    refund_id: UUID
    reversal_id: UUID
    on: date
    reason: str

    @property
    def _refund(self) -> str:
        return f"refund/{self.refund_id}"

    @property
    def _reversal(self) -> str:
        return f"taken_back/{self.reversal_id}"

    @property
    def _link_id(self) -> UUID:
        return derived_id(self.reversal_id, "taken back")

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the refund's links and groups whole, and the group that the reversal opens."""
        yield those(Allocation, "debit_item", self._refund)
        yield from unlink_needs(picture, [self._refund, self._reversal])
        yield one(Group, opened_group_id(self._link_id, self._reversal))

    def decide(self, picture: Picture) -> list[Event]:
        """Release, and join refund and reversal."""
        work = Work(picture)
        for allocation in picture.where(Allocation, "debit_item", self._refund):
            if allocation.released_on is None:
                work.unlink(allocation, on=self.on, reason=self.reason)
        work.link(
            allocation_id=self._link_id,
            credit=self._reversal,
            debit=self._refund,
            cents=work.item(self._refund).open_cents,
            on=self.on,
            origin="taken_back",
        )
        return work.finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeForSource:
    """Free what a digital payment paid, as far as its source gave it back, the latest first.

    The money is gone whatever it had paid: the documents are owed again.
    """

    refund_id: UUID
    payments: tuple[UUID, ...]
    on: date
    reason: str

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the refund, and the payments' links and groups whole."""
        yield one(Item, f"refund/{self.refund_id}")
        keys = [f"payment/{payment_id}" for payment_id in self.payments]
        links = [those(Allocation, "credit_item", key) for key in keys]
        yield from links
        loaded = [] if picture.missing(links) else keys
        made = [a for key in loaded for a in self._latest_first(picture, key)]
        yield from unlink_needs(picture, keys, transfers_of(made))
        yield from arranging_needs(picture, documents_of(picture, made), self.refund_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Release whole allocations until the refund fits; other money of the sale pays instead."""
        work, released = Work(picture), []
        refund = work.item(f"refund/{self.refund_id}")
        for payment_id in self.payments:
            for allocation in self._latest_first(picture, f"payment/{payment_id}"):
                if work.item(f"payment/{payment_id}").open_cents >= refund.open_cents:
                    break
                work.unlink(allocation, on=self.on, reason=self.reason)
                released.append(allocation)
        holding = Holding(picture, work, name=self.refund_id, on=self.on)
        arrange_sales(picture, holding, documents_of(picture, released))
        return work.finish()

    @staticmethod
    def _latest_first(picture: Picture, key: str) -> Iterator[Allocation]:
        made = picture.where(Allocation, "credit_item", key)
        for allocation in sorted(made, key=lambda a: a.position, reverse=True):
            if allocation.released_on is None and allocation.origin not in _FIXED:
                yield allocation
