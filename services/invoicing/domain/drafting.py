"""From draft to final: drawn up, submitted, then validated or rejected; or given up.

| a document that is | may be |
|---|---|
| nothing yet, draft, waiting for validation, rejected | drawn up (anew) |
| draft | submitted |
| draft, waiting for validation | validated |
| waiting for validation | rejected |
| draft, waiting for validation, rejected; a validated quote, order, delivery note | cancelled |
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.invoicing.domain.document import Document, DocumentIdTaken
from services.invoicing.domain.due import UNFINISHED
from services.invoicing.domain.forms import OWED
from services.invoicing.domain.writing import Written, with_taken_over
from shared.decider import Need, Picture, one
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.invoicing import (
    PURCHASES,
    DiscountTerm,
    DocumentCancelled,
    DocumentDrafted,
    DocumentLine,
    DocumentRejected,
    DocumentSubmitted,
    VatBreakdown,
)
from shared.events.purchases import PurchaseCancelled, PurchaseDrafted
from shared.money import Money

TO_VALIDATE: Final = ("draft", "waiting_for_validation")

# ── refused ─────────────────────────────────────────────────────────────────────


class DocumentStatusForbids(Refusal):
    """A document of this status does not allow it; `allowed` says which statuses do."""


class InvoiceIsFinal(Refusal):
    """A validated invoice is undone by a credit note, a credit note by a cancellation invoice.

    What we owe is closed, or written off.
    """


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateDocument(Written):
    """Make a document final at once, without a draft."""

    def decide(self, picture: Picture) -> list[Event]:
        """Number and total the document; the same request again changes nothing."""
        known = picture.find(Document, self.document_id)
        if known is None:
            return self.validated(picture)
        if known.validated_at is None or known.request_sha256 != self.request_sha256:
            raise DocumentIdTaken(document_id=self.document_id, number=known.number)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftDocument(Written):
    """Draw a document up, or draw it up anew."""

    def decide(self, picture: Picture) -> list[Event]:
        """Keep what it says; the same again changes nothing, unless it was rejected as such."""
        known = picture.find(Document, self.document_id)
        if known:
            same = known.request_sha256 == self.request_sha256
            if same and known.document_status != "rejected":
                return []
            if known.validated_at or (known.kind in PURCHASES) != (self.kind in PURCHASES):
                raise DocumentIdTaken(document_id=self.document_id, number=known.number)
            _check_status(known, UNFINISHED)
        drafted = PurchaseDrafted if self.kind in PURCHASES else DocumentDrafted
        return [drafted(**self.said(picture))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitDraft:
    """Ask for a draft to be validated."""

    document_id: UUID

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the document."""
        return (one(Document, self.document_id),)

    def decide(self, picture: Picture) -> list[Event]:
        """Let it wait for validation, unless it does."""
        document = _existing(picture, self.document_id)
        if document.document_status == "waiting_for_validation":
            return []
        _check_status(document, ("draft",))
        return [DocumentSubmitted(document_id=self.document_id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateDraft:
    """Make a draft final as it stands, dated as it says or otherwise."""

    document_id: UUID
    issued_on: date | None

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the document, and once it is loaded all that it speaks of."""
        this = one(Document, self.document_id)
        yield this
        if not picture.missing([this]):
            document = picture.find(Document, self.document_id)
            if document:
                yield from self._written(document).needs(picture)

    def decide(self, picture: Picture) -> list[Event]:
        """Number it now; nothing changes if it is final already."""
        document = _existing(picture, self.document_id)
        if document.final:
            return []
        _check_status(document, TO_VALIDATE)
        return self._written(document).validated(picture)

    def _written(self, document: Document) -> Written:
        """Return what the draft says; another date of issue moves the others along."""
        said: Any = {name: getattr(document, name) for name in _KEPT}
        issued_on = self.issued_on or document.issued_on
        later = issued_on - document.issued_on
        vat = [VatBreakdown.model_validate(part) for part in document.vat]
        terms = [DiscountTerm.model_validate(term) for term in document.discount_terms]
        its_own_year = document.fiscal_year == document.issued_on.year
        return Written(
            **said,
            fiscal_year=None if its_own_year else document.fiscal_year,
            issued_on=issued_on,
            due_on=document.due_on + later,
            lines=[DocumentLine.model_validate(line) for line in document.lines],
            given_vat={part.rate: part.vat for part in vat},
            discount_terms=[
                DiscountTerm(percent=term.percent, until_on=term.until_on + later) for term in terms
            ],
        )


_KEPT: Final = (
    *("document_id", "kind", "variant", "nature", "series", "customer_id", "payer_id", "currency"),
    *("file_sha256", "corrects", "follows", "source_reference", "request_sha256"),
    *("brand", "folder_id", "business_type"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectDraft:
    """Send back what waits for validation."""

    document_id: UUID
    reason: str

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the document."""
        return (one(Document, self.document_id),)

    def decide(self, picture: Picture) -> list[Event]:
        """Reject it, unless it was for the same reason."""
        document = _existing(picture, self.document_id)
        if (document.document_status, document.status_reason) == ("rejected", self.reason):
            return []
        _check_status(document, ("waiting_for_validation",))
        return [DocumentRejected(document_id=self.document_id, reason=self.reason)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelDocument:
    """Give up a document on which nothing is owed yet."""

    document_id: UUID
    reason: str

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the document, and what has its amount again."""
        return with_taken_over(picture, self.document_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Cancel it; nothing changes if it is cancelled already."""
        document = _existing(picture, self.document_id)
        if document.document_status == "cancelled":
            return []
        if document.final and document.kind in OWED:
            raise InvoiceIsFinal(document_id=self.document_id, number=document.number)
        said = {
            "document_id": self.document_id,
            "kind": document.kind,
            "customer_id": document.customer_id,
            "reason": self.reason,
        }
        if document.kind in PURCHASES:
            return [PurchaseCancelled.model_validate(said)]
        total = Money(document.total_cents, document.currency)
        said |= {
            "number": document.number or None,
            "takes_over": document.takes_over,
            "validated": total if document.final else None,
        }
        return [DocumentCancelled.model_validate(said)]


def _existing(picture: Picture, document_id: UUID) -> Document:
    document = picture.find(Document, document_id)
    if document is None:
        raise NotFound(document_id=document_id)
    return document


def _check_status(document: Document, allowed: Sequence[str]) -> None:
    if document.document_status not in allowed:
        raise DocumentStatusForbids(
            document_id=document.document_id,
            document_status=document.document_status,
            allowed=list(allowed),
        )
