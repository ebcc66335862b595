"""Documents: drawn up, validated once, numbered without a hole, owed until settled.

A document's status (draft, waiting for validation, validated, rejected, cancelled) and its
payment status (not owed, unpaid, partially paid, settled) are two things (S1-17). What is said
of one is checked in `writing`.
"""

from datetime import date, datetime
from uuid import UUID

from services.invoicing.domain.due import is_owed, outstanding_cents
from shared.decider import Row
from shared.errors import Refusal

# ── remembered ──────────────────────────────────────────────────────────────────


class Document(Row, frozen=True):
    """A document and how much of it is settled; amounts in cents, positive.

    Its number is empty until it has one. What has a default was added to rows that there were.
    """

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
    validated_at: datetime | None
    request_sha256: str
    position: int
    variant: str = "normal"
    document_status: str = "validated"
    status_reason: str | None = None  # why it was rejected or cancelled
    drafted_by: str | None = None
    validated_by: str | None = None
    self_validated: bool = False
    payer_id: UUID | None = None
    follows: UUID | None = None
    brand: str | None = None
    folder_id: UUID | None = None
    folder_name: str = ""
    business_type: str | None = None
    fiscal_year: int = 0
    opened: int = 0  # the position at which its folder was opened, or else itself drawn up
    takes_over: UUID | None = None  # the order document whose amount it takes over, or gives back
    passed_on_cents: int = 0  # how much documents that follow took over of it; see `owe`
    prepaid_cents: int = 0  # how much is held for it, as long as it is not owed
    declared_cents: int = 0  # what nobody will pay, since it was closed short
    discount_terms: tuple[dict[str, str], ...] = ()  # see DiscountTerm

    @property
    def final(self) -> bool:
        """Say whether it was validated and still stands."""
        return self.document_status == "validated"

    @property
    def owed(self) -> bool:
        """Say whether it is owed: a final invoice, credit note or purchase."""
        return is_owed(self)

    @property
    def outstanding_cents(self) -> int:
        """Return what is still owed (of some documents by us), or else to be prepaid."""
        return outstanding_cents(self)


# ── refused ─────────────────────────────────────────────────────────────────────


class DocumentIdTaken(Refusal):
    """This identifier already names a different document."""


class DueBeforeIssued(Refusal):
    """A document can't be due before the day it is issued."""

    status = 422


class AmountNotPositive(Refusal):
    """A document's total is more than zero; what goes the other way is a credit note."""

    status = 422


class CorrectedDocumentMissing(Refusal):
    """A credit note corrects a validated invoice of the same customer."""

    status = 422


class FollowedDocumentMissing(Refusal):
    """A document follows a validated one of the same customer, of a kind that comes before it."""

    status = 422
