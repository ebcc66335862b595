"""Receipts as an invoice shows them: the payments that settle it (S1-16, S1-18)."""

from datetime import date
from uuid import UUID

from shared.decider import Row


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
