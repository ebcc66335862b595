"""What invoicing's own facts do to its rows."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from services.invoicing.domain.customer import Customer
from services.invoicing.domain.document import Document
from services.invoicing.domain.due import payment_status
from services.invoicing.domain.folder import Folder
from services.invoicing.domain.numbers import Counter, Series, series_key
from services.invoicing.domain.preference import Preference
from shared.dates import civil_date
from shared.decider import Need, Picture, one
from shared.events.invoicing import (
    CustomerChanged,
    CustomerRegistered,
    DocumentCancelled,
    DocumentDrafted,
    DocumentRejected,
    DocumentSubmitted,
    DocumentValidated,
    FolderOpened,
    InvoiceReopened,
    InvoiceSettled,
    NumberingConfigured,
    OrderDocumentValidated,
    PageSizeChosen,
)
from shared.events.purchases import PurchaseDrafted, PurchaseValidated
from shared.projection import Projection
from shared.seal import Entry

PROJECTION = Projection()

# ── customers, folders, settings ────────────────────────────────────────────────


@PROJECTION.on(CustomerRegistered, lambda fact: [one(Customer, fact.customer_id)])
def open_card(picture: Picture, entry: Entry, fact: CustomerRegistered) -> None:
    """Keep the customer card."""
    picture.put(
        Customer(
            ledger=entry.ledger,
            customer_id=fact.customer_id,
            code=fact.code,
            name=fact.name,
            kind=fact.kind,
            account=fact.account,
            auxiliary_account=fact.auxiliary_account,
            town=fact.town,
            request_sha256=fact.request_sha256,
            position=entry.position,
            stage=fact.stage,
            parent_id=fact.parent_id,
            role=fact.role,
        )
    )


@PROJECTION.on(CustomerChanged, lambda fact: [one(Customer, fact.customer_id)])
def change_card(picture: Picture, _entry: Entry, fact: CustomerChanged) -> None:
    """Let the card say what it says now."""
    customer = picture.find(Customer, fact.customer_id)
    assert customer
    picture.put(
        replace(
            customer,
            name=fact.name,
            town=fact.town,
            stage=fact.stage,
            parent_id=fact.parent_id,
        )
    )


@PROJECTION.on(FolderOpened, lambda fact: [one(Folder, fact.folder_id)])
def open_folder(picture: Picture, entry: Entry, fact: FolderOpened) -> None:
    """Keep the folder, and the day it was opened."""
    picture.put(
        Folder(
            ledger=entry.ledger,
            folder_id=fact.folder_id,
            name=fact.name,
            brand=fact.brand,
            business_type=fact.business_type,
            opened_on=civil_date(entry.recorded_at),
            request_sha256=fact.request_sha256,
            position=entry.position,
        )
    )


@PROJECTION.on(NumberingConfigured, lambda fact: [one(Series, series_key(fact.series, fact.brand))])
def use_template(picture: Picture, entry: Entry, fact: NumberingConfigured) -> None:
    """Number the series' next documents by its new template."""
    key = series_key(fact.series, fact.brand)
    picture.put(Series(ledger=entry.ledger, series=key, template=fact.template))


@PROJECTION.on(PageSizeChosen, lambda fact: [one(Preference, fact.user)])
def remember_page_size(picture: Picture, entry: Entry, fact: PageSizeChosen) -> None:
    """Remember how many rows the user wants on a page."""
    picture.put(Preference(ledger=entry.ledger, user=fact.user, page_rows=fact.rows))


# ── documents ───────────────────────────────────────────────────────────────────

Numbered = OrderDocumentValidated | DocumentValidated | PurchaseValidated
Content = DocumentDrafted | PurchaseDrafted | Numbered


def needs_of_content(fact: Content) -> Iterator[Need]:
    """Name the document, its folder, and the one whose amount it takes over."""
    yield one(Document, fact.document_id)
    if fact.folder_id:
        yield one(Folder, fact.folder_id)
    if fact.takes_over:
        yield one(Document, fact.takes_over)


def needs_of_numbered(fact: Numbered) -> Iterator[Need]:
    """Name what a document touches that became final."""
    yield from needs_of_content(fact)
    yield one(Counter, fact.numbering_period)


@PROJECTION.on(DocumentDrafted, needs_of_content)
def keep_draft(picture: Picture, entry: Entry, fact: DocumentDrafted) -> None:
    """Keep what was drawn up, unnumbered and not owed."""
    picture.put(row_of(picture, entry, fact))


@PROJECTION.on(OrderDocumentValidated, needs_of_numbered)
def number_order_document(picture: Picture, entry: Entry, fact: OrderDocumentValidated) -> None:
    """Keep the document with its number, not owed, and move the counter."""
    picture.put(final_row(picture, entry, fact))
    _pass_on(picture, fact.takes_over, fact.total.cents)
    count(picture, entry, fact)


def _needs_of_owed(fact: DocumentValidated) -> Iterator[Need]:
    yield from needs_of_numbered(fact)
    if fact.undoes:
        yield one(Document, fact.undoes)


