"""Documents of the brand Atelier, put where people look for them, over HTTP."""

from typing import Any
from uuid import uuid4

from shared.dates import civil_date, now
from tests.books import Books, ok
from tests.reading import everything

ENTERPRISE = "/enterprise/documents"
ATELIER = "/brands/atelier/documents"
THIS_YEAR = civil_date(now()).year


def body(books: Books, **fields: Any) -> dict[str, Any]:
    """Return a document of this fiscal year, of the brand Atelier."""
    known = {
        "kind": "invoice",
        "customer_id": str(books.customer_id),
        "issued_on": f"{THIS_YEAR}-01-15",
        "lines": [{"label": "Prestation", "net": "100.00", "vat_rate": "0"}],
        "brand": "atelier",
    }
    net = fields.pop("net", None)
    lines = {"lines": [{"label": "Prestation", "net": net, "vat_rate": "0"}]} if net else {}
    return known | lines | fields


def validate(books: Books, **fields: Any) -> dict[str, Any]:
    return dict(ok(books.put("invoicing", f"/documents/{uuid4()}", body(books, **fields))))


def draft(books: Books, **fields: Any) -> dict[str, Any]:
    return dict(ok(books.put("invoicing", f"/drafts/{uuid4()}", body(books, **fields))))


def step(books: Books, document: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    path = f"/drafts/{document['document_id']}/{name}"
    return dict(ok(books.put("invoicing", path, fields)))


def folder(books: Books, name: str, **fields: Any) -> str:
    folder_id = str(uuid4())
    ok(books.put("invoicing", f"/folders/{folder_id}", {"name": name} | fields))
    return folder_id


def ids(books: Books, path: str = ATELIER, **query: Any) -> list[str]:
    return [row["document_id"] for row in everything(books, "invoicing", path, **query)]


def of(*documents: dict[str, Any]) -> list[str]:
    return [document["document_id"] for document in documents]
