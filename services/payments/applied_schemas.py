"""What a payment was meant for, as the API shows it."""

from typing import Any
from uuid import UUID

from shared.web import Out


class AppliedOut(Out):
    """A document the payment was meant for, for how much, and the seal of its file.

    `discount` is what was given up beside the amount, since it was paid early.
    `number` is empty where the document was not validated yet; `summary` is where the
    document is shown with its receipts.
    """

    document_id: UUID
    number: str
    amount: str
    file_sha256: str | None
    prepayment: bool
    discount: str | None
    summary: str


def summary_path(ledger: str, document_id: str) -> str:
    """Return the address of a document with its receipts."""
    return f"/v1/ledgers/{ledger}/payable-documents/{document_id}"


def applied_fields(row: Any) -> list[dict[str, Any]]:
    """Return the fields of `AppliedOut` for each document that a payment was meant for."""
    return [
        {
            "document_id": applied["document_id"],
            "number": applied["number"],
            "amount": applied["amount"],
            "file_sha256": applied["file_sha256"],
            "prepayment": bool(applied.get("meant_as")),
            "discount": applied.get("discount"),
            "summary": summary_path(row.ledger, applied["document_id"]),
        }
        for applied in row.applies_to
    ]
