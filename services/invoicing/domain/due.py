"""What is owed or outstanding on a document, and the payment status that follows from it."""

from typing import Any

from services.invoicing.domain.forms import OWED

UNFINISHED = ("draft", "waiting_for_validation", "rejected")  # not validated yet, nor given up


def is_owed(row: Any) -> bool:
    """Say whether a document's row is owed, by somebody or by us: one that is final."""
    return row.document_status == "validated" and row.kind in OWED


def outstanding_cents(row: Any) -> int:
    """Return what is outstanding on a document's row; an order document's is never negative."""
    if is_owed(row):
        return int(row.total_cents - row.paid_cents - row.declared_cents)
    if row.document_status == "cancelled":
        return 0
    covered = row.paid_cents + row.prepaid_cents + row.passed_on_cents
    return int(max(0, row.total_cents - covered))


def payment_status(total_cents: int, paid_cents: int, *, owed: bool = True) -> str:
    """Return not_owed, unpaid, partially_paid or settled (nothing is left to pay)."""
    if paid_cents >= total_cents:
        return "settled"
    if paid_cents > 0:
        return "partially_paid"
    return "unpaid" if owed else "not_owed"
