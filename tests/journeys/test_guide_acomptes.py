"""The guide of prepayments and of what they settle (acomptes et rapprochements, S5), step by step.

If this failed, a shop that follows that guide with Acquit would not see what it promises.
"""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.forms import filled_in
from tests.journeys.test_prepayment_slides import after, draw_up, make, validate
from tests.reading import everything, payment

CONFIRMED = {"reason": "annulation de l'acompte", "confirm": ["delete"]}


@pytest.fixture
def order(books: Books) -> dict[str, Any]:
    """A customer's order of 1 200,00 €."""
    ok(books.put("payments", "/payment-policy", {"receipt_template": "RC{yy}{mm}-{n:4}"}))
    return make(books, "order", "1200.00")


def row_of(books: Books, document: dict[str, Any]) -> dict[str, Any]:
    """Return a document's row in the list of its kind (Ventes > Commandes > Liste)."""
    rows = everything(books, "invoicing", "/documents", kind=document["kind"])
    return next(row for row in rows if row["document_id"] == document["document_id"])


def prepaid_by_form(books: Books, document: dict[str, Any], **typed: Any) -> dict[str, Any]:
    """Say OUI to the explanation, fill the form in and save it."""
    form = ok(books.get("payments", "/payments/defaults", document=document["document_id"]))
    body = filled_in(form, confirm=form["confirm"], **typed)
    made: dict[str, Any] = ok(books.put("payments", f"/payments/{uuid4()}", body))
    books.wait_until_caught_up()
    return made


def test_a_prepayment_is_added_from_the_list_of_orders(books: Books, order: dict[str, Any]) -> None:
    # The menu of the row has "Acompte"; a pop-up explains it (lines 8 to 21).
    assert "record_prepayment" in row_of(books, order)["actions"]
    form = ok(books.get("payments", "/payments/defaults", document=order["document_id"]))
    assert "acompte" in form["explanation"]
    # What is owed and paid; the method is not chosen for us; all that is due, today (28 to 38).
    assert (form["total"], form["paid"], form["due"]) == ("1200.00", "0.00", "1200.00")
    assert (form["method"], form["amount"]) == (None, "1200.00")
    refused(
        books.put("payments", f"/payments/{uuid4()}", filled_in(form, confirm=form["confirm"])),
        *(422, "method-missing"),
    )
    # Enregistrer (lines 41 to 44): in part, then the rest.
    first = prepaid_by_form(books, order, amount="400.00", method="cheque", reference="0012345")
    assert first["number"].startswith("RC")
    shown = row_of(books, order)
    assert [shown[name] for name in ("colour", "prepaid", "outstanding")] == [
        *("orange", "400.00", "800.00")
    ]
    # The history of the order, and what hovering shows (lines 55 to 58).
    (kept,) = books.document(order)["prepayments"]
    assert [kept[name] for name in ("number", "method", "amount")] == [
        *(first["number"], "cheque", "400.00")
    ]
    prepaid_by_form(books, order, method="transfer")
    shown = row_of(books, order)
    assert (shown["colour"], shown["outstanding"]) == ("green", "0.00")
    books.prove_conservation()


def test_a_payment_is_made_and_used_from_the_screen_of_two_columns(
    books: Books, order: dict[str, Any]
) -> None:
    """Ventes > Règlements > Créer un règlement (lines 65 to 77)."""
    invoice = make(books, "invoice", "300.00")
    note = make(books, "credit_note", "50.00")
    spare = ok(books.pay(amount="500.00"))
    books.wait_until_caught_up()
    path = f"/customers/{books.customer_id}/open-account"
    columns = ok(books.get("reconciliation", path))
    assert {row["number"] for row in columns["owed"]} == {order["number"], invoice["number"]}
    assert {row["number"] for row in columns["available"]} == {note["number"], spare["number"]}
    sides = {
        "owed": [{"kind": "document", "id": invoice["document_id"]}],
        "available": [
            {"kind": "document", "id": note["document_id"]},
            {"kind": "payment", "id": spare["payment_id"]},
        ],
    }
    ok(books.put("reconciliation", f"/settlements/{uuid4()}", sides))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"
    # What is left on the payment is used for another document (line 150).
    assert payment(books, spare["payment_id"])["available"] == "250.00"
    books.prove_conservation()


def test_what_may_be_changed_and_what_not(books: Books, order: dict[str, Any]) -> None:
    # From the history, by its RC number (lines 89 to 111).
    made = prepaid_by_form(books, order, amount="400.00", method="cheque")
    (kept,) = books.document(order)["prepayments"]
    shown = ok(books.http.get(f"{books.stack.urls['payments']}{kept['payment']}"))
    assert {"method", "received_on", "amount", "reference", "note"} <= set(shown["editable"])
    new = books.payment_body(order, amount="450.00", method="transfer", reference="VIR 77")
    new |= {"confirm": ["record-prepayment"], "note": "montant corrigé"}
    body = {"payment_id": str(uuid4()), "reason": "erreur de saisie", "payment": new}
    path = f"/payments/{made['payment_id']}"
    right = ok(books.put("payments", f"{path}/correction", body))
    assert (right["amount"], right["replaces"]) == ("450.00", made["payment_id"])
    books.wait_until_caught_up()
    assert row_of(books, order)["prepaid"] == "450.00"
    # Of a digital payment only the comment; and nobody deletes it (lines 114, 136).
    card = prepaid_by_form(books, order, amount="100.00", method="card")
    path = f"/payments/{card['payment_id']}"
    assert payment(books, card["payment_id"])["editable"] == ["note"]
    ok(books.put("payments", f"{path}/annotation", {"note": "vu avec le client"}))
    refused(books.put("payments", f"{path}/deletion", CONFIRMED), 409, "payment-is-digital")
    # "Annulation acompte" from the list (lines 124 to 133).
    path = f"/payments/{right['payment_id']}/deletion"
    ok(books.put("payments", path, CONFIRMED))
    books.wait_until_caught_up()
    assert row_of(books, order)["prepaid"] == "100.00"
    # Nothing once accounting has it (line 89).
    ok(books.post("payments", "/accounting-exports", {"from": "2025-01-01", "to": "2099-12-31"}))
    assert payment(books, card["payment_id"])["editable"] == []
    books.prove_conservation()


def test_money_slides_from_the_order_to_the_invoice_and_back_up(
    books: Books, order: dict[str, Any]
) -> None:
    """What a rapprochement is, and what becomes of it (lines 142 to 154)."""
    prepaid_by_form(books, order, amount="400.00", method="cheque")
    draft = draw_up(books, "1200.00", **after(order))
    validate(books, draft)
    invoice = books.document(draft)
    assert (invoice["payment_status"], invoice["outstanding"]) == ("partially_paid", "800.00")
    assert row_of(books, order)["prepaid"] == "0.00"
    # The invoice is undone by a credit note: the money is on the order again.
    make(books, "credit_note", "1200.00", corrects=draft["document_id"])
    assert row_of(books, order)["prepaid"] == "400.00"
    # Any document takes a receipt, whatever its state (line 154).
    cancelled = draw_up(books, "80.00")
    path = f"/documents/{cancelled['document_id']}/cancellation"
    ok(books.put("invoicing", path, {"reason": "abandon"}))
    books.wait_until_caught_up()
    kept = ok(books.pay(cancelled, amount="80.00", confirm=["keep-as-credit"]))
    books.wait_until_caught_up()
    assert payment(books, kept["payment_id"])["available"] == "80.00"
    books.prove_conservation()
