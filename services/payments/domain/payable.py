"""What payments knows of customers and documents, from invoicing and reconciliation.

A document's **room** is what may still be paid on it: its total, less what is allocated,
less what was accepted here and is not yet seen allocated (rule 2), less the difference that
was declared when it was closed short. Of a quote, order, delivery note or draft it is what may
still be prepaid: less what is held for it, and what documents that follow took over.
"""

from typing import Final, get_args
from uuid import UUID

from msgspec.structs import replace

from shared.decider import Picture, Row
from shared.events.invoicing import PURCHASES, CustomerRole, OrderDocumentKind

ORDER_DOCUMENTS: Final = frozenset(get_args(OrderDocumentKind))


class KnownCustomer(Row, frozen=True):
    """A customer card, as invoicing registered it."""

    key = "customer_id"

    customer_id: UUID
    code: str
    name: str
    account: str
    auxiliary_account: str | None
    parent_id: UUID | None = None  # the customer who pays for this one, in a group
    role: CustomerRole = "customer"

    @property
    def group(self) -> UUID:
        """Return who pays for its group: another, or itself."""
        return self.parent_id or self.customer_id


class DocumentVat(Row, frozen=True):
    """A document's total per VAT rate, apart since a payment is decided without it."""

    key = "document_id"

    document_id: UUID
    vat: tuple[dict[str, str | int], ...]  # rate, net_cents, vat_cents


class PayableDocument(Row, frozen=True):
    """A document and its room; amounts in cents. `kind` is empty until invoicing's fact came.

    `adjusted_by` names the positive adjustments that raise what may be paid on it (S2-40).
    """

    key = "document_id"

    document_id: UUID
    kind: str
    number: str
    customer_id: UUID | None
    currency: str
    total_cents: int
    allocated_cents: int
    pending_cents: int
    file_sha256: str | None
    difference_cents: int = 0
    adjusted_by: tuple[str, ...] = ()
    document_status: str = "validated"  # or draft, cancelled
    held_cents: int = 0  # prepayments, as reconciliation holds them
    passed_on_cents: int = 0  # what documents that follow took over of it

    @property
    def owed(self) -> bool:
        """Say whether it is an invoice that can be paid."""
        return self.kind == "invoice" and self.document_status == "validated"

    @property
    def purchase(self) -> bool:
        """Say whether it is a purchase invoice or an expense note: we owe it."""
        return self.kind in PURCHASES

    @property
    def refundable(self) -> bool:
        """Say whether money that goes out can settle it."""
        return self.kind == "credit_note" or self.purchase

    @property
    def prepayable(self) -> bool:
        """Say whether it is known, and nothing is owed on it yet."""
        if self.document_status == "draft":
            return self.kind != "credit_note"
        return self.document_status == "validated" and self.kind in ORDER_DOCUMENTS

    @property
    def room_cents(self) -> int:
        """Return what may still be paid, before any tolerance."""
        if self.document_status == "cancelled":
            return 0
        taken_cents = self.allocated_cents + self.pending_cents + self.difference_cents
        return self.total_cents - taken_cents - self.held_cents - self.passed_on_cents

    def payment_status(self, paid_cents: int = 0) -> str:
        """Return the status it has once this much more is paid (S1-12)."""
        room = self.room_cents - paid_cents
        if room <= 0 and self.kind:
            return "settled"
        return "partially_paid" if room < self.total_cents else "unpaid"


def payable(picture: Picture, document_id: UUID) -> PayableDocument:
    """Return a document's row, blank if reconciliation spoke of it before invoicing did."""
    return picture.find(PayableDocument, document_id) or PayableDocument(
        ledger=picture.ledger,
        document_id=document_id,
        kind="",
        number="",
        customer_id=None,
        currency="",
        total_cents=0,
        allocated_cents=0,
        pending_cents=0,
        file_sha256=None,
    )


def add_pending(picture: Picture, document_id: UUID, cents: int) -> None:
    """Count cents as accepted here and not yet seen allocated (negative: seen, or dropped)."""
    document = payable(picture, document_id)
    picture.put(replace(document, pending_cents=document.pending_cents + cents))
