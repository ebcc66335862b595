"""Sales, as prepayments see them: quote, order, delivery note, drafts and what takes them over.

Money is held for a document that is not owed yet, never more than its **room**: its total, less
what documents that follow took over, less what is held for it already.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from services.reconciliation.domain.item import Item, key_of
from shared.decider import Need, Picture, Row, one, those
from shared.events.reconciliation import PrepaymentHeld
from shared.money import Money


class SaleDocument(Row, frozen=True):
    """A document of a sale; amounts in cents. A sale is named after what it began with."""

    key = "document_id"

    document_id: UUID
    sale_id: UUID
    kind: str
    number: str
    customer_id: UUID
    issued_on: date
    currency: str
    total_cents: int
    passed_on_cents: int
    takes_over: UUID | None
    document_status: str  # draft, validated, cancelled
    position: int

    @property
    def owed(self) -> bool:
        """Say whether it is an invoice that somebody owes: an item of its own."""
        return self.document_status == "validated" and self.kind == "invoice"

    @property
    def capacity_cents(self) -> int:
        """Return how much may be held for it."""
        if self.document_status == "cancelled" or self.owed or self.kind == "credit_note":
            return 0
        return max(0, self.total_cents - self.passed_on_cents)


class Prepayment(Row, frozen=True):
    """Part of a credit item that is held for a document, less what was freed of it since."""

    key = "prepayment_id"

    prepayment_id: UUID
    customer_id: UUID
    credit_item: str
    document_id: UUID
    amount_cents: int
    freed_cents: int
    currency: str
    held_on: date
    freed_on: date | None
    request_sha256: str | None
    position: int

    @property
    def left_cents(self) -> int:
        """Return what of it is still held."""
        return self.amount_cents - self.freed_cents

    @property
    def left(self) -> Money:
        """Return what of it is still held, as money."""
        return Money(self.left_cents, self.currency)


def prepayment_of(ledger: str, fact: PrepaymentHeld, position: int) -> Prepayment:
    """Return the row of a prepayment that was just held."""
    return Prepayment(
        ledger=ledger,
        prepayment_id=fact.prepayment_id,
        customer_id=fact.customer_id,
        credit_item=key_of(fact.credit),
        document_id=fact.document_id,
        amount_cents=fact.amount.cents,
        freed_cents=0,
        currency=fact.amount.currency,
        held_on=fact.held_on,
        freed_on=None,
        request_sha256=fact.request_sha256,
        position=position,
    )


def sale_needs(picture: Picture, document_ids: Iterable[UUID]) -> Iterator[Need]:
    """Name the sales of documents whole: what belongs to them, is owed and is held for them."""
    named = [one(SaleDocument, document_id) for document_id in document_ids]
    yield from named
    if picture.missing(named):
        return
    found = [picture.find(SaleDocument, need.value) for need in named]
    sales = [those(SaleDocument, "sale_id", sale) for sale in {d.sale_id for d in found if d}]
    yield from sales
    if picture.missing(sales):
        return
    for need in sales:
        for document in picture.where(SaleDocument, "sale_id", need.value):
            yield those(Prepayment, "document_id", document.document_id)
            if document.owed:
                yield one(Item, f"document/{document.document_id}")


def items_of_sales(picture: Picture, document_ids: Iterable[UUID]) -> list[str]:
    """Return the items that money held in these sales may join; none until that is loaded."""
    needs = list(sale_needs(picture, document_ids))
    if picture.missing(needs):
        return []
    held = [
        prepayment.credit_item
        for need in needs
        if need.row is Prepayment
        for prepayment in picture.where(Prepayment, need.column, need.value)
        if prepayment.left_cents
    ]
    owed = [str(need.value) for need in needs if need.row is Item]
    return list(dict.fromkeys([*held, *owed]))
