"""What somebody says a document holds, and the one place that checks it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.invoicing.domain.customer import Customer, UnknownCustomer, changed
from services.invoicing.domain.document import (
    AmountNotPositive,
    CorrectedDocumentMissing,
    Document,
    DueBeforeIssued,
    FollowedDocumentMissing,
)
from services.invoicing.domain.folder import Folder, FolderOfAnotherBrand, UnknownFolder
from services.invoicing.domain.forms import OWED, Form, form_of
from services.invoicing.domain.numbers import next_number, number_needs
from services.invoicing.domain.purchase import (
    check_role,
    check_supplier_number,
    needs_of_supplier_number,
)
from services.invoicing.domain.vat import breakdown
from shared.decider import Need, Picture, one
from shared.events import Event
from shared.events.invoicing import (
    PURCHASES,
    AnyDocumentKind,
    DiscountTerm,
    DocumentLine,
    DocumentNature,
    DocumentValidated,
    DocumentVariant,
    OrderDocumentValidated,
)
from shared.events.purchases import PurchaseValidated
from shared.money import Money


def with_taken_over(picture: Picture, document_id: UUID) -> Iterable[Need]:
    """Name a document, and the one whose amount it takes over."""
    this = one(Document, document_id)
    yield this
    found = None if picture.missing([this]) else picture.find(Document, document_id)
    if found and found.takes_over:
        yield one(Document, found.takes_over)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What somebody says a document holds."""

    document_id: UUID
    kind: AnyDocumentKind
    nature: DocumentNature
    series: str | None
    customer_id: UUID
    issued_on: date
    due_on: date
    currency: str
    lines: Sequence[DocumentLine]
    given_vat: dict[str, Money] | None
    file_sha256: str | None
    corrects: UUID | None
    source_reference: str | None
    request_sha256: str
    variant: DocumentVariant = "normal"
    payer_id: UUID | None = None
    follows: UUID | None = None
    brand: str | None = None
    folder_id: UUID | None = None
    business_type: str | None = None
    fiscal_year: int | None = None
    discount_terms: Sequence[DiscountTerm] = ()

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name what it speaks of; its series and counter once its brand is known."""
        yield from (one(Document, self.document_id), one(Customer, self.customer_id))
        if self.payer_id:
            yield one(Customer, self.payer_id)
        for other in (self.corrects, self.follows):
            if other:
                yield from with_taken_over(picture, other)
        yield from needs_of_supplier_number(self.kind, self.source_reference)
        if self.folder_id:
            folder = one(Folder, self.folder_id)
            yield folder
            if picture.missing([folder]):
                return
        brand, series = self._brand(picture), self._series()
        yield from number_needs(picture, series, brand=brand, on=self.issued_on)

    def said(self, picture: Picture) -> dict[str, Any]:
        """Return the content of the fact that says it; raise a Refusal where it can't be."""
        form = form_of(self.kind, self.variant)
        customer = self._check_parties(picture)
        check_role(customer, form)
        self._check_links(picture, form)
        vat = breakdown(self.lines, self.currency, self.given_vat, check=self.nature == "normal")
        net = sum(part.net.cents for part in vat)
        tax = sum(part.vat.cents for part in vat)
        if net + tax <= 0:
            raise AmountNotPositive(total=Money(net + tax, self.currency))
        folder = self._folder(picture)
        return {
            "document_id": self.document_id,
            "kind": self.kind,
            "variant": self.variant,
            "series": self._series(),
            "customer_id": self.customer_id,
            "payer_id": self.payer_id or customer.parent_id,
            "issued_on": self.issued_on,
            "due_on": self.due_on,
            "lines": tuple(self.lines),
            "vat": vat,
            "net": Money(net, self.currency),
            "vat_total": Money(tax, self.currency),
            "total": Money(net + tax, self.currency),
            "file_sha256": self.file_sha256,
            "corrects": self.corrects,
            "follows": self.follows,
            "takes_over": self._takes_over(picture, form),
            "source_reference": self.source_reference,
            "brand": self._brand(picture),
            "folder_id": self.folder_id,
            "business_type": self.business_type or (folder.business_type if folder else None),
            "fiscal_year": self.fiscal_year or self.issued_on.year,
            "discount_terms": tuple(self.discount_terms),
            "request_sha256": self.request_sha256,
        }

    def validated(self, picture: Picture) -> list[Event]:
        """Return the facts that make it final; a prospect that owes or is owed is a client."""
        said = self.said(picture)
        number = next_number(picture, said["series"], brand=said["brand"], on=self.issued_on)
        numbered = {
            "number": number.text,
            "numbering_period": number.period,
            "numbering_count": number.count,
        }
        if self.kind in PURCHASES:
            check_supplier_number(picture, said)
            return [PurchaseValidated(**said, **numbered)]
        if self.kind not in OWED:
            return [OrderDocumentValidated(**said, **numbered)]
        passes = self._passes(picture, said["total"])
        final = DocumentValidated(**said, **numbered, nature=self.nature, passes=passes)
        customer = picture.find(Customer, self.customer_id)
        assert customer
        if customer.stage == "prospect":
            return [final, changed(customer, stage="client")]
        return [final]

    def _series(self) -> str:
        return self.series or form_of(self.kind, self.variant).series

    def _folder(self, picture: Picture) -> Folder | None:
        return picture.find(Folder, self.folder_id) if self.folder_id else None

    def _brand(self, picture: Picture) -> str | None:
        folder = self._folder(picture)
        return self.brand or (folder.brand if folder else None)

    def _check_parties(self, picture: Picture) -> Customer:
        customer = picture.find(Customer, self.customer_id)
        if customer is None:
            raise UnknownCustomer(customer_id=self.customer_id)
        if self.payer_id and picture.find(Customer, self.payer_id) is None:
            raise UnknownCustomer(customer_id=self.payer_id)
        if self.due_on < self.issued_on:
            raise DueBeforeIssued(issued_on=self.issued_on, due_on=self.due_on)
        folder = self._folder(picture)
        if self.folder_id and folder is None:
            raise UnknownFolder(folder_id=self.folder_id)
        if folder and folder.brand and self._brand(picture) != folder.brand:
            raise FolderOfAnotherBrand(folder_id=self.folder_id, brand=folder.brand)
        return customer

    def _check_links(self, picture: Picture, form: Form) -> None:
        if self.corrects and (
            self.kind != "credit_note" or not self._stands(picture, self.corrects, ("invoice",))
        ):
            raise CorrectedDocumentMissing(corrects=self.corrects)
        if form.always_follows and not self.follows:
            raise FollowedDocumentMissing(follows=None, kinds=list(form.follows))
        if self.follows and not self._stands(picture, self.follows, form.follows):
            raise FollowedDocumentMissing(follows=self.follows, kinds=list(form.follows))

    def _takes_over(self, picture: Picture, form: Form) -> UUID | None:
        """Return the order document whose amount passes to this one, or comes back by it."""
        if self.follows and form.takes_over:
            return self.follows
        other = self._undone(picture)
        return other.takes_over if other else None

    def _passes(self, picture: Picture, total: Money) -> Money | None:
        """Return how much comes back by it, or is taken again: no more than still stands of that.

        Two credit notes for one invoice give its order's amount back once.
        """
        other = self._undone(picture)
        if other is None or other.takes_over is None:
            return None
        return Money(min(total.cents, other.total_cents - other.passed_on_cents), total.currency)

    def _undone(self, picture: Picture) -> Document | None:
        undone = self.corrects or (self.follows if self.variant == "cancellation" else None)
        return picture.find(Document, undone) if undone else None

    def _stands(self, picture: Picture, document_id: UUID, kinds: Sequence[str]) -> bool:
        """Say whether a document of these kinds is final, for our customer, in our currency."""
        other = picture.find(Document, document_id)
        return (
            other is not None
            and other.final
            and other.kind in kinds
            and (other.customer_id, other.currency) == (self.customer_id, self.currency)
        )
