"""What invoicing's API takes and gives of documents."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import Field, model_validator
from sqlalchemy import Row

from services.invoicing.content_schemas import DiscountTermIn, LineIn, VatIn, check_terms
from services.invoicing.document_actions import actions
from services.invoicing.domain.drafting import DraftDocument, ValidateDocument
from services.invoicing.domain.due import is_owed, outstanding_cents
from services.invoicing.domain.forms import FORMS
from services.invoicing.domain.writing import Written
from services.invoicing.prepaid_schemas import (
    COLOURS,
    Colour,
    PrepaymentOut,
    PrepaymentStatus,
    prepayment_out,
    prepayment_status,
)
from shared.dates import IsoDate
from shared.events.invoicing import (
    AnyDocumentKind,
    DocumentLine,
    DocumentNature,
    DocumentVariant,
)
from shared.fields import Code, Currency, Sha256, ShortText
from shared.money import Money, decimal_text
from shared.requests import fingerprint
from shared.web import Body, Out

_PAYMENT_DAYS = 30  # the legal term where nothing else was agreed (C. com. L441-10)

W = TypeVar("W", bound=Written)


class DocumentIn(Body):
    """A document to draw up or validate. Without `vat` the tax is computed, one amount per rate."""

    kind: AnyDocumentKind
    variant: DocumentVariant = "normal"
    customer_id: UUID
    payer_id: UUID | None = Field(
        default=None, description="Who is to pay. Default: the customer's parent, if it has one"
    )
    issued_on: IsoDate
    due_on: IsoDate | None = Field(default=None, description="Default: 30 days after issue")
    currency: Currency = "EUR"
    lines: list[LineIn] = Field(min_length=1, max_length=1_000)
    vat: list[VatIn] | None = Field(default=None, max_length=20)
    nature: DocumentNature = "normal"
    series: Code | None = Field(default=None, description="Default: its form's own series")
    file_sha256: Sha256 | None = None
    corrects: UUID | None = Field(default=None, description="The invoice a credit note corrects")
    follows: UUID | None = Field(
        default=None,
        description="The document it comes from: quote, order or delivery note; the late invoice "
        "of a penalty, the invoice that is adjusted, the credit note that is cancelled",
    )
    source_reference: ShortText | None = Field(
        default=None,
        description="Its number where it was made, if elsewhere: that of a supplier's invoice",
    )
    brand: Code | None = Field(
        default=None, description="The trade name (enseigne) it is issued under"
    )
    folder_id: UUID | None = Field(default=None, description="The business folder it is filed in")
    business_type: ShortText | None = Field(default=None, description="Default: its folder's")
    fiscal_year: int | None = Field(
        default=None, ge=1900, le=9999, description="Default: the year of issue"
    )
    discount_terms: tuple[DiscountTermIn, ...] = Field(
        default=(), max_length=10, description="Of an invoice: what who pays early need not pay"
    )

    @model_validator(mode="after")
    def _amounts_fit_currency(self) -> Self:
        for amount in (*(line.net for line in self.lines), *(v.vat for v in self.vat or ())):
            Money.parse(amount, self.currency)
        rates = [part.rate for part in self.vat or ()]
        if len(rates) != len(set(rates)):
            raise ValueError("each VAT rate is stated once")
        check_terms(self.kind, self.issued_on, self.discount_terms)
        return self

    def command(self, document_id: UUID) -> ValidateDocument:
        """Return the command that validates it at once."""
        return self._said(ValidateDocument, document_id)

    def draft(self, document_id: UUID) -> DraftDocument:
        """Return the command that draws it up."""
        return self._said(DraftDocument, document_id)

    def _said(self, command: type[W], document_id: UUID) -> W:
        lines = [
            DocumentLine(
                label=line.label,
                net=Money.parse(line.net, self.currency),
                vat_rate=line.vat_rate,
                account=line.account,
            )
            for line in self.lines
        ]
        given = self.vat and {v.rate: Money.parse(v.vat, self.currency) for v in self.vat}
        return command(
            document_id=document_id,
            kind=self.kind,
            variant=self.variant,
            nature=self.nature,
            series=self.series,
            customer_id=self.customer_id,
            payer_id=self.payer_id,
            issued_on=self.issued_on,
            due_on=self.due_on or self.issued_on + timedelta(days=_PAYMENT_DAYS),
            currency=self.currency,
            lines=lines,
            given_vat=given or None,
            file_sha256=self.file_sha256,
            corrects=self.corrects,
            follows=self.follows,
            source_reference=self.source_reference,
            brand=self.brand,
            folder_id=self.folder_id,
            business_type=self.business_type,
            fiscal_year=self.fiscal_year,
            discount_terms=[term.term() for term in self.discount_terms],
            request_sha256=fingerprint(self),
        )


class DraftIn(DocumentIn):
    """A document to draw up: as one to validate, but never one that exists elsewhere already."""

    nature: Literal["normal"] = "normal"


class ValidationIn(Body):
    """How a draft is validated."""

    issued_on: IsoDate | None = Field(
        default=None, description="Default: the draft's own; the due date moves along"
    )


class ReasonIn(Body):
    """Why a document is rejected or cancelled."""

    reason: ShortText


class VatOut(Out):
    """The document's total at one VAT rate."""

    rate: str
    net: str
    vat: str


