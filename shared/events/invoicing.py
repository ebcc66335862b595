"""Facts of the invoicing service: customers, documents, and what is still owed on them.

Amounts of a document are positive whatever its kind; the kind says which way they count.
`DocumentValidated` alone makes somebody owe: a quote, an order or a delivery note has a fact of
its own, so that nobody who follows takes one for an invoice. What a document was before it was
final is said by `DocumentDrafted`, `DocumentSubmitted` and `DocumentRejected`. What we owe has
facts of its own, in `purchases`.
"""

from typing import ClassVar, Final, Literal, get_args
from uuid import UUID

from shared.dates import IsoDate
from shared.events import Event, Value
from shared.ids import Id
from shared.money import Money

CustomerKind = Literal["societe", "particulier"]
CustomerStage = Literal["prospect", "client"]
CustomerRole = Literal["customer", "supplier", "employee"]
DocumentKind = Literal["invoice", "credit_note"]
OrderDocumentKind = Literal["quote", "order", "delivery_note"]
SaleKind = Literal["quote", "order", "delivery_note", "invoice", "credit_note"]
PurchaseKind = Literal["purchase_invoice", "expense_note"]
AnyDocumentKind = Literal[SaleKind, PurchaseKind]
PURCHASES: Final = frozenset(get_args(PurchaseKind))  # what we owe, on the credit side of accounts
DocumentVariant = Literal[
    "normal", "internal", "prepayment", "cancellation", "penalty", "positive_adjustment"
]
DocumentNature = Literal["normal", "taken_over", "opening_balance"]


class CustomerRegistered(Event):
    """A customer card was opened (fiche client)."""

    type: ClassVar[str] = "invoicing.customer-registered.v1"
    about: ClassVar[str] = "customer/{customer_id}"

    customer_id: Id
    code: str
    name: str
    kind: CustomerKind
    account: str  # the collective account: 411…, 401… of a supplier, 421… or 467… of an employee
    auxiliary_account: str | None = None
    town: str | None = None
    stage: CustomerStage = "client"
    parent_id: Id | None = None  # the customer who pays for this one, in a group
    role: CustomerRole = "customer"  # a third party who is both has a card for each
    request_sha256: str


class CustomerChanged(Event):
    """A customer card says something else now; its code and accounts stay as they were."""

    type: ClassVar[str] = "invoicing.customer-changed.v1"
    about: ClassVar[str] = "customer/{customer_id}"

    customer_id: Id
    name: str
    town: str | None = None
    stage: CustomerStage
    parent_id: Id | None = None


class FolderOpened(Event):
    """A business folder (dossier d'affaire) was opened: documents of one deal are filed in it."""

    type: ClassVar[str] = "invoicing.folder-opened.v1"
    about: ClassVar[str] = "folder/{folder_id}"

    folder_id: Id
    name: str
    brand: str | None = None
    business_type: str | None = None
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


class DiscountTerm(Value):
    """A discount for whoever pays up to a day (escompte pour paiement anticipé)."""

    percent: str  # of what is settled, VAT included, such as "2.00"
    until_on: IsoDate  # the last day on which money that arrives has it


class DocumentContent(Value):
    """What a document says, whatever its kind, and whether it is final or not."""

    document_id: Id
    variant: DocumentVariant
    series: str
    customer_id: Id
    payer_id: Id | None = None
    issued_on: IsoDate
    due_on: IsoDate
    lines: tuple[DocumentLine, ...]
    vat: tuple[VatBreakdown, ...]
    net: Money
    vat_total: Money
    total: Money
    file_sha256: str | None = None
    corrects: Id | None = None
    follows: Id | None = None
    source_reference: str | None = None
    brand: str | None = None
    folder_id: Id | None = None
    business_type: str | None = None
    fiscal_year: int
    takes_over: Id | None = None  # the quote, order or delivery note whose amount it takes over
    discount_terms: tuple[DiscountTerm, ...] = ()
    request_sha256: str


