"""Settlement: what a customer owes, settled with what is available to them, in one decision.

The invariant: no item gives or takes more than is open on it, nor more than was asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.allocation import (
    AllocationIdTaken,
    MoreThanOpen,
    SidesDoNotMatch,
    check_fits,
)
from services.reconciliation.domain.customer import check_same_group, needs_of_group
from services.reconciliation.domain.holding import Holding
from services.reconciliation.domain.item import Allocation, Group, Item, key_of, opened_group_id
from services.reconciliation.domain.sale import Prepayment, SaleDocument
from services.reconciliation.domain.sliding import Sale, slide_needs
from services.reconciliation.domain.transfer import needs_of_carrying
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
        yield from (one(Prepayment, key) for key in self.allocation_ids)
        documents = [side.item.id for side in self.owed if side.item.kind == "document"]
        keys = [key_of(side.item) for side in (*self.owed, *self.available)]
        yield from slide_needs(picture, documents, [self.settlement_id], keys)
        for side in self.available:
            yield one(Group, opened_group_id(self.settlement_id, key_of(side.item)))
        yield from self._needs_of_others(picture)

    def _needs_of_others(self, picture: Picture) -> Iterable[Need]:
        """Name what settling another customer's debts reads, as far as both sides are known."""
        paying, owed = (
            [key_of(side.item) for side in sides] for sides in (self.available, self.owed)
        )
        yield from needs_of_carrying(picture, self.settlement_id, paying, owed)
        orders = [one(SaleDocument, side.item.id) for side in self.owed]
        items = [one(Item, key) for key in paying]
        if not picture.missing([*orders, *items]):
            known = [picture.find(need.row, need.value) for need in (*orders, *items)]
            found = [row for row in known if isinstance(row, Item | SaleDocument)]
            yield from needs_of_group(row.customer_id for row in found)

    def decide(self, picture: Picture) -> list[Event]:
        """Settle once; the same request again changes nothing."""
        known = picture.find(Allocation, self.allocation_ids[0]) or picture.find(
            Prepayment, self.allocation_ids[0]
        )
        if known:
            if known.request_sha256 != self.request_sha256:
                raise AllocationIdTaken(settlement_id=self.settlement_id)
            return []
        work = Work(picture)
        holding = Holding(picture, work, name=self.settlement_id, on=self.on)
        carriers = self._carriers(picture)
        giving = [self._wanted(work, side) for side in self.available]
        taking = [
            self._prepayable(holding, side, carriers[key_of(side.item)])
            if key_of(side.item) in carriers
            else self._wanted(work, side)
            for side in self.owed
        ]
        for key, (credit, debit, cents) in zip(
            self.allocation_ids, _pairs(giving, taking), strict=False
        ):
            if debit in carriers:
                self._hold(picture, holding, key, (credit, carriers[debit], cents))
                continue
            amount = Money(cents, work.item(credit).currency)
            check_fits(picture, work.item(credit), work.item(debit), amount)
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

    def _carriers(self, picture: Picture) -> dict[str, SaleDocument]:
        """Return the documents among what is owed that are only prepaid, such as orders."""
        named = [side.item for side in self.owed if side.item.kind == "document"]
        orders = [ref.id for ref in named if picture.find(Item, key_of(ref)) is None]
        found = (picture.find(SaleDocument, document_id) for document_id in orders)
        return {f"document/{document.document_id}": document for document in found if document}

    def _prepayable(self, holding: Holding, side: Side, document: SaleDocument) -> tuple[str, int]:
        if side.amount and side.amount.currency != document.currency:
            raise SidesDoNotMatch(item=key_of(side.item), currency=side.amount.currency)
        cents = side.amount.cents if side.amount else holding.room(document)
        return key_of(side.item), cents

    def _hold(
        self,
        picture: Picture,
        holding: Holding,
        prepayment_id: UUID,
        what: tuple[str, SaleDocument, int],
    ) -> None:
        """Hold part of a credit for a document that is not owed yet, as a payment would."""
        key, document, cents = what
        credit = holding.work.item(key)
        if (credit.side, credit.currency) != ("credit", document.currency):
            raise SidesDoNotMatch(credit=key, debit=f"document/{document.document_id}")
        check_same_group(picture, credit.customer_id, document.customer_id)
        maximum = min(credit.available_cents, holding.room(document))
        if not 0 < cents <= maximum:
            amounts = {"amount": cents, "maximum": maximum}
            raise MoreThanOpen(**{n: Money(c, credit.currency) for n, c in amounts.items()})
        holding.hold(
            prepayment_id=prepayment_id,
            credit=key,
            document=document,
            cents=cents,
            origin="manual",
            reason=self.reason,
            request_sha256=self.request_sha256,
        )
        Sale(picture, holding, document).arrange()

    def _wanted(self, work: Work, side: Side) -> tuple[str, int]:
        item = work.item(key_of(side.item))
        if side.amount and side.amount.currency != item.currency:
            raise SidesDoNotMatch(item=item.item, currency=side.amount.currency)
        return item.item, side.amount.cents if side.amount else item.available_cents


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
