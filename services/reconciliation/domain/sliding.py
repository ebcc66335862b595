"""Prepayments slide: from quote to order to delivery note to invoice, and back up again.

They go down when what follows is validated, and up when it is cancelled, drawn up anew for less
or undone by a credit note; where nothing is left to carry them they are the customer's credit.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.reconciliation.domain.holding import Holding
from services.reconciliation.domain.item import Allocation, Group, Item, opened_group_id
from services.reconciliation.domain.needs import link_needs, unlink_needs
from services.reconciliation.domain.sale import (
    Prepayment,
    SaleDocument,
    items_of_sales,
    sale_needs,
)
from services.reconciliation.domain.transfer import keys_of, transfers_of
from services.reconciliation.domain.work import Work
from shared.decider import Need, Picture, one, those
from shared.events import Event
from shared.ids import derived_id


class Sale:
    """The documents of one sale, and where the money held for them goes."""

    def __init__(self, picture: Picture, holding: Holding, document: SaleDocument) -> None:
        self._holding = holding
        rows = picture.where(SaleDocument, "sale_id", document.sale_id)
        self._documents = {row.document_id: row for row in rows}

    def above(self, document: SaleDocument) -> Iterator[SaleDocument]:
        """Yield what a document comes from, nearest first."""
        while document.takes_over and (found := self._documents.get(document.takes_over)):
            document = found
            yield document

    def below(self, document: SaleDocument) -> list[SaleDocument]:
        """Return what was validated on the way down from a document: the furthest first."""
        depths = {
            other.document_id: depth
            for other in self._documents.values()
            for depth, passed in enumerate(self.above(other))
            if passed.document_id == document.document_id
        }
        found = [self._documents[key] for key in depths]
        return sorted(
            (other for other in found if other.document_status == "validated"),
            key=lambda other: (-depths[other.document_id], other.position),
        )

    def owed_below(self, document: SaleDocument) -> int:
        """Return what is open on invoices that a document's money goes on to."""
        owed = [other for other in self.below(document) if other.owed]
        return sum(self._item(invoice).open_cents for invoice in owed)

    def arrange(self) -> None:
        """Let money go where it belongs now: out of what was cancelled, down, or up again."""
        documents = sorted(self._documents.values(), key=lambda d: (d.position, d.document_id))
        for document in documents:
            if document.document_status == "cancelled":
                self._give_up(document, "document-cancelled")
        for document in documents:
            for prepayment in self._holding.kept_for(document.document_id):
                self._slide(prepayment, document)
        for document in reversed(documents):
            self._give_up(document, "no-room")

    def carry(self, allocation: Allocation, documents: Iterable[SaleDocument], most: int) -> int:
        """Hold what an allocation settled for documents that have room again; return how much."""
        given = 0
        for document in documents:
            cents = min(most - given, self._holding.room(document))
            if cents > 0:
                self._holding.hold(
                    prepayment_id=derived_id(allocation.allocation_id, "back", given),
                    credit=allocation.paid_with,
                    document=document,
                    cents=cents,
                    origin="slid",
                    slid_from=allocation.allocation_id,
                )
                given += cents
        return given

    def _slide(self, prepayment: Prepayment, document: SaleDocument) -> None:
        if document.owed:  # it was a draft until now
            prepayment = self._holding.pay(prepayment, self._item(document))
        for other in self.below(document):
            if not prepayment.left_cents:
                return
            if other.owed:
                prepayment = self._holding.pay(prepayment, self._item(other))
            else:
                prepayment = self._holding.move(prepayment, other, "slides")

    def _give_up(self, document: SaleDocument, reason: str) -> None:
        """Move up what a document may not carry; free what nothing above it has room for."""
        kept = self._holding.kept_for(document.document_id)
        excess = sum(prepayment.left_cents for prepayment in kept) - document.capacity_cents
        for prepayment in reversed(kept):
            cents = min(excess, prepayment.left_cents)
            if cents <= 0:
                return
            excess -= cents
            left = prepayment
            for above in self.above(document):
                most = cents - (prepayment.left_cents - left.left_cents)
                left = self._holding.move(left, above, reason, most)
            rest = cents - (prepayment.left_cents - left.left_cents)
            if rest:
                self._holding.free(left, rest, reason)

    def _item(self, document: SaleDocument) -> Item:
        return self._holding.work.item(f"document/{document.document_id}")


def slide_needs(
    picture: Picture,
    documents: Sequence[UUID],
    names: Sequence[UUID],
    keys: Sequence[str] = (),
    accepted_cents: int = 0,
) -> Iterator[Need]:
    """Name what linking items reads, and what money for these documents may slide to.

    That is the sales of those that are not known to be owed, and the groups that are opened
    under these names.
    """
    owed = [one(Item, f"document/{document_id}") for document_id in documents]
    yield from owed
    if picture.missing(owed):
        yield from link_needs(picture, keys, accepted_cents)
        return
    carriers = [d for d, need in zip(documents, owed, strict=True) if _is_none(picture, need)]
    yield from sale_needs(picture, carriers)
    in_sales = items_of_sales(picture, carriers)
    joined = list(dict.fromkeys([*keys, *in_sales]))
    yield from link_needs(picture, joined, accepted_cents)
    if in_sales:
        yield from (one(Group, opened_group_id(name, key)) for name in names for key in joined)


