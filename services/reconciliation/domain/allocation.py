"""Allocations (imputations): made by hand, released, or as far as two items fit.

What payments ask for is in `asked`, what cancels out in `matching`. No allocation is of
more than is open on either side.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.customer import check_same_group, same_group
from services.reconciliation.domain.holding import Holding
from services.reconciliation.domain.item import (
    Allocation,
    Group,
    Item,
    existing,
    key_of,
    opened_group_id,
)
from services.reconciliation.domain.needs import link_needs, unlink_needs
from services.reconciliation.domain.parts import Accepted, named, needs_of_accepting
from services.reconciliation.domain.sale import Prepayment
from services.reconciliation.domain.sliding import arrange_sales, arranging_needs, documents_of
from services.reconciliation.domain.transfer import needs_of_carrying, transfers_of
from services.reconciliation.domain.work import Work
from shared.decider import Need, Picture, one, those
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.reconciliation import AllocationDifference, ItemRef
from shared.events.shortfalls import RefundShortfall
from shared.money import Money

# ── refused ─────────────────────────────────────────────────────────────────────


class AllocationIdTaken(Refusal):
    """This identifier already names a different allocation."""


class UnknownAllocation(NotFound):
    """No allocation has this identifier in this ledger."""


class SidesDoNotMatch(Refusal):
    """An allocation joins a credit and a debit of one currency; a matching, of one customer too."""

    status = 422


class MoreThanOpen(Refusal):
    """More than is open on one of the two items."""


class AllocationIsFixed(Refusal):
    """The link between a payment and what took it back is not released."""


# ── asked and decided ───────────────────────────────────────────────────────────


def compatible(picture: Picture, credit: Item, debit: Item) -> bool:
    """Say whether one can settle the other: sides, currency and customers' group fit."""
    return _sides_fit(credit, debit) and same_group(picture, credit.customer_id, debit.customer_id)


def _sides_fit(credit: Item, debit: Item) -> bool:
    sides = credit.side, debit.side
    return sides == ("credit", "debit") and credit.currency == debit.currency


def fitting(credit: Item, debit: Item, asked: Money | None, *, refunds: bool) -> int:
    """Return how many cents of one settle the other; none of another customer's, or of its side.

    A refund gives back what is held for a document, too.
    """
    if not _sides_fit(credit, debit) or credit.customer_id != debit.customer_id:
        return 0
    given = credit.open_cents if refunds else credit.available_cents
    fits = max(0, min(given, debit.open_cents))
    return min(fits, asked.cents) if asked else fits


def refund_short(credit: Item, debit: Item, asked: Money, cents: int) -> list[Event]:
    """Return the word that a refund gives back less than was asked, if it does."""
    if cents >= asked.cents:
        return []
    return [
        RefundShortfall(
            refund_id=debit.item_id,
            given_back=credit.ref,
            asked=asked,
            allocated=Money(cents, asked.currency),
        )
    ]