@PROJECTION.on(DocumentValidated, _needs_of_owed)
def owe(picture: Picture, entry: Entry, fact: DocumentValidated) -> None:
    """Keep the document with its number, owed, and move the counter that gave it.

    What it did not pass, and what what undoes it passes back, is passed on of it: the rest of
    its total is what it has of an order document's amount, or gave back of it.
    """
    final = final_row(picture, entry, fact)
    status = payment_status(final.total_cents, final.paid_cents)
    passed = abs(fact.taken_over_cents)
    kept = replace(final, passed_on_cents=final.total_cents - passed)
    picture.put(replace(kept, nature=fact.nature, payment_status=status))
    _pass_on(picture, fact.takes_over, fact.taken_over_cents)
    _pass_on(picture, fact.undoes if fact.takes_over else None, passed)
    count(picture, entry, fact)


def _pass_on(picture: Picture, document_id: UUID | None, cents: int) -> None:
    """Count what of an order document's amount passed to one that follows (negative: back)."""
    if document_id:
        document = existing(picture, document_id)
        picture.put(replace(document, passed_on_cents=document.passed_on_cents + cents))


def row_of(picture: Picture, entry: Entry, fact: Content) -> Document:
    """Return the row of what a document says; what is known of an earlier draft stays."""
    known = picture.find(Document, fact.document_id)
    folder = picture.find(Folder, fact.folder_id) if fact.folder_id else None
    paid, prepaid = (known.paid_cents, known.prepaid_cents) if known else (0, 0)
    data = fact.plain()
    said: dict[str, Any] = {name: getattr(fact, name) for name in _SAID}
    return Document(
        ledger=entry.ledger,
        **said,
        nature="normal",
        number="",
        currency=fact.total.currency,
        net_cents=fact.net.cents,
        vat_cents=fact.vat_total.cents,
        total_cents=fact.total.cents,
        lines=tuple(data["lines"]),
        vat=tuple(data["vat"]),
        discount_terms=tuple(data["discount_terms"]),
        paid_cents=paid,
        prepaid_cents=prepaid,
        passed_on_cents=known.passed_on_cents if known else 0,
        payment_status=payment_status(fact.total.cents, paid + prepaid, owed=False),
        settled=False,
        settled_on=None,
        document_status="draft",
        drafted_by=entry.context.actor,
        validated_at=None,
        position=entry.position,
        folder_name=folder.name if folder else "",
        fiscal_year=fact.fiscal_year or fact.issued_on.year,
        opened=folder.position if folder else known.opened if known else entry.position,
    )


_SAID: Final = (
    *("document_id", "kind", "variant", "series", "customer_id", "payer_id", "issued_on"),
    *("due_on", "file_sha256", "corrects", "follows", "source_reference", "request_sha256"),
    *("brand", "folder_id", "business_type", "takes_over"),
)


def final_row(picture: Picture, entry: Entry, fact: Numbered) -> Document:
    """Return the row of a document that became final, with who drew it up and who validated it."""
    known = picture.find(Document, fact.document_id)
    validated_by = entry.context.actor
    drafted_by = known.drafted_by if known else validated_by
    return replace(
        row_of(picture, entry, fact),
        number=fact.number,
        document_status="validated",
        drafted_by=drafted_by,
        validated_by=validated_by,
        self_validated=drafted_by == validated_by,
        validated_at=entry.recorded_at,
    )


def count(picture: Picture, entry: Entry, fact: Numbered) -> None:
    """Move the counter that gave the document's number."""
    period, last = fact.numbering_period, fact.numbering_count
    picture.put(Counter(ledger=entry.ledger, period=period, last=last))


@PROJECTION.on(DocumentSubmitted, lambda fact: [one(Document, fact.document_id)])
def let_wait(picture: Picture, _entry: Entry, fact: DocumentSubmitted) -> None:
    """Let the draft wait for validation."""
    document = existing(picture, fact.document_id)
    picture.put(replace(document, document_status="waiting_for_validation"))


@PROJECTION.on(DocumentRejected, lambda fact: [one(Document, fact.document_id)])
def send_back(picture: Picture, _entry: Entry, fact: DocumentRejected) -> None:
    """Mark what was sent back, and why."""
    document = existing(picture, fact.document_id)
    picture.put(replace(document, document_status="rejected", status_reason=fact.reason))


def _needs_of_cancelled(fact: DocumentCancelled) -> list[Need]:
    given_back = [one(Document, fact.takes_over)] if fact.takes_over else []
    return [one(Document, fact.document_id), *given_back]


@PROJECTION.on(DocumentCancelled, _needs_of_cancelled)
def give_up(picture: Picture, _entry: Entry, fact: DocumentCancelled) -> None:
    """Mark what was given up, and why; what it came from has its amount again."""
    document = existing(picture, fact.document_id)
    picture.put(replace(document, document_status="cancelled", status_reason=fact.reason))
    if fact.validated:
        _pass_on(picture, fact.takes_over, -fact.validated.cents)


@PROJECTION.on(InvoiceSettled, lambda fact: [one(Document, fact.document_id)])
def settle(picture: Picture, _entry: Entry, fact: InvoiceSettled) -> None:
    """Mark the invoice settled."""
    document = existing(picture, fact.document_id)
    picture.put(replace(document, settled=True, settled_on=fact.settled_on))


@PROJECTION.on(InvoiceReopened, lambda fact: [one(Document, fact.document_id)])
def reopen(picture: Picture, _entry: Entry, fact: InvoiceReopened) -> None:
    """Mark the invoice owed again."""
    document = existing(picture, fact.document_id)
    picture.put(replace(document, settled=False, settled_on=None))


def existing(picture: Picture, document_id: UUID) -> Document:
    """Return a document that a fact says there is."""
    document = picture.find(Document, document_id)
    assert document
    return document
