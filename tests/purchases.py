"""What tests buy and pay: suppliers, employees, and the documents that we owe them."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.books import Books, ok

ON = "2025-08-20"


def card(books: Books, role: str = "supplier", **fields: Any) -> UUID:
    """Open the card of a supplier or employee, and wait until payments knows it."""
    card_id = uuid4()
    books.register(card_id, **({"name": "Martin", "role": role} | fields))
    books.wait_until_caught_up()
    return card_id


def body_of(party: UUID, total: str, kind: str, **fields: Any) -> dict[str, Any]:
    """Return the body of what we owe somebody."""
    return {
        "kind": kind,
        "customer_id": str(party),
        "issued_on": "2025-08-18",
        "lines": [{"label": "Fournitures", "net": total, "vat_rate": "0"}],
        "source_reference": f"F-{uuid4().hex[:6]}",
    } | fields


def bought(
    books: Books, party: UUID, total: str, kind: str = "purchase_invoice", **fields: Any
) -> dict[str, Any]:
    """Validate what we owe, and wait until payments knows it."""
    body = body_of(party, total, kind, **fields)
    document: dict[str, Any] = ok(books.put("invoicing", f"/documents/{uuid4()}", body))
    books.wait_until_caught_up()
    return document


def pay_out(
    books: Books,
    document: dict[str, Any],
    amount: str,
    *,
    closes: bool = False,
    name: UUID | None = None,
    **fields: Any,
) -> httpx.Response:
    """Pay what we owe, or close it."""
    part = {"kind": "document", "id": document["document_id"], "closes": closes}
    body = {
        "customer_id": document["customer_id"],
        "amount": amount,
        "refunded_on": ON,
        "refunds": [part],
    }
    return books.put("payments", f"/refunds/{name or uuid4()}", body | fields)


def shown(books: Books, document: dict[str, Any]) -> tuple[str, str, str]:
    """Return a document's payment status, what is owed on it, and what nobody will pay."""
    books.wait_until_caught_up()
    found = books.document(document)
    return found["payment_status"], found["outstanding"], found["closed_short"]


def exported(books: Books) -> list[dict[str, str]]:
    """Close an accounting export, and return its lines."""
    august = {"from": "2025-08-01", "to": "2025-08-31"}
    export = ok(books.post("payments", "/accounting-exports", august))
    url = f"/accounting-exports/{export['export_id']}/file"
    head, *lines = [row.split("\t") for row in books.get("payments", url).text.splitlines()]
    return [dict(zip(head, line, strict=True)) for line in lines]