def _is_none(picture: Picture, need: Need) -> bool:
    return picture.find(Item, need.value) is None


def arranging_needs(
    picture: Picture,
    documents: Sequence[UUID],
    name: UUID,
    needs_of_items: Callable[[Picture, Sequence[str]], Iterable[Need]] = unlink_needs,
) -> Iterator[Need]:
    """Name the sales of these documents, and what money held in them may join.

    Their groups are whole unless it is said otherwise: what opens a document again splits groups.
    """
    yield from sale_needs(picture, documents)
    if keys := items_of_sales(picture, documents):
        yield from needs_of_items(picture, keys)
        yield from (one(Group, opened_group_id(name, key)) for key in keys)


def arrange_sales(picture: Picture, holding: Holding, documents: Iterable[UUID]) -> None:
    """Let money go where it belongs in the sales of these documents, where they are of any."""
    for document_id in documents:
        if document := picture.find(SaleDocument, document_id):
            Sale(picture, holding, document).arrange()


def documents_of(picture: Picture, allocations: Iterable[Allocation]) -> list[UUID]:
    """Return the documents that these allocations settle, which a release opens again.

    Those of a transfer settle what it settles, once it is loaded.
    """
    made = list(allocations)
    keys = [*(link.debit_item for link in made), *keys_of(picture, transfers_of(made))]
    kind = "document/"
    return [UUID(key.removeprefix(kind)) for key in dict.fromkeys(keys) if key.startswith(kind)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangeSale:
    """Let prepayments follow what just became of a document."""

    document_id: UUID
    name: UUID  # what made it necessary
    on: date

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the sale, and what money held in it may join."""
        return arranging_needs(picture, [self.document_id], self.name, link_needs)

    def decide(self, picture: Picture) -> list[Event]:
        """Arrange the sale; nothing changes where no money is held for it."""
        work = Work(picture)
        holding = Holding(picture, work, name=self.name, on=self.on)
        arrange_sales(picture, holding, [self.document_id])
        return work.finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPrepayments:
    """Give prepayments back to what an invoice comes from, as far as a credit note undoes it."""

    note_id: UUID
    invoice_id: UUID
    takes_over: UUID
    name: UUID
    on: date

    @property
    def _keys(self) -> tuple[str, str]:
        return f"document/{self.note_id}", f"document/{self.invoice_id}"

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name both items, the sale, and the invoice's links with their groups whole."""
        links = those(Allocation, "debit_item", self._keys[1])
        yield links
        yield from sale_needs(picture, [self.takes_over])
        prepaid = [] if picture.missing([links]) else self._prepaid(picture)
        keys = [*self._keys, *(link.paid_with for link in prepaid)]
        keys += [link.credit_item for link in prepaid]
        yield from unlink_needs(picture, list(dict.fromkeys(keys)), transfers_of(prepaid))
        yield from (one(Group, opened_group_id(self.name, key)) for key in keys)

    def decide(self, picture: Picture) -> list[Event]:
        """Settle the invoice with the note, and hold the money for what has room again."""
        document = picture.find(SaleDocument, self.takes_over)
        note, invoice = (picture.find(Item, key) for key in self._keys)
        if not (document and note and invoice):
            return []
        work = Work(picture)
        holding = Holding(picture, work, name=self.name, on=self.on)
        sale = Sale(picture, holding, document)
        carriers = [document, *sale.above(document)]
        for allocation in self._prepaid(picture):
            room = sum(holding.room(carrier) for carrier in carriers)
            cents = min(work.item(note.item).open_cents, allocation.amount_cents, room)
            if cents <= 0:
                break
            self._give_back(work, allocation, cents)
            sale.carry(allocation, carriers, cents)
        return work.finish()

    def _give_back(self, work: Work, allocation: Allocation, cents: int) -> None:
        """Release so much of an allocation, and let the credit note settle that instead."""
        within: Any = {"within": self.name, "on": self.on, "debit": self._keys[1]}
        work.unlink(allocation, on=self.on, reason="credit-note")
        if rest := allocation.amount_cents - cents:
            work.link(
                allocation_id=derived_id(allocation.allocation_id, "rest", rest),
                credit=allocation.paid_with,
                cents=rest,
                origin="applies_to",
                prepayment_id=allocation.prepayment_id,
                **within,
            )
        work.link(
            allocation_id=derived_id(self.note_id, "instead of", allocation.allocation_id),
            credit=self._keys[0],
            cents=cents,
            origin="correction",
            **within,
        )

    def _prepaid(self, picture: Picture) -> list[Allocation]:
        """Return the allocations that were prepayments, latest first."""
        links = picture.where(Allocation, "debit_item", self._keys[1])
        found = [link for link in links if link.prepayment_id and link.released_on is None]
        return sorted(found, key=lambda link: -link.position)
