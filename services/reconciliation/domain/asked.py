"""What a payment asks of documents (`applies_to`): given as far as it fits, or taken back.

Reconciliation decides with authority: it never allocates more than either side has, and
says so (`AllocationShortfall`) where a payment asked for more. A discount is accepted beside
what is allocated, as far as something is open then, and never alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.reconciliation.domain.allocation import compatible
from services.reconciliation.domain.customer import needs_of_group, same_group
from services.reconciliation.domain.holding import Holding
from services.reconciliation.domain.item import Allocation, Group, Item, opened_group_id
from services.reconciliation.domain.needs import unlink_needs
from services.reconciliation.domain.parts import DISCOUNT, Accepted, named, needs_of_accepting
from services.reconciliation.domain.sale import Prepayment, SaleDocument
from services.reconciliation.domain.sliding import (
    Sale,
    arrange_sales,
    arranging_needs,
    documents_of,
    slide_needs,
)
from services.reconciliation.domain.transfer import needs_of_carrying, transfers_of
from services.reconciliation.domain.work import Work
from shared.decider import Need, Picture, Row, fresh, one, those
from shared.events import Event
from shared.events.reconciliation import AllocationDifference
from shared.events.shortfalls import AllocationShortfall
from shared.ids import derived_id
from shared.money import Money

# ── remembered ──────────────────────────────────────────────────────────────────


class AskedAllocation(Row, frozen=True):
    """What a payment asks of a document, until it is decided; amounts in cents."""

    key = "asked"

    asked: str  # payment id/document id
    payment_id: UUID
    document_id: UUID
    rank: int
    amount_cents: int
    currency: str
    decided: bool
    discount_cents: int = 0  # to be accepted beside it


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateAsked:
    """Give a payment that was just recorded to the documents it asks for."""

    payment_id: UUID
    documents: tuple[UUID, ...]

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name what is asked, payment and documents, and the groups that this may open.

        While the payment is not here, no group can be named after it.
        """
        payment = f"payment/{self.payment_id}"
        asked = [one(AskedAllocation, key) for key in self._asked()]
        yield from asked
        wishes = [] if picture.missing(asked) else self._wishes(picture)
        keys = [payment, *(f"document/{d}" for d in self.documents)]
        names = [_name(self.payment_id, document) for document in self.documents]
        accepted_cents = sum(wish.discount_cents for wish in wishes)
        yield from slide_needs(picture, self.documents, names, keys, accepted_cents)
        yield from _needs_of_discounts(wishes)
        known = not picture.missing([one(Item, payment)]) and picture.find(Item, payment)
        for document in self.documents:
            group = opened_group_id(_name(self.payment_id, document), payment)
            yield one(Group, group) if known else fresh(Group, group)
            yield from _needs_of_another(picture, self.payment_id, document)

    def decide(self, picture: Picture) -> list[Event]:
        """Allocate what fits, in the order the payer gave; say where it is less than asked."""
        return _allocate(picture, self._wishes(picture))

    def _wishes(self, picture: Picture) -> list[AskedAllocation]:
        found = (picture.find(AskedAllocation, key) for key in self._asked())
        return [wish for wish in found if wish]

    def _asked(self) -> list[str]:
        return [f"{self.payment_id}/{document}" for document in self.documents]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateWaiting:
    """Give a document that was just validated what payments asked for it before."""

    document_id: UUID

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name what was asked, then the items."""
        asked = those(AskedAllocation, "document_id", self.document_id)
        yield asked
        yield one(SaleDocument, self.document_id)
        if picture.missing([asked]):
            return
        wishes = [wish for wish in self._wishes(picture) if not wish.decided]
        if wishes:
            keys = list(dict.fromkeys(key for wish in wishes for key in _keys(wish)))
            names = [_name(wish.payment_id, wish.document_id) for wish in wishes]
            accepted_cents = sum(wish.discount_cents for wish in wishes)
            yield from slide_needs(picture, [self.document_id], names, keys, accepted_cents)
            yield from _needs_of_discounts(wishes)
            for wish, name in zip(wishes, names, strict=True):
                yield one(Group, opened_group_id(name, _keys(wish)[0]))
                yield from _needs_of_another(picture, wish.payment_id, wish.document_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Allocate what fits, payment after payment; say where it is less than asked."""
        return _allocate(picture, self._wishes(picture))

    def _wishes(self, picture: Picture) -> list[AskedAllocation]:
        return picture.where(AskedAllocation, "document_id", self.document_id)


def _allocate(picture: Picture, wishes: Iterable[AskedAllocation]) -> list[Event]:
    work = Work(picture)
    before: dict[UUID, Prepayment] = {}
    waiting = (wish for wish in wishes if not wish.decided)
    for wish in sorted(waiting, key=lambda wish: (wish.payment_id, wish.rank)):
        payment, document = (picture.find(Item, key) for key in _keys(wish))
        if payment and document:
            _give(picture, work, wish)
        elif payment and (carrier := picture.find(SaleDocument, wish.document_id)):
            _hold(picture, work, wish, carrier, before)
    return work.finish()


