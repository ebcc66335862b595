"""What somebody who follows a guide looks at, fills in and clicks on, whichever guide it is."""

from typing import Any
from uuid import uuid4

from tests.books import Books, ok
from tests.forms import filled_in
from tests.reading import everything

REASON = {"reason": "saisi par erreur"}
DELETED = REASON | {"confirm": ["delete"]}


def paid(books: Books, document: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Record a payment, and wait until everybody knows it."""
    made: dict[str, Any] = ok(books.pay(document, **fields))
    books.wait_until_caught_up()
    return made


def on_statement(books: Books, made: dict[str, Any]) -> None:
    """Let the bank's statement show a payment (rapprochement bancaire)."""
    path = f"/payments/{made['payment_id']}/bank-reconciliation"
    ok(books.put("reconciliation", path, {"statement": "CIC 2025-08"}))
    books.wait_until_caught_up()


def said(books: Books, made: dict[str, Any], what: str, **fields: Any) -> dict[str, Any]:
    """Say something of a payment that stands (correction, deletion …), and let it sink in."""
    path = f"/payments/{made['payment_id']}/{what}"
    answer: dict[str, Any] = ok(books.put("payments", path, fields))
    books.wait_until_caught_up()
    return answer


def prepaid_by_form(books: Books, document: dict[str, Any], **typed: Any) -> dict[str, Any]:
    """Say OUI to the explanation, fill the form in and save it."""
    form = ok(books.get("payments", "/payments/defaults", document=document["document_id"]))
    body = filled_in(form, confirm=form["confirm"], **typed)
    made: dict[str, Any] = ok(books.put("payments", f"/payments/{uuid4()}", body))
    books.wait_until_caught_up()
    return made


# ── what is looked at ───────────────────────────────────────────────────────────


def row_of(books: Books, document: dict[str, Any]) -> dict[str, Any]:
    """Return a document's row in the list of its kind (Ventes > Commandes > Liste)."""
    rows = everything(books, "invoicing", "/documents", kind=document["kind"])
    return next(row for row in rows if row["document_id"] == document["document_id"])


def columns(books: Books) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is open on the customer's account by number: what is owed, what is available."""
    path = f"/customers/{books.customer_id}/open-account"
    shown = ok(books.get("reconciliation", path))
    owed, available = (
        {row["number"]: row["open"] for row in shown[side]} for side in ("owed", "available")
    )
    return owed, available


def balance_of(books: Books) -> str:
    """Return the balance of the customer's account: positive is owed to us."""
    rows = ok(books.get("reconciliation", "/balances", customer_id=str(books.customer_id)))
    return str(rows[0]["balance"]) if rows else "0.00"


def bank_total(books: Books, account: str = "CIC") -> str:
    """Return what payments brought on one of our bank accounts."""
    rows = ok(books.get("payments", "/payments/totals", bank_account=account))["total"]
    return str(rows[0]["amount"]) if rows else "0.00"


def accounts(books: Books) -> tuple[str, str]:
    """Return what is on the bank's account and on the customer's."""
    return bank_total(books), balance_of(books)
