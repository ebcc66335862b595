"""What the list of links and the history of an item show."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from shared.money import decimal_text
from shared.web import Out


class LinkOut(Out):
    """One allocation: the columns of the list, in their order, then what they are shown with.

    `paid_on` is when the customer paid, which may be earlier than when that was recorded;
    `payment_amount` and `document_total` are of the whole payment and the whole invoice.
    """

    customer_code: str
    customer_name: str
    payment_number: str
    paid_on: date
    payment_amount: str
    document_number: str
    document_type: str
    document_on: date
    due_on: date
    document_total: str
    allocated: str
    currency: str
    matching_code: str | None
    allocated_on: date
    allocation_id: UUID
    customer_id: UUID
    payment_id: UUID
    document_id: UUID


def link_out(row: Any) -> LinkOut:
    """Show a row of the list."""
    amounts = "payment_amount", "document_total", "allocated"
    texts = {name: decimal_text(getattr(row, name), row.currency) for name in amounts}
    own = {name: getattr(row, name) for name in LinkOut.model_fields}
    return LinkOut.model_validate(own | texts)


class HistoryOut(Out):
    """An allocation made or released: when, by whom, and why.

    `at` and `by` are null for what was recorded before they were kept, until a rebuild.
    """

    what: Literal["made", "released"]
    position: int
    at: datetime | None
    by: str | None
    on: date
    origin: str
    reason: str | None
    allocation_id: UUID
    credit_item: str
    debit_item: str
    amount: str
    currency: str


def history_out(row: Any) -> HistoryOut:
    """Show a line of an item's history."""
    own = {name: getattr(row, name) for name in HistoryOut.model_fields if name != "amount"}
    return HistoryOut.model_validate(own | {"amount": decimal_text(row.amount_cents, row.currency)})
