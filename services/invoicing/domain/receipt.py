"""Receipts as an invoice shows them: the payments that settle it (S1-16, S1-18)."""

from datetime import date
from uuid import UUID

from shared.decider import Row
from shared.events.reconciliation import AllocationMade, AllocationReleased


class SeenPayment(Row, frozen=True):
    """A payment as the payments service recorded it; amounts in cents."""

    key = "payment_id"

    payment_id: UUID
    number: str
    received_on: date
    method: str
    bank_account: str
    reference: str | None
    amount_cents: int
    currency: str


class SettledBy(Row, frozen=True):
    """One allocation on one of our documents, as long as it holds."""

    key = "allocation_id"

    allocation_id: UUID
    document_id: UUID
    other_kind: str
    other_id: UUID
    amount_cents: int
    currency: str
    allocated_on: date
    released: bool


class HeldFor(Row, frozen=True):
    """A prepayment on one of our documents, and how much of it was freed since, and why."""

    key = "prepayment_id"

    prepayment_id: UUID
    document_id: UUID
    other_kind: str
    other_id: UUID
    amount_cents: int
    freed_cents: int
    currency: str
    held_on: date
    freed_on: date | None
    freed_because: str | None
    slid_to: UUID | None
    position: int


def documents_of(fact: AllocationMade | AllocationReleased) -> list[tuple[UUID, str, UUID]]:
    """Return each document side of an allocation: its id, and the other side's kind and id.

    What a transfer brings from another customer's account is what that customer paid.
    """
    credit = fact.carries if isinstance(fact, AllocationMade) and fact.carries else fact.credit
    sides = ((fact.credit, fact.debit), (fact.debit, credit))
    return [(this.id, other.kind, other.id) for this, other in sides if this.kind == "document"]


def link_id(allocation_id: UUID, document_id: UUID) -> UUID:
    """Name one side of an allocation: between two documents it has two."""
    return UUID(int=allocation_id.int ^ document_id.int)