class DocumentDrafted(DocumentContent, Event):
    """A document was drawn up, or drawn up anew: it has no number and nothing is owed on it."""

    type: ClassVar[str] = "invoicing.document-drafted.v1"
    about: ClassVar[str] = "document/{document_id}"

    kind: SaleKind


class DocumentSubmitted(Event):
    """A draft waits for somebody to validate it."""

    type: ClassVar[str] = "invoicing.document-submitted.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: Id


class DocumentRejected(Event):
    """What waited for validation was sent back (invalidé); it may be drawn up anew."""

    type: ClassVar[str] = "invoicing.document-rejected.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: Id
    reason: str


class DocumentCancelled(Event):
    """A document on which nothing is owed yet was given up; its number stays taken."""

    type: ClassVar[str] = "invoicing.document-cancelled.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: Id
    kind: SaleKind
    number: str | None = None
    customer_id: Id
    reason: str
    takes_over: Id | None = None  # the document that has its amount again
    validated: Money | None = None  # its total, if it had been validated


class OrderDocumentValidated(DocumentContent, Event):
    """A quote, order or delivery note (devis, commande, bon de livraison) became final.

    It is numbered and dated, and nothing is owed on it.
    """

    type: ClassVar[str] = "invoicing.order-document-validated.v1"
    about: ClassVar[str] = "document/{document_id}"

    kind: OrderDocumentKind
    number: str
    numbering_period: str
    numbering_count: int


class DocumentValidated(Event):
    """A document (facture, avoir) became final: numbered, dated, owed."""

    type: ClassVar[str] = "invoicing.document-validated.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: Id
    kind: DocumentKind
    nature: DocumentNature
    number: str
    series: str
    numbering_period: str  # what shares one run of the counter, such as "FA2508-{n}"
    numbering_count: int
    customer_id: Id
    issued_on: IsoDate
    due_on: IsoDate
    lines: tuple[DocumentLine, ...]
    vat: tuple[VatBreakdown, ...]
    net: Money
    vat_total: Money
    total: Money
    file_sha256: str | None = None
    corrects: Id | None = None
    source_reference: str | None = None
    variant: DocumentVariant = "normal"
    payer_id: Id | None = None  # who is to pay, where it is not the customer
    follows: Id | None = None  # the document it comes from; the late invoice of a penalty
    brand: str | None = None
    folder_id: Id | None = None
    business_type: str | None = None
    fiscal_year: int | None = None  # none is said: the year of issue
    takes_over: Id | None = None  # the order document whose amount it takes over, or gives back
    passes: Money | None = None  # how much of that; none is said: its total
    discount_terms: tuple[DiscountTerm, ...] = ()
    request_sha256: str

    @property
    def taken_over_cents(self) -> int:
        """Return how much it takes over of an order document; negative: how much it gives back."""
        passes = self.total if self.passes is None else self.passes
        return -passes.cents if self.kind == "credit_note" else passes.cents

    @property
    def undoes(self) -> UUID | None:
        """Return the invoice that a credit note corrects, or the note that an invoice cancels."""
        return self.corrects or (self.follows if self.variant == "cancellation" else None)


class NumberingConfigured(Event):
    """A series got its numbering template; the counter goes on where it was (S1-23)."""

    type: ClassVar[str] = "invoicing.numbering-configured.v1"
    about: ClassVar[str] = "numbering/{series}"

    series: str
    template: str
    brand: str | None = None  # whose documents alone are numbered so


class PageSizeChosen(Event):
    """Somebody wants so many rows on each page of every list (S2-30)."""

    type: ClassVar[str] = "invoicing.page-size-chosen.v1"
    about: ClassVar[str] = "user/{user}"

    user: str
    rows: int


class InvoiceSettled(Event):
    """Nothing is owed on the invoice any more (facture soldée)."""

    type: ClassVar[str] = "invoicing.invoice-settled.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: Id
    number: str
    customer_id: Id
    total: Money
    settled_on: IsoDate


class InvoiceReopened(Event):
    """A settled invoice is owed again, for this much."""

    type: ClassVar[str] = "invoicing.invoice-reopened.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: Id
    number: str
    customer_id: Id
    outstanding: Money
    reopened_on: IsoDate