class DiscountTermOut(Out):
    """A discount for whoever pays up to a day."""

    percent: str
    until_on: date


class SettledWithOut(Out):
    """A receipt or credit that settles the document, for how much."""

    kind: str
    item_id: UUID
    amount: str
    allocated_on: date
    number: str | None
    received_on: date | None
    method: str | None
    bank_account: str | None
    reference: str | None


class DocumentOut(Out):
    """A document: two statuses apart, what is owed, and (alone, not in lists) its detail.

    Of one that is not owed, `prepaid` is what is held for it (acompte), `passed_on` what documents
    that follow took over, `outstanding` the balance due (solde dû), and `prepayment_status` says
    how much of that is prepaid, in the colour of lists. `prepayments` is in lists too.
    """

    document_id: UUID
    kind: AnyDocumentKind
    variant: DocumentVariant
    untdid_1001: str | None
    nature: DocumentNature
    number: str | None
    customer_id: UUID
    payer_id: UUID | None
    brand: str | None
    folder_id: UUID | None
    folder_name: str | None
    business_type: str | None
    fiscal_year: int
    issued_on: date
    due_on: date
    currency: str
    net: str
    vat: str
    total: str
    paid: str = Field(description="What payments and credits settle of it")
    outstanding: str
    prepaid: str
    passed_on: str
    prepayment_status: PrepaymentStatus | None
    colour: Colour | None
    closed_short: str = Field(description="What nobody will pay of it (soldé)")
    document_status: str
    status_reason: str | None
    drafted_by: str | None
    validated_by: str | None
    self_validated: bool
    validated_at: datetime | None
    payment_status: str
    settled_on: date | None
    file_sha256: str | None
    corrects: UUID | None
    follows: UUID | None
    source_reference: str | None
    position: int
    actions: tuple[str, ...]
    discount_terms: tuple[DiscountTermOut, ...]
    vat_breakdown: tuple[VatOut, ...] = ()
    settled_with: tuple[SettledWithOut, ...] = ()
    prepayments: tuple[PrepaymentOut, ...] = ()


_COPIED = (
    *("document_id", "kind", "variant", "nature", "customer_id", "payer_id", "brand", "folder_id"),
    *("business_type", "fiscal_year", "issued_on", "due_on", "currency", "document_status"),
    *("status_reason", "drafted_by", "validated_by", "self_validated", "validated_at"),
    *("payment_status", "settled_on", "file_sha256", "corrects", "follows", "source_reference"),
    "position",
)
_AMOUNTS = (
    *(("net", "net"), ("vat", "vat"), ("total", "total"), ("paid", "paid")),
    *(("closed_short", "declared"), ("prepaid", "prepaid")),
)


def document_out(
    row: Any,
    settled_with: Sequence[SettledWithOut] = (),
    prepayments: Sequence[PrepaymentOut] = (),
) -> DocumentOut:
    """Show a document's row, what settles it and what was prepaid."""
    currency = row.currency
    return DocumentOut(
        **{name: getattr(row, name) for name in _COPIED},
        untdid_1001=FORMS[row.kind, row.variant].code,
        number=row.number or None,
        folder_name=row.folder_name or None,
        **{name: decimal_text(getattr(row, f"{of}_cents"), currency) for name, of in _AMOUNTS},
        outstanding=decimal_text(outstanding_cents(row), currency),
        passed_on=decimal_text(0 if is_owed(row) else row.passed_on_cents, currency),
        prepayment_status=(prepaid := prepayment_status(row)),
        colour=COLOURS[prepaid],
        prepayments=tuple(prepayments),
        actions=tuple(actions(row)),
        discount_terms=tuple(DiscountTermOut(**term) for term in row.discount_terms),
        vat_breakdown=tuple(
            VatOut(rate=v["rate"], net=v["net"]["value"], vat=v["vat"]["value"]) for v in row.vat
        ),
        settled_with=tuple(settled_with),
    )


def documents_out(rows: Sequence[Any], prepayments: Sequence[Row[Any]]) -> list[DocumentOut]:
    """Show the rows of a list, each with its prepayments."""
    held: dict[UUID, list[PrepaymentOut]] = {}
    for prepayment in prepayments:
        held.setdefault(prepayment.document_id, []).append(prepayment_out(prepayment))
    return [document_out(row, prepayments=held.get(row.document_id, ())) for row in rows]


def settled_with_out(row: Row[Any]) -> SettledWithOut:
    """Show one receipt or credit of a document."""
    return SettledWithOut(
        kind=row.other_kind,
        item_id=row.other_id,
        amount=decimal_text(row.amount_cents, row.currency),
        allocated_on=row.allocated_on,
        number=row.number,
        received_on=row.received_on,
        method=row.method,
        bank_account=row.bank_account,
        reference=row.reference,
    )
