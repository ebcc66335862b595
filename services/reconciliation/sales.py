"""What facts of invoicing do to sales: which documents may carry a prepayment, and how much."""

from collections.abc import Iterator
from uuid import UUID

from msgspec.structs import replace

from services.reconciliation.domain.sale import SaleDocument
from services.reconciliation.projections import PROJECTION
from shared.decider import Need, Picture, one
from shared.events.invoicing import (
    DocumentCancelled,
    DocumentDrafted,
    DocumentValidated,
    OrderDocumentValidated,
)
from shared.seal import Entry

Content = DocumentDrafted | OrderDocumentValidated | DocumentValidated


def needs_of_sale(fact: Content | DocumentCancelled) -> Iterator[Need]:
    """Name the document, and the one whose amount it takes over or gives back."""
    yield one(SaleDocument, fact.document_id)
    if fact.takes_over:
        yield one(SaleDocument, fact.takes_over)


@PROJECTION.on(DocumentDrafted, needs_of_sale)
def keep_draft(picture: Picture, entry: Entry, fact: DocumentDrafted) -> None:
    """A draft may carry a prepayment, as any order document."""
    _keep(picture, entry, fact, "draft")


@PROJECTION.on(OrderDocumentValidated, needs_of_sale)
def keep_order_document(picture: Picture, entry: Entry, fact: OrderDocumentValidated) -> None:
    """Keep a quote, order or delivery note; what it takes over has less to carry."""
    _keep(picture, entry, fact, "validated")
    _pass_on(picture, fact.takes_over, fact.total.cents)


def keep_invoice(picture: Picture, entry: Entry, fact: DocumentValidated) -> None:
    """Keep a document that is owed, if it is of a sale or was a draft; a credit note gives back."""
    _pass_on(picture, fact.takes_over, fact.taken_over_cents)
    if fact.takes_over or picture.find(SaleDocument, fact.document_id):
        _keep(picture, entry, fact, "validated")


@PROJECTION.on(DocumentCancelled, needs_of_sale)
def cancel(picture: Picture, _entry: Entry, fact: DocumentCancelled) -> None:
    """Nothing is kept for it any more; what it took over may be carried above again."""
    document = picture.find(SaleDocument, fact.document_id)
    assert document
    picture.put(replace(document, document_status="cancelled"))
    if fact.validated:
        _pass_on(picture, fact.takes_over, -fact.validated.cents)


def _keep(picture: Picture, entry: Entry, fact: Content, status: str) -> None:
    known = picture.find(SaleDocument, fact.document_id)
    above = picture.find(SaleDocument, fact.takes_over) if fact.takes_over else None
    picture.put(
        SaleDocument(
            ledger=picture.ledger,
            document_id=fact.document_id,
            sale_id=above.sale_id if above else fact.document_id,
            kind=fact.kind,
            number="" if isinstance(fact, DocumentDrafted) else fact.number,
            customer_id=fact.customer_id,
            issued_on=fact.issued_on,
            currency=fact.total.currency,
            total_cents=fact.total.cents,
            passed_on_cents=known.passed_on_cents if known else 0,
            takes_over=fact.takes_over,
            document_status=status,
            position=entry.position,
        )
    )


def _pass_on(picture: Picture, document_id: UUID | None, cents: int) -> None:
    document = picture.find(SaleDocument, document_id) if document_id else None
    if document:
        picture.put(replace(document, passed_on_cents=document.passed_on_cents + cents))
