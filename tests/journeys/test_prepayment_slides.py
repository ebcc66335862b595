"""If these failed, money paid in advance would be lost, owed twice, or stuck on an old order."""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import payment

PREPAY: dict[str, Any] = {"confirm": ["record-prepayment"]}


def make(books: Books, kind: str, total: str = "100.00", **fields: Any) -> dict[str, Any]:
    return books.invoice(total, kind=kind, **fields)


def draw_up(books: Books, total: str, document_id: Any = None, **fields: Any) -> dict[str, Any]:
    body = {
        "kind": "invoice",
        "customer_id": str(books.customer_id),
        "issued_on": "2025-08-18",
        "lines": [{"label": "Prestation", "net": total, "vat_rate": "0"}],
    }
    drawn_up = ok(books.put("invoicing", f"/drafts/{document_id or uuid4()}", body | fields))
    books.wait_until_caught_up()
    return dict(drawn_up)


def validate(books: Books, draft: dict[str, Any]) -> None:
    ok(books.put("invoicing", f"/drafts/{draft['document_id']}/validation", {}))
    books.wait_until_caught_up()


def cancel(books: Books, document: dict[str, Any]) -> None:
    path = f"/documents/{document['document_id']}/cancellation"
    ok(books.put("invoicing", path, {"reason": "abandon"}))
    books.wait_until_caught_up()


def after(document: dict[str, Any]) -> dict[str, str]:
    return {"follows": document["document_id"]}


