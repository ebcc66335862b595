"""Matching (lettrage): join items that cancel out, by hand or as another system's file says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.allocation import SidesDoNotMatch
from services.reconciliation.domain.item import Group, Item, existing, key_of, opened_group_id
from services.reconciliation.domain.needs import link_needs
from services.reconciliation.domain.work import Work
from shared.decider import Need, Picture, Row, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.reconciliation import ItemRef, MatchingMade
from shared.ids import derived_id

# ── remembered ──────────────────────────────────────────────────────────────────


class Matching(Row, frozen=True):
    """A matching that was asked for, to answer a repeated request."""

    key = "matching_id"

    matching_id: UUID
    customer_id: UUID
    matched_on: date
    items: tuple[dict[str, str], ...]
    request_sha256: str
    position: int


# ── refused ─────────────────────────────────────────────────────────────────────


class MatchingIdTaken(Refusal):
    """This identifier already names a different matching."""


class NothingToMatch(Refusal):
    """What is open on these items is all on one side: nothing cancels out."""


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchItems:
    """Allocate the open credits of a set of items to its open debits, oldest first."""

    matching_id: UUID
    customer_id: UUID
    items: Sequence[ItemRef]
    on: date
    request_sha256: str

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the matching, and the items with their groups, also those it may open."""
        keys = [key_of(ref) for ref in self.items]
        yield one(Matching, self.matching_id)
        yield from link_needs(picture, keys)
        yield from (one(Group, opened_group_id(self.matching_id, key)) for key in keys)

    def decide(self, picture: Picture) -> list[Event]:
        """Match once; the items become one group, with a code if nothing stays open."""
        known = picture.find(Matching, self.matching_id)
        if known:
            if known.request_sha256 != self.request_sha256:
                raise MatchingIdTaken(matching_id=self.matching_id)
            return []
        items = [existing(picture, key_of(ref)) for ref in self.items]
        self._check(items)
        work = Work(picture)
        work.facts.append(
            MatchingMade(
                matching_id=self.matching_id,
                customer_id=self.customer_id,
                items=tuple(self.items),
                matched_on=self.on,
                request_sha256=self.request_sha256,
            )
        )
        self._allocate(work, items)
        work.groups.bond([item.item for item in items], name=self.matching_id, on=self.on)
        return work.finish()

    def _check(self, items: Sequence[Item]) -> None:
        currencies = {item.currency for item in items}
        if {item.customer_id for item in items} != {self.customer_id} or len(currencies) != 1:
            raise SidesDoNotMatch(customer_id=self.customer_id, currencies=sorted(currencies))
        sides = {item.side for item in items if item.available_cents > 0}
        if len(sides) == 1:
            raise NothingToMatch(open_sides=sorted(sides))

    def _allocate(self, work: Work, items: Sequence[Item]) -> None:
        """Walk credits and debits from the oldest, giving each to the next as far as it goes."""
        queues = {
            side: sorted(
                (item for item in items if item.side == side and item.available_cents > 0),
                key=lambda item: (item.item_on, item.item),
            )
            for side in ("credit", "debit")
        }
        given = 0
        while queues["credit"] and queues["debit"]:
            credit = work.item(queues["credit"][0].item)
            debit = work.item(queues["debit"][0].item)
            cents = min(credit.available_cents, debit.open_cents)
            work.link(
                allocation_id=derived_id(self.matching_id, given),
                within=self.matching_id,
                credit=credit.item,
                debit=debit.item,
                cents=cents,
                on=self.on,
                origin="matching",
            )
            given += 1
            for queue in queues.values():
                if work.item(queue[0].item).available_cents == 0:
                    queue.pop(0)
