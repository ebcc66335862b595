"""Facts of the invoicing service: customers, documents, and what is still owed on them.

Amounts of a document are positive whatever its kind; the kind says which way they count.
"""

from typing import ClassVar, Literal
from uuid import UUID

from shared.dates import IsoDate
from shared.events import Event, Value
from shared.money import Money

CustomerKind = Literal["societe", "particulier"]
DocumentKind = Literal["invoice", "credit_note"]
DocumentNature = Literal["normal", "taken_over", "opening_balance"]


class CustomerRegistered(Event):
    """A customer card was opened (fiche client)."""

    type: ClassVar[str] = "invoicing.customer-registered.v1"
    about: ClassVar[str] = "customer/{customer_id}"

    customer_id: UUID
    code: str
    name: str
    kind: CustomerKind
    account: str  # the collective account, 411…
    auxiliary_account: str | None = None
    town: str | None = None
    request_sha256: str


class DocumentLine(Value):
    """One line of a document: what, how much before tax, at which VAT rate in percent."""

    label: str
    net: Money
    vat_rate: str
    account: str | None = None


class VatBreakdown(Value):
    """The document's total per VAT rate (EN 16931, BG-23)."""

    rate: str  # percent, such as "5.5"
    net: Money
    vat: Money


class DocumentValidated(Event):
    """A document (facture, avoir) became final: numbered, dated, owed."""

    type: ClassVar[str] = "invoicing.document-validated.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: UUID
    kind: DocumentKind
    nature: DocumentNature
    number: str
    series: str
    numbering_period: str  # what shares one run of the counter, such as "FA2508-{n}"
    numbering_count: int
    customer_id: UUID
    issued_on: IsoDate
    due_on: IsoDate
    lines: tuple[DocumentLine, ...]
    vat: tuple[VatBreakdown, ...]
    net: Money
    vat_total: Money
    total: Money
    file_sha256: str | None = None
    corrects: UUID | None = None
    source_reference: str | None = None
    request_sha256: str


class NumberingConfigured(Event):
    """A series got its numbering template; the counter goes on where it was (S1-23)."""

    type: ClassVar[str] = "invoicing.numbering-configured.v1"
    about: ClassVar[str] = "numbering/{series}"

    series: str
    template: str


class InvoiceSettled(Event):
    """Nothing is owed on the invoice any more (facture soldée)."""

    type: ClassVar[str] = "invoicing.invoice-settled.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: UUID
    number: str
    customer_id: UUID
    total: Money
    settled_on: IsoDate


class InvoiceReopened(Event):
    """A settled invoice is owed again, for this much."""

    type: ClassVar[str] = "invoicing.invoice-reopened.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: UUID
    number: str
    customer_id: UUID
    outstanding: Money
    reopened_on: IsoDate
