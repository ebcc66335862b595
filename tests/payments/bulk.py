"""Many payments in one request."""

from typing import Any
from uuid import uuid4

from tests.books import Books


def many(books: Books, count: int, **fields: Any) -> list[dict[str, Any]]:
    body = books.payment_body(amount="1.00", received_on="2025-08-18") | fields
    return [{"id": str(uuid4())} | body for _ in range(count)]


def bulk(books: Books, items: list[dict[str, Any]], mode: str = "each") -> Any:
    url = books.url("payments", "/payments/bulk")
    return books.http.post(url, json={"mode": mode, "items": items}, timeout=300)
