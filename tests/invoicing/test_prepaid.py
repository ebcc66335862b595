"""If these failed, nobody would see in a list of orders what customers paid in advance."""

import time
from typing import Any

import pytest

from tests.books import Books, ok, refused, until
from tests.journeys.test_prepayment_slides import after, draw_up, make, prepay
from tests.reading import everything, payment


def listed(books: Books, document: dict[str, Any]) -> dict[str, Any]:
    rows = everything(books, "invoicing", "/documents", kind=document["kind"])
    return next(row for row in rows if row["document_id"] == document["document_id"])


@pytest.mark.feature("S5-03", "S5-15")
def test_each_row_of_a_list_says_what_may_be_begun_from_it(books: Books) -> None:
    order, invoice = make(books, "order"), make(books, "invoice")
    assert listed(books, order)["actions"] == ["record_prepayment"]
    assert "record_payment" in listed(books, invoice)["actions"]
    drawn_up = draw_up(books, "50.00", brand="atelier")
    path = "/brands/atelier/documents"
    (draft,) = everything(books, "invoicing", path, document_status="draft", fiscal_year="all")
    assert draft["document_id"] == drawn_up["document_id"]
    assert draft["actions"] == ["record_prepayment", "delete_draft"]


@pytest.mark.feature("S5-04")
def test_an_explanation_comes_before_the_form_and_is_confirmed(books: Books) -> None:
    order = make(books, "order")
    form = ok(books.get("payments", "/payments/defaults", document=order["document_id"]))
    assert f"acompte sur la commande {order['number']}" in form["explanation"]
    assert form["explanation"].endswith("Voulez-vous continuer ?")
    assert (form["confirm"], form["amount"], form["method"]) == (
        ["record-prepayment"],
        "100.00",
        None,
    )
    refused(books.pay(order, amount="40.00"), 422, "prepayment-not-confirmed")
    ok(books.pay(order, amount="40.00", confirm=form["confirm"]))
    invoice = make(books, "invoice")
    form = ok(books.get("payments", "/payments/defaults", document=invoice["document_id"]))
    assert (form["explanation"], form["confirm"]) == (None, [])


@pytest.mark.feature("S5-11", "S5-12")
def test_an_order_s_status_amounts_and_colour_follow_its_prepayments_at_once(books: Books) -> None:
    order = make(books, "order")

    def columns() -> tuple[Any, ...]:
        row = listed(books, order)
        names = ("prepayment_status", "colour", "prepaid", "outstanding")
        return tuple(row[name] for name in names)

    assert columns() == ("none", None, "0.00", "100.00")
    for amount, after_it in (
        ("40.00", ("partial", "orange", "40.00", "60.00")),
        ("60.00", ("paid", "green", "100.00", "0.00")),
    ):
        before = time.monotonic()
        ok(books.pay(order, amount=amount, confirm=["record-prepayment"]))
        until(lambda expected=after_it: columns() == expected)  # type: ignore[misc]
        assert time.monotonic() - before < 2
    more = books.pay(order, amount="10.00", confirm=["record-prepayment"])
    refused(more, 409, "invoice-is-settled")


@pytest.mark.feature("S5-13", "S5-14", "S5-23")
def test_the_history_of_an_order_lists_its_prepayments_with_day_method_and_amount(
    books: Books,
) -> None:
    order = make(books, "order")
    receipt = prepay(books, order, amount="40.00", method="cheque", received_on="2025-08-19")
    for shown in (books.document(order), listed(books, order)):
        (row,) = shown["prepayments"]
        expected = {"received_on": "2025-08-19", "method": "cheque", "amount": "40.00"}
        assert {name: row[name] for name in expected} == expected
        assert row["number"] == receipt["number"]
    linked = ok(books.http.get(f"{books.stack.urls['payments']}{row['payment']}"))
    assert linked["payment_id"] == receipt["payment_id"]
    assert "correction" in linked["actions"]
    invoice = make(books, "invoice", **after(order))
    (row,) = books.document(order)["prepayments"]  # it went on, and the order still says so
    assert (row["held"], row["freed_because"], row["slid_to"]) == (
        "0.00",
        "slides",
        invoice["document_id"],
    )


@pytest.mark.feature("S5-29")
@pytest.mark.parametrize("kind", ["order", "delivery_note", "draft"])
def test_a_prepayment_is_cancelled_from_the_list_of_what_it_was_for(
    books: Books, kind: str
) -> None:
    document = draw_up(books, "100.00", brand="b") if kind == "draft" else make(books, kind)
    receipt = prepay(books, document, amount="40.00")
    if kind == "draft":
        (row,) = everything(books, "invoicing", "/brands/b/documents", fiscal_year="all")
    else:
        row = listed(books, document)
    assert "cancel_prepayment" in row["actions"]
    url = f"{books.stack.urls['payments']}{row['prepayments'][0]['cancellation']}"
    ok(books.http.put(url, json={"reason": "annulation de l'acompte"}))
    books.wait_until_caught_up()
    shown = books.document(document)
    assert (shown["prepaid"], shown["outstanding"]) == ("0.00", "100.00")
    assert "cancel_prepayment" not in shown["actions"]
    assert payment(books, receipt["payment_id"])["state"] == "reversed"
    books.prove_conservation()
