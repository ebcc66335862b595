"""Documents: validated once, numbered without a hole, owed until settled.

A document's status (validated) and its payment status (unpaid, partially paid, settled)
are two things (S1-17). VAT follows EN 16931: one amount per rate, rounded once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.invoicing.domain.customer import Customer, UnknownCustomer
from services.invoicing.domain.numbers import next_number, number_needs
from shared.decider import Need, Picture, Row, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.invoicing import (
    DocumentKind,
    DocumentLine,
    DocumentNature,
    DocumentValidated,
    InvoiceReopened,
    InvoiceSettled,
    VatBreakdown,
)
from shared.money import Money, round_half_up

# ── remembered ──────────────────────────────────────────────────────────────────


class Document(Row, frozen=True):
    """A validated document and how much of it is settled; amounts in cents, positive."""

    key = "document_id"

    document_id: UUID
    kind: str
    nature: str
    number: str
    series: str
    customer_id: UUID
    issued_on: date
    due_on: date
    currency: str
    net_cents: int
    vat_cents: int
    total_cents: int
    lines: tuple[dict[str, str | None], ...]
    vat: tuple[dict[str, str], ...]
    file_sha256: str | None
    corrects: UUID | None
    source_reference: str | None
    paid_cents: int
    payment_status: str
    settled: bool  # whether our own journal says so: InvoiceSettled, InvoiceReopened
    settled_on: date | None
    validated_at: datetime
    request_sha256: str
    position: int

    @property
    def outstanding_cents(self) -> int:
        """Return what is still owed, or on a credit note what is still to give back."""
        return self.total_cents - self.paid_cents


def payment_status(total_cents: int, paid_cents: int) -> str:
    """Return unpaid, partially_paid or settled (settled means nothing is left to pay)."""
    if paid_cents >= total_cents:
        return "settled"
    return "partially_paid" if paid_cents > 0 else "unpaid"


# ── refused ─────────────────────────────────────────────────────────────────────


class DocumentIdTaken(Refusal):
    """This identifier already names a different document."""


class DueBeforeIssued(Refusal):
    """A document can't be due before the day it is issued."""

    status = 422


class VatDoesNotFit(Refusal):
    """The VAT given for a rate is further from its computation than one cent a line."""

    status = 422


class AmountNotPositive(Refusal):
    """A document's total is more than zero; what goes the other way is a credit note."""

    status = 422


class CorrectedDocumentMissing(Refusal):
    """A credit note corrects a validated invoice of the same customer."""

    status = 422


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateDocument:
    """Make a document final."""

    document_id: UUID
    kind: DocumentKind
    nature: DocumentNature
    series: str
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

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name document, customer, corrected document, series, and then its counter."""
        yield from (one(Document, self.document_id), one(Customer, self.customer_id))
        if self.corrects:
            yield one(Document, self.corrects)
        yield from number_needs(picture, self.series, self.issued_on)

    def decide(self, picture: Picture) -> list[Event]:
        """Number and total the document; the same request again changes nothing."""
        known = picture.find(Document, self.document_id)
        if known:
            if known.request_sha256 != self.request_sha256:
                raise DocumentIdTaken(document_id=self.document_id, number=known.number)
            return []
        self._check_parties(picture)
        vat = breakdown(self.lines, self.currency, self.given_vat, check=self.nature == "normal")
        net = sum(part.net.cents for part in vat)
        tax = sum(part.vat.cents for part in vat)
        if net + tax <= 0:
            raise AmountNotPositive(total=Money(net + tax, self.currency))
        number = next_number(picture, self.series, self.issued_on)
        return [
            DocumentValidated(
                document_id=self.document_id,
                kind=self.kind,
                nature=self.nature,
                number=number.text,
                series=self.series,
                numbering_period=number.period,
                numbering_count=number.count,
                customer_id=self.customer_id,
                issued_on=self.issued_on,
                due_on=self.due_on,
                lines=tuple(self.lines),
                vat=vat,
                net=Money(net, self.currency),
                vat_total=Money(tax, self.currency),
                total=Money(net + tax, self.currency),
                file_sha256=self.file_sha256,
                corrects=self.corrects,
                source_reference=self.source_reference,
                request_sha256=self.request_sha256,
            )
        ]

    def _check_parties(self, picture: Picture) -> None:
        if picture.find(Customer, self.customer_id) is None:
            raise UnknownCustomer(customer_id=self.customer_id)
        if self.due_on < self.issued_on:
            raise DueBeforeIssued(issued_on=self.issued_on, due_on=self.due_on)
        if self.corrects:
            corrected = picture.find(Document, self.corrects)
            fits = corrected and (corrected.kind, corrected.customer_id, corrected.currency) == (
                "invoice",
                self.customer_id,
                self.currency,
            )
            if self.kind != "credit_note" or not fits:
                raise CorrectedDocumentMissing(corrects=self.corrects)


def breakdown(
    lines: Sequence[DocumentLine], currency: str, given: dict[str, Money] | None, *, check: bool
) -> tuple[VatBreakdown, ...]:
    """Total the lines per VAT rate: tax is net x rate / 100, rounded once (EN 16931, BR-CO-17).

    `given` holds VAT amounts computed elsewhere; each may differ from the computation by one
    cent for each of its lines (software that rounds line by line), and raises VatDoesNotFit
    beyond. Without `check` they are taken as they stand: the document exists already.
    """
    rates: dict[str, list[int]] = {}
    for line in lines:
        rates.setdefault(line.vat_rate, []).append(line.net.cents)
    parts = []
    for rate, nets in rates.items():
        net = sum(nets)
        vat = round_half_up(Decimal(net) * Decimal(rate) / 100)
        if given is not None:
            found = given.get(rate, Money(0, currency)).cents
            if check and abs(found - vat) > len(nets):
                raise VatDoesNotFit(
                    rate=rate, given=Money(found, currency), computed=Money(vat, currency)
                )
            vat = found
        parts.append(VatBreakdown(rate=rate, net=Money(net, currency), vat=Money(vat, currency)))
    return tuple(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettlement:
    """Say whether an invoice is settled, after what it is paid with changed."""

    document_id: UUID
    on: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the document."""
        return (one(Document, self.document_id),)

    def decide(self, picture: Picture) -> list[Event]:
        """Settle what nothing is owed on, reopen what is owed again."""
        document = picture.find(Document, self.document_id)
        if document is None or document.kind != "invoice":
            return []
        settled = document.outstanding_cents <= 0
        if settled == document.settled:
            return []
        who = {"document_id": document.document_id, "number": document.number}
        if settled:
            return [
                InvoiceSettled(
                    **who,
                    customer_id=document.customer_id,
                    total=Money(document.total_cents, document.currency),
                    settled_on=self.on,
                )
            ]
        return [
            InvoiceReopened(
                **who,
                customer_id=document.customer_id,
                outstanding=Money(document.outstanding_cents, document.currency),
                reopened_on=self.on,
            )
        ]
