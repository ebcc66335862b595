"""eKo's guide, step by step (S1): a receipt is made on an invoice, seen, and deleted again.

If this failed, somebody who follows that guide with Acquit would not see what it promises.
"""

from typing import Any
from uuid import uuid4

from tests.books import Books, ok
from tests.forms import filled_in, query_of
from tests.reading import everything, journal, payment, summary

CONSELIO = {"name": "CONSELIO SA", "town": "ESCH SUR ALZETTE", "kind": "societe"}
LEVY = {"label": "PRÉLEVEMENT", "untdid_4461": "59"}
SOLD_ON = "2025-08-18"


def invoiced(books: Books, **fields: Any) -> dict[str, Any]:
    """Number documents as the guide's are, and return the invoice that it is about."""
    for series, template in (
        ("invoice", "FA{yy}{mm}{n:4}"),
        ("prepayment_invoice", "AC{yy}{mm}{n:4}"),
    ):
        ok(books.put("invoicing", f"/numbering/{series}", {"template": template}))
    ok(books.put("payments", "/payment-methods/PRELEVEMENT", LEVY))
    return books.invoice("1170.00", issued_on=SOLD_ON, **fields)


def tab(books: Books, title: str) -> list[dict[str, Any]]:
    """Return the rows of a tab of the customer's page, as its link leads to them."""
    tabs = ok(books.get("invoicing", f"/customers/{books.customer_id}/tabs"))
    (found,) = (each for each in tabs if each["title"] == title)
    return everything(books, found["service"], found["path"].partition("?")[0], **query_of(found))


def test_a_receipt_is_made_on_an_invoice_and_deleted_from_the_customer_s_card(
    books: Books,
) -> None:
    # Every document starts from a card, of a company or of a person (line 8).
    card = ok(books.get("invoicing", f"/customers/{books.customer_id}"))
    details = {"name": "CONSELIO SA", "town": "ESCH SUR ALZETTE", "stage": "prospect"}
    ok(books.put("invoicing", f"/customers/{books.customer_id}/details", details))
    assert card["kind"] == CONSELIO["kind"]
    invoice = invoiced(books)
    assert invoice["number"] == "FA25080001"

    # "Encaisser" opens a form that knows what is due (lines 15 to 28).
    assert "record_payment" in books.document(invoice)["actions"]
    form = ok(books.get("payments", "/payments/defaults", document=invoice["document_id"]))
    assert (form["number"], form["due"]) == ("FA25080001", "1170.00")

    # The fields; the balance of the invoice is filled in with one click (lines 23 to 32).
    typed = filled_in(form, received_on=SOLD_ON, method="PRELEVEMENT", reference="0000000")
    typed["note"] = "premier encaissement"
    foreseen = ok(books.post("payments", "/payments/preview", typed))
    (shown,) = foreseen["documents"]
    assert (shown["net"], shown["gross"]) == ("1170.00", "1170.00")
    assert (shown["payment_status"], shown["remaining"]) == ("settled", "0.00")
    assert journal(books, "payments")[-1]["type"] != "payments.payment-recorded.v1"

    # "Enregistrer", and the synthesis: validated and settled, the receipt below (lines 34 to 55).
    made = ok(books.put("payments", f"/payments/{uuid4()}", typed))
    assert made["note"] == "premier encaissement"
    books.wait_until_caught_up()
    document = books.document(invoice)
    assert (document["document_status"], document["payment_status"]) == ("validated", "settled")
    assert document["issued_on"] == SOLD_ON
    assert "create_credit_note" in document["actions"]
    table = summary(books, invoice)
    (row,) = table["receipts"]
    assert list(row.values())[:6] == [
        *(SOLD_ON, "FA25080001", "0000000"),
        *("CIC", "PRELEVEMENT", "1170.00"),
    ]
    assert table["selection"] == {"count": 0, "amount": "0.00"}
    assert table["receipts_total"] == {"count": 1, "amount": "1170.00"}
    said = books.get("payments", f"/payments/{made['payment_id']}/receipt").text
    assert "1 170,00 €" in said.replace("\u202f", " ").replace("\u00a0", " ")
    assert "18/08/2025" in said

    # It is deleted from the customer's card, tab Encaissement, by the red bin (lines 57 to 71).
    card = ok(books.get("invoicing", f"/customers/{books.customer_id}"))
    assert [card[name] for name in ("name", "town", "stage")] == [
        *("CONSELIO SA", "ESCH SUR ALZETTE", "client")
    ]
    (listed,) = tab(books, "Encaissement")
    path = f"/payments/{listed['payment_id']}/deletion"
    warned = books.put("payments", path, {"reason": "saisi deux fois"})
    assert warned.json()["confirm"] == ["delete"]
    ok(books.put("payments", path, {"reason": "saisi deux fois", "confirm": ["delete"]}))
    books.wait_until_caught_up()
    assert everything(books, "payments", "/payments", state="recorded") == []
    assert payment(books, made["payment_id"])["state"] == "reversed"
    assert books.document(invoice)["payment_status"] == "unpaid"
    assert summary(books, invoice)["receipts_total"]["amount"] == "0.00"
    books.prove_conservation()


def test_a_receipt_is_of_a_prepayment_document_too(books: Books) -> None:
    """The Document column of the second screen shows AC24010003 (line 73)."""
    invoiced(books)
    order = books.invoice("500.00", kind="order")
    asked = {"variant": "prepayment", "follows": order["document_id"], "issued_on": "2024-01-31"}
    for number in ("AC24010001", "AC24010002", "AC24010003"):
        prepayment = books.invoice("100.00", **asked)
        assert prepayment["number"] == number
    ok(books.pay(prepayment, received_on="2024-02-28"))
    books.wait_until_caught_up()
    (row,) = tab(books, "Encaissement")
    assert (row["received_on"], row["applies_to"][0]["number"]) == ("2024-02-28", "AC24010003")
    assert [each["number"] for each in tab(books, "Acompte")][:1] == ["AC24010003"]
    books.prove_conservation()
