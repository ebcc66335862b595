"""What somebody who follows a guide looks at, fills in and clicks on, whichever guide it is."""

from typing import Any
from uuid import uuid4

from shared.money import decimal_text
from tests.books import Books, ok
from tests.forms import filled_in
from tests.reading import everything

REASON = {"reason": "saisi par erreur"}
_NIL = {"amount": "0.00"}
DELETED = REASON | {"confirm": ["delete"]}


def paid(books: Books, document: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Record a payment, and wait until everybody knows it."""
    made: dict[str, Any] = ok(books.pay(document, **fields))
    books.wait_until_caught_up()
    return made


def refund_body(books: Books, amount: str, *of: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the body of a refund of these payments and credit notes, in that order."""
    body = {"customer_id": str(books.customer_id), "amount": amount, "refunded_on": "2025-08-20"}
    return body | {"refunds": [named(one) for one in of]} | fields


def refunded(books: Books, amount: str, *of: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Record a refund, and wait until everybody knows it."""
    body = refund_body(books, amount, *of, **fields)
    made: dict[str, Any] = ok(books.put("payments", f"/refunds/{uuid4()}", body))
    books.wait_until_caught_up()
    return made


def named(made: dict[str, Any]) -> dict[str, str]:
    """Name a payment, a refund or a document, as settling and refunds do."""
    kind = next(kind for kind in ("payment", "refund", "document") if f"{kind}_id" in made)
    return {"kind": kind, "id": made[f"{kind}_id"]}


def path_of(made: dict[str, Any], what: str = "") -> str:
    """Return the address of a payment or refund, or of what is said of it."""
    name = named(made)
    return f"/{name['kind']}s/{name['id']}{what and '/'}{what}"


def on_statement(books: Books, made: dict[str, Any]) -> None:
    """Let the bank's statement show a payment or refund (rapprochement bancaire)."""
    path = path_of(made, "bank-reconciliation")
    ok(books.put("reconciliation", path, {"statement": "CIC 2025-08"}))
    books.wait_until_caught_up()


def said(books: Books, made: dict[str, Any], what: str, **fields: Any) -> dict[str, Any]:
    """Say something of a payment or refund that stands (correction …), and let it sink in."""
    answer: dict[str, Any] = ok(books.put("payments", path_of(made, what), fields))
    books.wait_until_caught_up()
    return answer


def moved(
    books: Books,
    released: list[dict[str, Any]],
    *allocations: tuple[dict[str, Any], dict[str, Any], str],
) -> None:
    """Uncheck these boxes and check those, in one command: each a credit, a debit, an amount."""
    made = [
        {"credit": named(credit), "debit": named(debit), "amount": amount}
        for credit, debit, amount in allocations
    ]
    body = {"releases": [link["allocation_id"] for link in released], "reason": "mauvaise case"}
    path = f"/reallocations/{uuid4()}"
    ok(books.put("reconciliation", path, body | {"allocations": made}))
    books.wait_until_caught_up()


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
    """Return what payments brought on one of our bank accounts, less what refunds took from it."""
    came = ok(books.get("payments", "/payments/totals", bank_account=account))["total"]
    went = ok(books.get("payments", "/refunds/totals", bank_account=account))
    cents = [int(row["amount"].replace(".", "")) for side in (came, went) for row in side or [_NIL]]
    return decimal_text(cents[0] - cents[1], "EUR")


def accounts(books: Books) -> tuple[str, str]:
    """Return what is on the bank's account and on the customer's."""
    return bank_total(books), balance_of(books)
