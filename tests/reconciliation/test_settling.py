"""If these failed, what a customer owes could not be settled with what is available to them."""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import facts, journal, links, position
from tests.reconciliation.test_links import REASON, named


def account(books: Books) -> dict[str, Any]:
    path = f"/customers/{books.customer_id}/open-account"
    return dict(ok(books.get("reconciliation", path)))


def column(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["category"], row["number"], row["open"]) for row in rows]


@pytest.mark.feature("S5-16", "S5-18", "S5-21")
def test_two_columns_show_what_a_customer_owes_and_what_is_available(books: Books) -> None:
    first = books.invoice("100.00", issued_on="2025-08-01")
    second = books.invoice("50.00", issued_on="2025-08-02")
    note = books.invoice("30.00", kind="credit_note", issued_on="2025-08-03")
    part = [{"document_id": first["document_id"], "amount": "60.00"}]
    over = ok(
        books.pay(
            amount="70.00", applies_to=part, received_on="2025-08-04", confirm=["keep-as-credit"]
        )
    )
    spare = ok(books.pay(amount="20.00", received_on="2025-08-05"))
    books.wait_until_caught_up()
    shown = account(books)
    assert column(shown["owed"]) == [
        ("invoice", first["number"], "40.00"),
        ("invoice", second["number"], "50.00"),
    ]
    assert column(shown["available"]) == [
        ("credit_note", note["number"], "30.00"),
        ("overpayment", over["number"], "10.00"),
        ("payment", spare["number"], "20.00"),
    ]


@pytest.mark.feature("S5-19")
def test_any_item_owed_is_settled_with_any_available_in_one_commit(books: Books) -> None:
    invoices = [books.invoice(total) for total in ("100.00", "50.00")]
    note = books.invoice("30.00", kind="credit_note")
    spare = ok(books.pay(amount="90.00"))
    books.wait_until_caught_up()
    body = {
        "owed": [named("document", invoice) for invoice in invoices],
        "available": [named("document", note), named("payment", spare) | {"amount": "85.00"}],
        "reason": "accord du client",
    }
    before = position(books, "reconciliation")
    foreseen = ok(books.post("reconciliation", "/settlements/preview", body))["allocations"]
    assert position(books, "reconciliation") == before
    path = f"/settlements/{uuid4()}"
    made = ok(books.put("reconciliation", path, body))
    kept = ("credit_item", "debit_item", "amount", "vat")
    assert [{k: a[k] for k in kept} for a in foreseen] == [{k: a[k] for k in kept} for a in made]
    assert [row["amount"] for row in made] == ["30.00", "70.00", "15.00"]
    entries = journal(books, "reconciliation")[before:]
    assert len({entry["recorded_at"] for entry in entries}) == 1
    assert ok(books.put("reconciliation", path, body)) == made
    assert len(journal(books, "reconciliation")) == before + len(entries)
    changed = body | {"reason": "autre"}
    refused(books.put("reconciliation", path, changed), 409, "allocation-id-taken")
    shown = account(books)
    assert [row["open"] for row in shown["owed"]] == ["35.00"]
    assert [row["open"] for row in shown["available"]] == ["5.00"]
    settled = {"owed": [named("document", invoices[0])], "available": [named("payment", spare)]}
    refused(books.put("reconciliation", f"/settlements/{uuid4()}", settled), 409, "more-than-open")
    francs = {"owed": [named("document", invoices[1]) | {"amount": "1.00", "currency": "CHF"}]}
    mixed = settled | francs
    refused(books.post("reconciliation", "/settlements/preview", mixed), 422, "sides-do-not-match")
    books.prove_conservation()


@pytest.mark.feature("S5-20")
def test_a_payment_made_from_there_is_allocated_at_once(books: Books) -> None:
    books.invoice("100.00")
    (owed,) = account(books)["owed"]
    ok(books.pay(applies_to=[{"document_id": owed["id"], "amount": owed["open"]}]))
    books.wait_until_caught_up()
    assert account(books)["owed"] == account(books)["available"] == []


@pytest.mark.feature("S4-29")
def test_a_credit_note_settles_an_invoice_and_no_money_moves(books: Books) -> None:
    invoice = books.invoice("100.00")
    note = books.invoice("40.00", kind="credit_note")
    body = {"owed": [named("document", invoice)], "available": [named("document", note)]}
    before = position(books, "payments")
    ok(books.put("reconciliation", f"/settlements/{uuid4()}", body))
    books.wait_until_caught_up()
    assert books.document(invoice)["outstanding"] == "60.00"
    assert position(books, "payments") == before
    assert facts(books, "payments", "payment-recorded") == []
    assert links(books) == []
    books.prove_conservation()


