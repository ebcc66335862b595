"""What invoicing's API takes and gives."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from sqlalchemy import Row

from services.invoicing.domain.customer import RegisterCustomer
from services.invoicing.domain.document import ValidateDocument
from shared.dates import IsoDate
from shared.events.invoicing import CustomerKind, DocumentKind, DocumentLine, DocumentNature
from shared.fields import (
    Code,
    Currency,
    Sha256,
    ShortText,
    SignedAmountText,
    VatRate,
)
from shared.money import Money, decimal_text
from shared.requests import fingerprint
from shared.web import Body, Out

_PAYMENT_DAYS = 30  # the legal term where nothing else was agreed (C. com. L441-10)


CustomerCode = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^\S.*$")]


class CustomerIn(Body):
    """A customer card to open."""

    code: CustomerCode
    name: ShortText
    kind: CustomerKind
    account: str = Field(default="411000", pattern=r"^\d{3}[0-9A-Za-z]{0,12}$")
    auxiliary_account: ShortText | None = None
    town: ShortText | None = None

    def command(self, customer_id: UUID) -> RegisterCustomer:
        """Return the command it asks for."""
        return RegisterCustomer(
            customer_id=customer_id, request_sha256=fingerprint(self), **self.model_dump()
        )


class CustomerOut(Out):
    """A customer card."""

    customer_id: UUID
    code: str
    name: str
    kind: CustomerKind
    account: str
    auxiliary_account: str | None
    town: str | None
    position: int


class LineIn(Body):
    """A line: what, how much before tax (negative for a rebate), at which VAT rate."""

    label: ShortText
    net: SignedAmountText
    vat_rate: VatRate
    account: str | None = Field(default=None, pattern=r"^\d{3}[0-9A-Za-z]{0,12}$")


class VatIn(Body):
    """The VAT of one rate as a document made elsewhere states it."""

    rate: VatRate
    vat: SignedAmountText


class DocumentIn(Body):
    """A document to validate. Without `vat` the tax is computed, one amount per rate."""

    kind: DocumentKind
    customer_id: UUID
    issued_on: IsoDate
    due_on: IsoDate | None = Field(default=None, description="Default: 30 days after issue")
    currency: Currency = "EUR"
    lines: list[LineIn] = Field(min_length=1, max_length=1_000)
    vat: list[VatIn] | None = Field(default=None, max_length=20)
    nature: DocumentNature = "normal"
    series: Code | None = Field(default=None, description="Default: the kind's own series")
    file_sha256: Sha256 | None = None
    corrects: UUID | None = Field(default=None, description="The invoice a credit note corrects")
    source_reference: ShortText | None = Field(
        default=None, description="Its number where it was made, if elsewhere"
    )

    @model_validator(mode="after")
    def _amounts_fit_currency(self) -> Self:
        for amount in (*(line.net for line in self.lines), *(v.vat for v in self.vat or ())):
            Money.parse(amount, self.currency)
        rates = [part.rate for part in self.vat or ()]
        if len(rates) != len(set(rates)):
            raise ValueError("each VAT rate is stated once")
        return self

    def command(self, document_id: UUID) -> ValidateDocument:
        """Return the command it asks for."""
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
        return ValidateDocument(
            document_id=document_id,
            kind=self.kind,
            nature=self.nature,
            series=self.series or self.kind,
            customer_id=self.customer_id,
            issued_on=self.issued_on,
            due_on=self.due_on or self.issued_on + timedelta(days=_PAYMENT_DAYS),
            currency=self.currency,
            lines=lines,
            given_vat=given or None,
            file_sha256=self.file_sha256,
            corrects=self.corrects,
            source_reference=self.source_reference,
            request_sha256=fingerprint(self),
        )


class VatOut(Out):
    """The document's total at one VAT rate."""

    rate: str
    net: str
    vat: str


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
    """A document: two statuses apart, what is owed, and (alone, not in lists) its detail."""

    document_id: UUID
    kind: DocumentKind
    nature: DocumentNature
    number: str
    customer_id: UUID
    issued_on: date
    due_on: date
    currency: str
    net: str
    vat: str
    total: str
    outstanding: str
    document_status: str
    validated_at: datetime
    payment_status: str
    settled_on: date | None
    file_sha256: str | None
    corrects: UUID | None
    source_reference: str | None
    position: int
    vat_breakdown: tuple[VatOut, ...] = ()
    settled_with: tuple[SettledWithOut, ...] = ()


def document_out(row: Any, settled_with: Sequence[SettledWithOut] = ()) -> DocumentOut:
    """Show a document's row."""
    currency = row.currency
    return DocumentOut(
        document_id=row.document_id,
        kind=row.kind,
        nature=row.nature,
        number=row.number,
        customer_id=row.customer_id,
        issued_on=row.issued_on,
        due_on=row.due_on,
        currency=currency,
        net=decimal_text(row.net_cents, currency),
        vat=decimal_text(row.vat_cents, currency),
        total=decimal_text(row.total_cents, currency),
        outstanding=decimal_text(row.total_cents - row.paid_cents, currency),
        document_status="validated",
        validated_at=row.validated_at,
        payment_status=row.payment_status,
        settled_on=row.settled_on,
        file_sha256=row.file_sha256,
        corrects=row.corrects,
        source_reference=row.source_reference,
        position=row.position,
        vat_breakdown=tuple(
            VatOut(rate=v["rate"], net=v["net"]["value"], vat=v["vat"]["value"]) for v in row.vat
        ),
        settled_with=tuple(settled_with),
    )


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


class NumberingIn(Body):
    """A numbering template: text with {yyyy}, {yy}, {mm} and one counter {n:4}."""

    template: ShortText = Field(examples=["FA{yy}{mm}-{n:4}"])


class NumberingOut(Out):
    """A series and its template."""

    series: str
    template: str