def prepay(books: Books, document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    made = dict(ok(books.pay(document, **(PREPAY | fields))))
    books.wait_until_caught_up()
    return made


def held(books: Books, *documents: dict[str, Any]) -> list[str]:
    return [books.document(document)["prepaid"] for document in documents]


def outstanding(books: Books, *documents: dict[str, Any]) -> list[str]:
    return [books.document(document)["outstanding"] for document in documents]


def available(books: Books, receipt: dict[str, Any]) -> str:
    return str(payment(books, receipt["payment_id"])["available"])


@pytest.mark.feature("S5-34")
def test_money_slides_from_the_order_to_the_invoice(books: Books) -> None:
    order = make(books, "order")
    receipt = prepay(books, order, amount="40.00")
    assert held(books, order) == ["40.00"]
    note = make(books, "delivery_note", **after(order))
    assert held(books, order, note) == ["0.00", "40.00"]
    invoice = make(books, "invoice", **after(note))
    assert held(books, order, note) == ["0.00", "0.00"]
    shown = books.document(invoice)
    assert (shown["outstanding"], shown["payment_status"]) == ("60.00", "partially_paid")
    assert [part["number"] for part in shown["settled_with"]] == [receipt["number"]]
    assert outstanding(books, order, note) == ["0.00", "0.00"]
    assert available(books, receipt) == "0.00"
    books.prove_conservation()


@pytest.mark.feature("S5-35")
def test_money_goes_back_up_when_the_invoice_is_undone_or_modified(books: Books) -> None:
    order = make(books, "order")
    receipt = prepay(books, order, amount="100.00")
    invoice = make(books, "invoice", **after(order))
    assert books.document(invoice)["payment_status"] == "settled"
    note = make(books, "credit_note", corrects=invoice["document_id"])
    assert held(books, order) == ["100.00"]
    assert outstanding(books, order, invoice, note) == ["0.00", "0.00", "0.00"]
    assert [part["kind"] for part in books.document(invoice)["settled_with"]] == ["document"]
    anew = make(books, "invoice", "90.00", **after(order))  # the invoice as it should have been
    assert books.document(anew)["payment_status"] == "settled"
    assert (held(books, order), available(books, receipt)) == (["10.00"], "0.00")
    books.prove_conservation()


@pytest.mark.feature("S5-35")
def test_a_draft_drawn_up_for_less_or_cancelled_gives_the_rest_to_its_order(books: Books) -> None:
    order = make(books, "order")
    drawn_up = draw_up(books, "80.00", **after(order))
    receipt = prepay(books, drawn_up, amount="80.00")
    draw_up(books, "50.00", drawn_up["document_id"], **after(order))
    assert held(books, order, drawn_up) == ["30.00", "50.00"]
    cancel(books, drawn_up)
    assert held(books, order, drawn_up) == ["80.00", "0.00"]
    cancel(books, order)  # nothing is left to carry it
    assert held(books, order) == ["0.00"]
    assert available(books, receipt) == "80.00"
    books.prove_conservation()


def test_an_order_s_money_goes_as_far_as_each_of_its_invoices(books: Books) -> None:
    order = make(books, "order")
    prepay(books, order, amount="70.00")
    first = make(books, "invoice", "40.00", **after(order))
    assert (held(books, order), outstanding(books, order, first)) == (["30.00"], ["30.00", "0.00"])
    second = make(books, "invoice", "60.00", **after(order))
    assert held(books, order) == ["0.00"]
    assert outstanding(books, order, second) == ["0.00", "30.00"]
    late = prepay(books, order, amount="30.00", confirm=["record-prepayment", "keep-as-credit"])
    assert outstanding(books, second) == ["0.00"]  # the order is invoiced: its money pays that
    assert available(books, late) == "0.00"
    books.prove_conservation()


def test_money_taken_back_is_held_for_nothing(books: Books) -> None:
    order = make(books, "order")
    receipt = prepay(books, order, amount="40.00")
    reason = {"reason": "saisi deux fois"}
    ok(books.put("payments", f"/payments/{receipt['payment_id']}/reversal", reason))
    books.wait_until_caught_up()
    assert (held(books, order), outstanding(books, order)) == (["0.00"], ["100.00"])
    refunded = prepay(books, order, amount="60.00")
    given_back = {
        "amount": "25.00",
        "refunded_on": "2025-08-20",
        "refunds_kind": "payment",
        "refunds_id": refunded["payment_id"],
    }
    body = {"customer_id": str(books.customer_id)} | given_back
    ok(books.put("payments", f"/refunds/{uuid4()}", body))
    books.wait_until_caught_up()
    assert held(books, order) == ["35.00"]
    books.prove_conservation()


@pytest.mark.feature("S5-37", "S5-38", "K2")
def test_money_is_taken_on_any_document_whatever_its_state(books: Books) -> None:
    quote, order = make(books, "quote"), make(books, "order")
    note, drawn_up = make(books, "delivery_note"), draw_up(books, "100.00")
    for document in (quote, order, note, drawn_up):
        refused(books.pay(document, amount="10.00"), 422, "prepayment-not-confirmed")
        prepay(books, document, amount="10.00")
    assert held(books, quote, order, note, drawn_up) == ["10.00"] * 4
    validated, settled = make(books, "invoice"), make(books, "invoice", "5.00")
    for invoice in (validated, settled):
        ok(books.pay(invoice, amount="5.00"))
    given_up = make(books, "order")
    cancel(books, given_up)
    for document, problem in ((settled, "invoice-is-settled"), (given_up, "document-not-payable")):
        answer = books.pay(document, amount="10.00")
        assert answer.json()["type"] == f"/problems/{problem}"
        kept = ok(books.pay(document, amount="10.00", confirm=["keep-as-credit"]))
        books.wait_until_caught_up()
        assert available(books, kept) == "10.00"
    assert outstanding(books, validated) == ["95.00"]
    books.prove_conservation()


@pytest.mark.feature("S5-01", "S5-02")
def test_a_draft_invoice_takes_a_prepayment_and_a_validated_one_a_payment(books: Books) -> None:
    order, drawn_up = make(books, "order"), draw_up(books, "50.00")
    receipts = [prepay(books, document, amount="20.00") for document in (order, drawn_up)]
    assert [receipt["kind"] for receipt in receipts] == ["prepayment", "prepayment"]
    assert books.document(drawn_up)["actions"] == [
        *("record_prepayment", "cancel_prepayment"),
        "delete_draft",
    ]
    validate(books, drawn_up)
    shown = books.document(drawn_up)
    assert (shown["outstanding"], shown["prepaid"]) == ("30.00", "0.00")
    assert "record_payment" in shown["actions"]
    paid = ok(books.pay(drawn_up))
    assert (paid["kind"], paid["amount"]) == ("invoice_payment", "30.00")
    books.wait_until_caught_up()
    assert books.document(drawn_up)["payment_status"] == "settled"
    books.prove_conservation()