@pytest.mark.feature("S4-18", "S4-19")
def test_a_refund_covers_several_credit_notes_and_moves_to_another(books: Books) -> None:
    notes = [books.invoice(total, kind="credit_note") for total in ("30.00", "20.00", "20.00")]
    customer = {
        "customer_id": str(books.customer_id),
        "amount": "50.00",
        "refunded_on": "2025-08-20",
    }
    ok(books.put("payments", f"/refunds/{uuid4()}", customer))
    books.wait_until_caught_up()
    (owed,) = account(books)["owed"]
    refund = {"kind": "refund", "id": owed["id"]}
    body = {"owed": [refund], "available": [named("document", note) for note in notes[:2]]}
    both = ok(books.put("reconciliation", f"/settlements/{uuid4()}", body))
    assert [row["amount"] for row in both] == ["30.00", "20.00"]
    before = position(books, "reconciliation")
    move = {"credit": named("document", notes[2]), "debit": refund, "amount": "20.00"}
    moved = {"releases": [both[1]["allocation_id"]], "allocations": [move]} | REASON
    ok(books.put("reconciliation", f"/reallocations/{uuid4()}", moved))
    entries = journal(books, "reconciliation")[before:]
    assert len({entry["recorded_at"] for entry in entries}) == 1
    assert [row["number"] for row in account(books)["available"]] == [notes[1]["number"]]
    books.prove_conservation()


# ── orders and prepayments ──────────────────────────────────────────────────────


@pytest.mark.feature("S5-17", "S5-19")
def test_orders_stand_beside_invoices_and_are_settled_with_what_is_available(
    books: Books,
) -> None:
    order = books.invoice("100.00", kind="order", issued_on="2025-08-01")
    invoice = books.invoice("50.00", issued_on="2025-08-02")
    confirmed: Any = {"confirm": ["record-prepayment"]}
    prepaid = ok(books.pay(order, amount="30.00", received_on="2025-08-03", **confirmed))
    spare = ok(books.pay(amount="45.00", received_on="2025-08-04"))
    note = books.invoice("20.00", kind="credit_note", issued_on="2025-08-05")
    shown = account(books)
    assert column(shown["owed"]) == [
        ("order", order["number"], "70.00"),
        ("invoice", invoice["number"], "50.00"),
    ]
    assert column(shown["available"]) == [
        ("payment", spare["number"], "45.00"),
        ("credit_note", note["number"], "20.00"),
        ("prepayment", prepaid["number"], "30.00"),
    ]
    assert shown["available"][-1]["document_id"] == order["document_id"]
    body = {
        "owed": [named("document", order) | {"amount": "50.00"}, named("document", invoice)],
        "available": [named("payment", spare), named("document", note)],
    }
    foreseen = ok(books.post("reconciliation", "/settlements/preview", body))
    assert [row["amount"] for row in foreseen["prepayments"]] == ["45.00", "5.00"]
    path = f"/settlements/{uuid4()}"
    made = ok(books.put("reconciliation", path, body))
    assert [row["amount"] for row in made] == ["15.00"]
    assert ok(books.put("reconciliation", path, body)) == made
    books.wait_until_caught_up()
    shown = account(books)
    assert [row["open"] for row in shown["owed"]] == ["20.00", "35.00"]
    kept = [row["open"] for row in shown["available"] if row["category"] == "prepayment"]
    assert sorted(kept) == ["30.00", "45.00", "5.00"]
    assert books.document(order)["prepaid"] == "80.00"
    too_much = {"owed": [named("document", order)], "available": [named("payment", spare)]}
    refused(books.put("reconciliation", f"/settlements/{uuid4()}", too_much), 409, "more-than-open")
    books.prove_conservation()


def test_what_is_held_settles_nothing_else_until_it_is_freed(books: Books) -> None:
    order, invoice = books.invoice("100.00", kind="order"), books.invoice("30.00")
    paid = ok(books.pay(order, amount="30.00", confirm=["record-prepayment"]))
    books.wait_until_caught_up()
    body = {"owed": [named("document", invoice)], "available": [named("payment", paid)]}
    path = f"/settlements/{uuid4()}"
    refused(books.put("reconciliation", path, body), 409, "more-than-open")
    (kept,) = account(books)["available"]
    path = f"/prepayments/{kept['prepayment_id']}/release"
    freed = ok(books.put("reconciliation", path, REASON))
    assert (freed["amount"], freed["held"]) == ("30.00", "0.00")
    assert ok(books.put("reconciliation", path, REASON)) == freed
    (made,) = ok(books.put("reconciliation", f"/settlements/{uuid4()}", body))
    assert made["amount"] == "30.00"
    books.wait_until_caught_up()
    (listed,) = ok(books.get("reconciliation", "/prepayments", document_id=order["document_id"]))[
        "items"
    ]
    assert listed == freed
    assert books.document(order)["outstanding"] == "100.00"
    books.prove_conservation()


@pytest.mark.feature("S4-06")
def test_the_two_columns_show_what_is_unpaid_or_everything(books: Books) -> None:
    settled, unpaid = books.invoice("10.00"), books.invoice("20.00")
    ok(books.pay(settled))
    books.wait_until_caught_up()
    path = f"/customers/{books.customer_id}/open-account"
    found = [row["number"] for row in ok(books.get("reconciliation", path, show="unpaid"))["owed"]]
    assert found == [unpaid["number"]]
    everything = ok(books.get("reconciliation", path, show="all"))["owed"]
    assert {row["number"]: row["open"] for row in everything} == {
        settled["number"]: "0.00",
        unpaid["number"]: "20.00",
    }
