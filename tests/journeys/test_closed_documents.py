"""If these failed, one service would ask a customer for what another one says nobody owes."""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import facts


def close(books: Books, invoice: dict[str, Any], amount: str, **fields: Any) -> dict[str, Any]:
    """Pay part of an invoice and close it."""
    part = [{"document_id": invoice["document_id"], "closes": True}]
    made: dict[str, Any] = ok(books.pay(amount=amount, applies_to=part, **fields))
    books.wait_until_caught_up()
    return made


def unpaid(books: Books) -> list[str]:
    """Return the numbers of the documents that are not settled."""
    query = {"customer_id": str(books.customer_id)}
    listed = ok(books.get("invoicing", "/documents", **query))["items"]
    return [each["number"] for each in listed if each["payment_status"] != "settled"]


def held(books: Books, invoice: dict[str, Any]) -> dict[str, Any]:
    """Return an invoice as an item of the customer's account."""
    (item,) = (item for item in books.items() if item["id"] == invoice["document_id"])
    return item


@pytest.mark.feature("S2-55")
def test_a_closed_invoice_takes_nothing_more_and_leaves_what_is_unpaid(books: Books) -> None:
    invoice = books.invoice("120.00")
    assert unpaid(books) == [invoice["number"]]
    close(books, invoice, "100.00")
    shown = books.document(invoice)
    assert (shown["payment_status"], shown["outstanding"]) == ("settled", "0.00")
    assert (shown["closed_short"], shown["settled_on"] is not None) == ("20.00", True)
    assert unpaid(books) == []
    refused(books.pay(invoice, amount="1.00"), 409, "invoice-is-settled")
    assert (held(books, invoice)["open"], held(books, invoice)["matching_code"]) == ("0.00", None)
    owed = ok(books.get("reconciliation", "/balances", customer_id=str(books.customer_id)))
    assert [(row["balance"], row["open_debit"]) for row in owed] == [("20.00", "0.00")]
    assert facts(books, "reconciliation", "write-off-declared") == []
    books.prove_conservation()


@pytest.mark.feature("K12")
def test_what_settles_an_invoice_adds_up_to_its_total_less_its_credit_notes(books: Books) -> None:
    invoice = books.invoice("120.00")
    note = {"kind": "credit_note", "corrects": invoice["document_id"]}
    lines = [{"label": "Remise", "net": "30.00", "vat_rate": "0"}]
    books.invoice(lines=lines, **note)
    discount = {"customer_id": str(books.customer_id), "side": "loss", "amount": "2.00"}
    name = uuid4()
    ok(books.put("reconciliation", f"/write-offs/{name}", discount | {"reason": "escompte"}))
    part = {"credit": {"kind": "write_off", "id": str(name)}, "amount": "2.00"}
    owed = {"debit": {"kind": "document", "id": invoice["document_id"]}}
    ok(books.put("reconciliation", f"/allocations/{uuid4()}", part | owed))
    books.wait_until_caught_up()
    close(books, invoice, "75.00")
    shown = books.document(invoice)
    assert shown["payment_status"] == "settled"
    by_kind = {part["kind"]: part["amount"] for part in shown["settled_with"]}
    assert by_kind == {"payment": "75.00", "write_off": "2.00", "document": "30.00"}
    assert shown["closed_short"] == "13.00"  # 75 + 2 + 13 = 120 - 30
    books.prove_conservation()


def test_a_reversed_payment_opens_again_what_it_closed(books: Books) -> None:
    invoice = books.invoice("120.00")
    made = close(books, invoice, "100.00")
    ok(books.put("payments", f"/payments/{made['payment_id']}/reversal", {"reason": "erreur"}))
    books.prove_conservation()
    shown = books.document(invoice)
    assert (shown["payment_status"], shown["outstanding"]) == ("unpaid", "120.00")
    assert (shown["closed_short"], held(books, invoice)["open"]) == ("0.00", "120.00")
    ok(books.pay(invoice))
    books.prove_conservation()
    assert books.document(invoice)["payment_status"] == "settled"
    assert held(books, invoice)["matching_code"]


