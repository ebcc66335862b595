"""If these failed, money that never came would stay in the books, or a trace would be lost."""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import balance, everything, facts, journal, links, payment, summary

REASON = {"reason": "saisi deux fois"}


def take_back(books: Books, made: dict[str, Any], how: str = "reversal", **fields: Any) -> Any:
    return books.put("payments", f"/payments/{made['payment_id']}/{how}", REASON | fields)


def shown(books: Books, **query: Any) -> list[str]:
    return [row["payment_id"] for row in everything(books, "payments", "/payments", **query)]


@pytest.mark.feature("S1-26", "S4-22", "S2-06", "K1")
def test_a_deleted_receipt_leaves_the_list_and_the_balance_but_not_the_history(
    books: Books,
) -> None:
    invoice = books.invoice("1170.00")
    wrong, right = ok(books.pay(invoice, amount="170.00")), ok(books.pay(amount="20.00"))
    books.wait_until_caught_up()
    assert books.document(invoice)["outstanding"] == "1000.00"
    ok(take_back(books, wrong))
    books.wait_until_caught_up()
    assert shown(books, state="recorded") == [right["payment_id"]]
    assert shown(books, state="reversed") == [wrong["payment_id"]]
    invoice_now = books.document(invoice)
    assert (invoice_now["outstanding"], invoice_now["payment_status"]) == ("1170.00", "unpaid")
    assert (summary(books, invoice)["left_to_pay"], invoice_now["settled_with"]) == ("1170.00", [])
    assert payment(books, wrong["payment_id"])["taken_back_reason"] == "saisi deux fois"
    entries = [e for e in journal(books, "payments") if e["stream"].endswith(wrong["payment_id"])]
    assert [entry["type"] for entry in entries] == [
        "payments.payment-recorded.v1",
        "payments.payment-reversed.v1",
    ]
    assert [entry["data"]["amount"]["value"] for entry in entries] == ["170.00", "-170.00"]
    before = len(journal(books, "payments"))
    ok(take_back(books, wrong))
    for other in ({"reason": "autre"}, {"on": "2025-08-20"}):
        problem = refused(take_back(books, wrong, **other), 409, "payment-is-reversed")
        assert problem["reason"] == "saisi deux fois"
    assert len(journal(books, "payments")) == before


@pytest.mark.feature("S2-06")
def test_a_corrected_receipt_is_a_reversal_and_a_new_entry_linked_to_the_old(books: Books) -> None:
    invoice = books.invoice("1170.00")
    wrong = ok(books.pay(invoice, amount="1170.00", method="cheque"))
    books.wait_until_caught_up()
    body = {
        "payment_id": str(uuid4()),
        "reason": "faute de frappe",
        "payment": books.payment_body(invoice, amount="1107.00", method="cheque"),
    }
    path = f"/payments/{wrong['payment_id']}/correction"
    new = ok(books.put("payments", path, body))
    assert (new["payment_id"], new["replaces"]) == (body["payment_id"], wrong["payment_id"])
    before = len(journal(books, "payments"))
    assert ok(books.put("payments", path, body))["number"] == new["number"]
    other = body | {"reason": "autre"}
    refused(books.put("payments", path, other), 409, "payment-id-taken")
    assert len(journal(books, "payments")) == before
    reversed_, recorded = journal(books, "payments")[-2:]
    assert (reversed_["type"], recorded["type"]) == (
        "payments.payment-reversed.v1",
        "payments.payment-recorded.v1",
    )
    assert reversed_["correlation_id"] == recorded["correlation_id"]
    assert recorded["data"]["replaces"] == wrong["payment_id"]
    books.wait_until_caught_up()
    assert books.document(invoice)["outstanding"] == "63.00"
    assert [row["number"] for row in books.document(invoice)["settled_with"]] == [new["number"]]


@pytest.mark.feature("S4-25")
def test_a_reversed_receipt_leaves_an_unpaid_invoice_no_credit_and_nothing_at_the_bank(
    books: Books,
) -> None:
    invoice = books.invoice("1170.00")
    made = ok(books.pay(invoice, received_on="2025-08-18"))
    books.wait_until_caught_up()
    ok(take_back(books, made, on="2025-08-20"))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "unpaid"
    assert links(books) == []
    assert balance(books)["open_credit"] == "0.00"
    assert balance(books)["balance"] == "1170.00"
    moved = [
        float(fact["amount"]["value"])
        for fact in facts(books, "payments")
        if fact.get("payment_id") == made["payment_id"]
    ]
    assert sum(moved) == 0
    ok(books.pay(invoice))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"


def test_a_bounced_cheque_is_owed_again_and_is_not_reversed_too(books: Books) -> None:
    invoice = books.invoice("100.00")
    made = ok(books.pay(invoice, method="cheque"))
    assert ok(take_back(books, made, "return"))["state"] == "returned"
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "unpaid"
    refused(take_back(books, made), 409, "payment-is-returned")
    other = ok(books.pay(invoice))
    ok(take_back(books, other))
    refused(take_back(books, other, "return"), 409, "payment-is-reversed")
    refused(take_back(books, {"payment_id": uuid4()}), 404, "unknown-payment")


@pytest.mark.feature("S4-02")
def test_what_the_bank_shows_is_reversed_and_not_corrected(books: Books) -> None:
    made = ok(books.pay(amount="100.00"))
    assert made["bank_reconciled"] is False
    assert made["actions"] == ["correction", "reversal", "return"]
    books.wait_until_caught_up()
    path = f"/payments/{made['payment_id']}/bank-reconciliation"
    met = ok(books.put("reconciliation", path, {"statement": "CIC 2025-08"}))
    assert (met["bank_reconciled"], met["statement"]) == (True, "CIC 2025-08")
    again = {"statement": "CIC 2025-09"}
    refused(books.put("reconciliation", path, again), 409, "on-another-statement")
    books.wait_until_caught_up()
    now = payment(books, made["payment_id"])
    assert (now["bank_reconciled"], now["actions"]) == (True, ["reversal", "return"])
    body = {"payment_id": str(uuid4()), "payment": books.payment_body(amount="90.00")} | REASON
    correction = f"/payments/{made['payment_id']}/correction"
    refused(books.put("payments", correction, body), 409, "payment-is-bank-reconciled")

    assert not ok(books.put("reconciliation", f"{path}/undoing", REASON))["bank_reconciled"]
    books.wait_until_caught_up()
    assert ok(books.put("payments", correction, body))["amount"] == "90.00"
    ok(books.put("reconciliation", path, again))
    refused(
        books.put("payments", correction, body | REASON | {"payment_id": str(uuid4())}),
        409,
        "payment-is-reversed",
    )


def test_a_refund_is_recorded_once(books: Books) -> None:
    books.pay(amount="100.00")
    refund_id = uuid4()
    body = {"customer_id": str(books.customer_id), "amount": "40.00", "refunded_on": "2025-08-20"}
    given = ok(books.put("payments", f"/refunds/{refund_id}", body))
    assert (given["number"], given["payee_name"]) == ("RB2508-0001", "Durand")
    assert ok(books.put("payments", f"/refunds/{refund_id}", body)) == given
    other = books.put("payments", f"/refunds/{refund_id}", body | {"amount": "41.00"})
    refused(other, 409, "refund-id-taken")
    half = body | {"refunds_kind": "payment"}
    refused(books.put("payments", f"/refunds/{uuid4()}", half), 422, "malformed")