def check_fits(picture: Picture, credit: Item, debit: Item, amount: Money) -> None:
    """Refuse an allocation of sides that don't fit, or of more than is open on either."""
    if not _sides_fit(credit, debit) or credit.currency != amount.currency:
        raise SidesDoNotMatch(credit=credit.item, debit=debit.item)
    check_same_group(picture, credit.customer_id, debit.customer_id)
    maximum = min(credit.available_cents, debit.open_cents)
    if not 0 < amount.cents <= maximum:
        raise MoreThanOpen(amount=amount, maximum=Money(maximum, credit.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateByHand:
    """Allocate an amount of a credit item to a debit item."""

    allocation_id: UUID
    credit: ItemRef
    debit: ItemRef
    amount: Money
    on: date
    reason: str | None = None
    accepted: Sequence[Accepted] = ()
    request_sha256: str

    @property
    def _differences(self) -> tuple[AllocationDifference, ...]:
        return named(self.allocation_id, self.accepted)

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the allocation, both items and their groups, and what is made of differences."""
        yield from needs_of_accepting(self._differences)
        credit = key_of(self.credit)
        yield one(Allocation, self.allocation_id)
        debit = key_of(self.debit)
        yield one(Group, opened_group_id(self.allocation_id, credit))
        yield from needs_of_carrying(picture, self.allocation_id, [credit], [debit])
        accepted_cents = sum(each.amount.cents for each in self.accepted)
        yield from link_needs(picture, (credit, debit), accepted_cents)

    def decide(self, picture: Picture) -> list[Event]:
        """Allocate once; the same request again changes nothing."""
        known = picture.find(Allocation, self.allocation_id)
        if known:
            if known.request_sha256 != self.request_sha256:
                raise AllocationIdTaken(allocation_id=self.allocation_id)
            return []
        credit = existing(picture, key_of(self.credit))
        debit = existing(picture, key_of(self.debit))
        self._check(picture, credit, debit)
        work = Work(picture)
        work.link(
            allocation_id=self.allocation_id,
            credit=credit.item,
            debit=debit.item,
            cents=self.amount.cents,
            on=self.on,
            origin="manual",
            reason=self.reason,
            request_sha256=self.request_sha256,
            differences=self._differences,
        )
        return work.finish()

    def _check(self, picture: Picture, credit: Item, debit: Item) -> None:
        """Refuse parts that are together more than is open on the debit item (S4-13)."""
        check_fits(picture, credit, debit, self.amount)
        parts = [each.amount for each in self.accepted]
        if any(part.currency != debit.currency for part in parts):
            raise SidesDoNotMatch(credit=credit.item, debit=debit.item)
        whole = self.amount.cents + sum(part.cents for part in parts)
        if whole > debit.open_cents or any(part.cents <= 0 for part in parts):
            maximum = Money(debit.open_cents, debit.currency)
            raise MoreThanOpen(amount=Money(whole, debit.currency), maximum=maximum)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAllocation:
    """Undo an allocation; both sides are open again."""

    allocation_id: UUID
    reason: str
    on: date

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the allocation, then its items' groups whole."""
        allocation = one(Allocation, self.allocation_id)
        yield allocation
        if not picture.missing([allocation]):
            known = picture.find(Allocation, self.allocation_id)
            if known and known.released_on is None:
                keys = known.credit_item, known.debit_item
                yield from unlink_needs(picture, keys, transfers_of([known]))
                paid = documents_of(picture, [known])
                yield from arranging_needs(picture, paid, self.allocation_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Release once; asking again changes nothing.

        What it paid is paid with what else is held in that sale, but not with what was released.
        """
        known = picture.find(Allocation, self.allocation_id)
        if known is None:
            raise UnknownAllocation(allocation_id=self.allocation_id)
        if known.released_on is not None:
            return []
        if known.origin == "taken_back":
            raise AllocationIsFixed(allocation_id=self.allocation_id)
        work = Work(picture)
        work.unlink(known, on=self.on, reason=self.reason)
        holding = Holding(picture, work, name=self.allocation_id, on=self.on)
        arrange_sales(picture, holding, documents_of(picture, [known]))
        return work.finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateWhatFits:
    """Join a credit and a debit item as far as both are open (credit note, refund).

    Of a refund it says where that is less than asked (`RefundShortfall`).
    """

    allocation_id: UUID
    credit: str
    debit: str
    origin: str
    amount: Money | None = None  # no more than this

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name both items and their groups, also the one it may open."""
        yield from link_needs(picture, (self.credit, self.debit))
        yield one(Group, opened_group_id(self.allocation_id, self.credit))
        if self.origin == "refund":
            yield those(Prepayment, "credit_item", self.credit)

    def decide(self, picture: Picture) -> list[Event]:
        """Allocate what fits; nothing if a side is unknown here, closed, or another customer's."""
        credit, debit = picture.find(Item, self.credit), picture.find(Item, self.debit)
        if credit is None or debit is None:
            return []
        work, refunds = Work(picture), self.origin == "refund"
        fits = fitting(credit, debit, self.amount, refunds=refunds)
        if fits:
            if refunds:
                self._free(picture, work, fits - credit.available_cents)
            work.link(
                allocation_id=self.allocation_id,
                credit=self.credit,
                debit=self.debit,
                cents=fits,
                on=max(credit.item_on, debit.item_on),
                origin="refund" if refunds else "correction",
            )
        facts = work.finish()
        if refunds and self.amount:
            facts += refund_short(credit, debit, self.amount, fits)
        return facts

    def _free(self, picture: Picture, work: Work, cents: int) -> None:
        """Free what is given back of what was held, latest first: it is kept for nothing now."""
        debit = work.item(self.debit)
        holding = Holding(picture, work, name=self.allocation_id, on=debit.item_on)
        for prepayment in reversed(holding.kept_of(self.credit)):
            if cents <= 0:
                return
            freed = min(cents, prepayment.left_cents)
            holding.free(prepayment, freed, "refunded")
            cents -= freed
