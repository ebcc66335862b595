"""What may be begun from a document's row in a list."""

from collections.abc import Sequence
from typing import Any

from services.invoicing.domain.due import UNFINISHED, is_owed
from shared.events.invoicing import PURCHASES


def actions(row: Any) -> Sequence[str]:
    """Return what may be begun from the document's row in a list."""
    deleted = ["delete_draft"] if row.document_status in UNFINISHED else []
    if row.document_status in ("cancelled", "rejected"):
        return deleted
    refunded = row.kind == "credit_note" or row.kind in PURCHASES
    if not is_owed(row):
        begun = [] if refunded else ["record_prepayment"]
        held = ["cancel_prepayment"] if row.prepaid_cents else []
        return [*begun, *held, *deleted]
    if refunded:
        return () if row.payment_status == "settled" else ("record_refund",)
    if row.payment_status == "settled":
        return ("create_credit_note",)
    return ("record_payment", "create_credit_note")
