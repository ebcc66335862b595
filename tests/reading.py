"""What tests read of a ledger: its sealed journals, its lists, other people's view of it."""

import base64
from typing import Any
from uuid import UUID

import orjson

from tests.books import Books, ok


def journal(books: Books, service: str) -> list[dict[str, Any]]:
    """Return the envelopes of a service's journal, in order."""
    answer = books.get(service, "/journal", limit=5_000)
    assert answer.is_success, answer.text
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    return [orjson.loads(base64.b64decode(line["sealed"])) for line in lines]


def facts(books: Books, service: str, name: str | None = None) -> list[dict[str, Any]]:
    """Return what the facts of a service say, of one kind if named (`payment-recorded`)."""
    return [
        entry["data"]
        for entry in journal(books, service)
        if name is None or entry["type"] == f"{service}.{name}.v1"
    ]


def position(books: Books, service: str) -> int:
    """Return the last position of a service's journal."""
    return int(ok(books.get(service, "/positions"))["position"])


def everything(books: Books, service: str, path: str, limit: int = 500, **query: Any) -> list[Any]:
    """Return every row of a list, page after page."""
    found: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = ok(books.get(service, path, limit=limit, **query, **cursor))
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def payment(books: Books, payment_id: UUID | str) -> dict[str, Any]:
    """Return a payment as it is shown now."""
    return dict(ok(books.get("payments", f"/payments/{payment_id}")))


def summary(books: Books, document: dict[str, Any]) -> dict[str, Any]:
    """Return a document as payments shows it now, with its receipts."""
    return dict(ok(books.get("payments", f"/payable-documents/{document['document_id']}")))


def links(books: Books, **query: Any) -> list[Any]:
    """Return the links between payments and invoices."""
    return everything(books, "reconciliation", "/allocations", **query)


def balance(books: Books) -> dict[str, str]:
    """Return what the customer owes, and what is open on each side."""
    (row,) = ok(books.get("reconciliation", "/balances", customer_id=str(books.customer_id)))
    return dict(row)
