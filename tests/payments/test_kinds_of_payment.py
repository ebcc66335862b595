"""If these failed, a prepayment could pass for a payment, or two views of one would differ."""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import balance, everything

PREPAY: dict[str, Any] = {"confirm": ["record-prepayment"]}


@pytest.mark.feature("S4-01")
def test_a_payment_a_prepayment_and_a_refund_each_have_rules_of_their_own(books: Books) -> None:
    invoice, order = books.invoice("100.00"), books.invoice("50.00", kind="order")
    for_invoice = books.payment_body(invoice)
    del for_invoice["method"]  # an invoice's has a default …
    paid = ok(books.put("payments", f"/payments/{uuid4()}", for_invoice))
    for_order: dict[str, Any] = books.payment_body(order) | PREPAY
    del for_order["method"]  # … a prepayment's is chosen, and it is confirmed
    refused(books.put("payments", f"/payments/{uuid4()}", for_order), 422, "method-missing")
    refused(books.pay(order, amount="10.00"), 422, "prepayment-not-confirmed")
    prepaid = ok(books.pay(order, amount="10.00", **PREPAY))
    books.wait_until_caught_up()
    refund = {"customer_id": str(books.customer_id), "amount": "10.00", "method": "transfer"}
    of = {"refunds_kind": "payment", "refunds_id": prepaid["payment_id"]}
    of |= {"refunded_on": "2025-08-20"}
    given_back = ok(books.put("payments", f"/refunds/{uuid4()}", refund | of))
    free = ok(books.pay(amount="5.00"))
    kinds = {row["number"]: row["kind"] for row in everything(books, "payments", "/payments")}
    assert kinds == {
        paid["number"]: "invoice_payment",
        prepaid["number"]: "prepayment",
        free["number"]: "credit",
    }
    assert given_back["number"] not in kinds  # money that left has numbers of its own
    books.prove_conservation()


@pytest.mark.feature("S4-08")
@pytest.mark.parametrize("empty", ["", None, " "])
def test_the_day_of_receipt_is_never_empty(books: Books, empty: str | None) -> None:
    answer = books.pay(amount="10.00", received_on=empty)
    assert answer.status_code == 422
    assert "received_on" in answer.text
    assert ok(books.pay(amount="10.00"))["received_on"]  # left out it is today


@pytest.mark.feature("S4-15")
def test_what_is_corrected_shows_on_the_bank_account_and_on_the_customer_s(books: Books) -> None:
    order = books.invoice("100.00", kind="order")
    wrong = ok(books.pay(order, amount="40.00", **PREPAY))
    books.wait_until_caught_up()
    as_meant = books.payment_body(order, amount="30.00", reference="VIR 7", **PREPAY)
    body = {"payment_id": str(uuid4()), "reason": "montant", "payment": as_meant}
    ok(books.put("payments", f"/payments/{wrong['payment_id']}/correction", body))
    books.wait_until_caught_up()
    queries: list[dict[str, Any]] = [
        {"bank_account": "CIC"},
        {"customer_id": str(books.customer_id)},
    ]
    recorded = {"state": "recorded"}
    views = [everything(books, "payments", "/payments", **(q | recorded)) for q in queries]
    assert views[0] == views[1]
    (row,) = views[0]
    assert (row["amount"], row["held"], row["reference"]) == ("30.00", "30.00", "VIR 7")
    path = f"/customers/{books.customer_id}/open-account"
    shown = ok(books.get("reconciliation", path))["available"]
    assert [(r["category"], r["open"]) for r in shown] == [("prepayment", "30.00")]
    assert balance(books)["balance"] == "-30.00"
    assert books.document(order)["prepaid"] == "30.00"
    books.prove_conservation()