def _hold(
    picture: Picture,
    work: Work,
    wish: AskedAllocation,
    document: SaleDocument,
    before: dict[UUID, Prepayment],
) -> None:
    """Hold what fits for a document that is not owed, and let it slide where it belongs.

    `before` is what wishes decided with this one hold already, and is given what this one does.
    """
    credit = work.item(_keys(wish)[0])
    name = _name(wish.payment_id, wish.document_id)
    on = max(credit.item_on, document.issued_on)
    holding = Holding(picture, work, name=name, on=on, before=before)
    sale = Sale(picture, holding, document)
    room = min(document.total_cents, holding.room(document) + sale.owed_below(document))
    fits = min(wish.amount_cents, credit.available_cents, room)
    fits_group = same_group(picture, credit.customer_id, document.customer_id)
    if not fits_group or credit.currency != document.currency:
        fits = 0
    if fits:
        held: Any = {"credit": credit.item, "document": document, "cents": fits}
        holding.hold(prepayment_id=name, origin="applies_to", **held)
        sale.arrange()
    _say_short(work, wish, fits)


def _keys(wish: AskedAllocation) -> tuple[str, str]:
    return f"payment/{wish.payment_id}", f"document/{wish.document_id}"


def _name(payment_id: UUID, document_id: UUID) -> UUID:
    return derived_id(payment_id, "pays", document_id)


def _discount(wish: AskedAllocation, cents: int) -> tuple[AllocationDifference, ...]:
    if not cents:
        return ()
    amount = Money(cents, wish.currency)
    accepted = Accepted(code="discount", amount=amount, account=None, reason=DISCOUNT)
    return named(_name(wish.payment_id, wish.document_id), [accepted])


def _needs_of_discounts(wishes: Iterable[AskedAllocation]) -> Iterator[Need]:
    for wish in wishes:
        yield from needs_of_accepting(_discount(wish, wish.discount_cents))


def _needs_of_another(picture: Picture, payment_id: UUID, document_id: UUID) -> Iterator[Need]:
    """Name what paying for another customer reads, once payment and document are known."""
    payment, debit = f"payment/{payment_id}", f"document/{document_id}"
    yield from needs_of_carrying(picture, _name(payment_id, document_id), [payment], [debit])
    paying, carrier = one(Item, payment), one(SaleDocument, document_id)
    if not picture.missing([paying, carrier]):
        item, document = picture.find(Item, payment), picture.find(SaleDocument, document_id)
        if item and document:
            yield from needs_of_group([item.customer_id, document.customer_id])


def _give(picture: Picture, work: Work, wish: AskedAllocation) -> None:
    credit, debit = (work.item(key) for key in _keys(wish))
    fits = min(wish.amount_cents, credit.available_cents, debit.open_cents)
    if not compatible(picture, credit, debit):  # asked for before the document was validated
        fits = 0
    discount = min(wish.discount_cents, debit.open_cents - fits) if fits else 0
    if fits:
        work.link(
            allocation_id=_name(wish.payment_id, wish.document_id),
            credit=credit.item,
            debit=debit.item,
            cents=fits,
            on=max(credit.item_on, debit.item_on),
            origin="applies_to",
            differences=_discount(wish, discount),
        )
    _say_short(work, wish, fits, discount)


def _say_short(work: Work, wish: AskedAllocation, fits: int, discount: int = 0) -> None:
    """Say what did not fit, in cents, where it was not all."""
    if (fits, discount) == (wish.amount_cents, wish.discount_cents):
        return

    def money(cents: int) -> Money:
        return Money(cents, wish.currency)

    work.facts.append(
        AllocationShortfall(
            payment_id=wish.payment_id,
            document_id=wish.document_id,
            asked=money(wish.amount_cents),
            allocated=money(fits),
            discount_asked=money(wish.discount_cents) if wish.discount_cents else None,
            discount=money(discount) if wish.discount_cents else None,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Money that never came pays nothing: release what it paid, close it against its reversal."""

    payment_id: UUID
    on: date
    reason: str

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the payment's links and groups whole, and what it asked for."""
        yield those(AskedAllocation, "payment_id", self.payment_id)
        yield those(Prepayment, "credit_item", f"payment/{self.payment_id}")
        keys = [f"payment/{self.payment_id}", f"taken_back/{self.payment_id}"]
        links = those(Allocation, "credit_item", keys[0])
        yield links
        loaded = not picture.missing([links])
        made = picture.where(Allocation, "credit_item", keys[0]) if loaded else []
        yield from unlink_needs(picture, keys, transfers_of(made))
        yield one(Group, opened_group_id(self._link_id, keys[0]))
        live = self._live(picture) if loaded else []
        yield from arranging_needs(picture, documents_of(picture, live), self.payment_id)

    @property
    def _link_id(self) -> UUID:
        return derived_id(self.payment_id, "taken back")

    def decide(self, picture: Picture) -> list[Event]:
        """Release, drop what was still asked, and join payment and reversal.

        What it paid is paid with other money that is held in that sale.
        """
        work = Work(picture)
        key = f"payment/{self.payment_id}"
        for wish in picture.where(AskedAllocation, "payment_id", self.payment_id):
            if not wish.decided:
                _say_short(work, wish, 0)
        holding = Holding(picture, work, name=self.payment_id, on=self.on)
        for prepayment in holding.kept_of(key):
            holding.free(prepayment, prepayment.left_cents, "taken-back")
        released = self._live(picture)
        for allocation in released:
            work.unlink(allocation, on=self.on, reason=self.reason)
        payment = work.item(key)
        work.link(
            allocation_id=self._link_id,
            credit=key,
            debit=f"taken_back/{self.payment_id}",
            cents=payment.open_cents,
            on=self.on,
            origin="taken_back",
        )
        arrange_sales(picture, holding, documents_of(picture, released))
        return work.finish()

    def _live(self, picture: Picture) -> list[Allocation]:
        made = picture.where(Allocation, "credit_item", f"payment/{self.payment_id}")
        return [allocation for allocation in made if allocation.released_on is None]