def test_closing_without_a_payment_settles_and_its_reversal_opens_again(books: Books) -> None:
    invoice, name = books.invoice("120.00"), uuid4()
    close(books, invoice, "0.00", payment_id=name)
    assert books.document(invoice)["payment_status"] == "settled"
    ok(books.put("payments", f"/payments/{name}/reversal", {"reason": "erreur"}))
    books.prove_conservation()
    assert books.document(invoice)["payment_status"] == "unpaid"


def test_money_that_is_released_is_owed_again_and_the_difference_is_not(books: Books) -> None:
    invoice = books.invoice("120.00")
    close(books, invoice, "100.00")
    (link,) = facts(books, "reconciliation", "allocation-made")
    path = f"/allocations/{link['allocation_id']}/release"
    ok(books.put("reconciliation", path, {"reason": "erreur"}))
    books.prove_conservation()
    shown = books.document(invoice)
    assert (shown["outstanding"], shown["closed_short"]) == ("100.00", "20.00")
    assert shown["payment_status"] == "partially_paid"


def test_every_kind_of_invoice_is_closed_alike(books: Books) -> None:
    first = books.invoice("120.00")
    kinds: list[dict[str, Any]] = [
        {"variant": "internal"},
        {"variant": "prepayment"},
        {"variant": "penalty", "follows": first["document_id"]},
        {"variant": "positive_adjustment", "follows": first["document_id"]},
    ]
    for fields in kinds:
        invoice = books.invoice("50.00", **fields)
        close(books, invoice, "40.00")
        shown = books.document(invoice)
        assert (shown["payment_status"], shown["closed_short"]) == ("settled", "10.00")
    books.prove_conservation()


def booked(books: Books) -> list[tuple[str, str, str, str]]:
    """Return the entries of what closings booked, out of the files of every export so far."""
    august = {"from": "2025-08-01", "to": "2025-08-31"}
    export = ok(books.post("payments", "/accounting-exports", august))
    url = f"/accounting-exports/{export['export_id']}/file"
    head, *lines = [row.split("\t") for row in books.get("payments", url).text.splitlines()]
    zones = [dict(zip(head, line, strict=True)) for line in lines]
    cents = [sum(int(row[side].replace(",", "")) for row in zones) for side in ("Debit", "Credit")]
    assert cents[0] == cents[1]
    return [
        (row["CompteNum"][:3], row["Debit"], row["Credit"], row["EcritureLet"])
        for row in zones
        if row["JournalCode"] == "OD"
    ]


@pytest.mark.feature("S2-57")
@pytest.mark.feature("K5")
def test_a_ledger_books_what_closing_gives_up_only_if_it_says_so(books: Books) -> None:
    received = {"received_on": "2025-08-19"}
    first = books.invoice("120.00")
    close(books, first, "100.00", **received)
    assert booked(books) == []
    policy = {"write_off_account": "658", "write_off_reason": "écart accepté"}
    ok(books.put("payments", "/payment-policy", policy))
    second = books.invoice("120.00")
    made = close(books, second, "100.00", **received)
    shown = books.document(second)
    assert (shown["payment_status"], shown["closed_short"]) == ("settled", "0.00")
    (written,) = facts(books, "reconciliation", "write-off-declared")
    said = (written["account"], written["reason"], written["amount"]["value"])
    assert said == ("658", "écart accepté", "20.00")
    code = held(books, second)["matching_code"]
    assert booked(books) == [("658", "20,00", "0,00", ""), ("411", "0,00", "20,00", code)]
    refused(books.pay(second, amount="1.00"), 409, "invoice-is-settled")
    books.prove_conservation()
    # and it is taken back by an equal and opposite entry
    back = {"reason": "erreur", "on": "2025-08-20"}
    ok(books.put("payments", f"/payments/{made['payment_id']}/reversal", back))
    books.prove_conservation()
    assert books.document(second)["outstanding"] == "120.00"
    (debit, credit) = booked(books)
    assert (debit[:3], credit[:3]) == (("658", "0,00", "20,00"), ("411", "20,00", "0,00"))
    assert credit[3]
    ok(books.pay(second))
    books.prove_conservation()
    assert books.document(second)["payment_status"] == "settled"
