"""If these failed, an adjustment could not be paid with the invoice that it raises."""

from typing import Any

import pytest

from services.payments.domain import amounts
from shared.events.payments import PaymentRecorded
from tests.books import Books, ok, refused
from tests.facts import document, named
from tests.given import Memory
from tests.payments.words import record, with_invoice
from tests.reading import summary


def raised(*more: str) -> Memory:
    """Return the books with FA1 of 120.00 and an adjustment of 10.00, or of these amounts."""
    memory = with_invoice("120.00")
    for number, total in enumerate(more or ("10.00",), start=2):
        follows: dict[str, Any] = {
            "variant": "positive_adjustment",
            "follows": named("FA1"),
        }
        memory.follow(document(f"FA{number}", total, numbering_count=number, **follows))
    return memory


def parts(fact: PaymentRecorded) -> list[tuple[str, str]]:
    return [(part.document_number, str(part.amount)) for part in fact.applies_to]


def test_what_exceeds_an_invoice_pays_its_adjustments_in_turn() -> None:
    paid = raised("10.00", "7.00").when(record("P1", "135.00", "FA1")).only(PaymentRecorded)
    assert parts(paid) == [("FA1", "120.00"), ("FA2", "10.00"), ("FA3", "5.00")]


def test_no_more_is_meant_for_an_adjustment_than_is_over() -> None:
    for amount in ("100.00", None):
        paid = raised().when(record("P1", amount, "FA1")).only(PaymentRecorded)
        assert parts(paid) == [("FA1", amount or "120.00")]


def test_the_margin_counts_from_the_raised_ceiling() -> None:
    paid = raised().when(record("P1", "135.00", "FA1")).only(PaymentRecorded)
    assert parts(paid) == [("FA1", "120.00"), ("FA2", "15.00")]
    raised().when(record("P1", "135.01", "FA1")).then_refused(amounts.AmountOverPayable)


def test_an_adjustment_that_is_named_takes_what_is_said_of_it() -> None:
    paid = raised().when(record("P1", "130.00", "FA1", "FA2")).only(PaymentRecorded)
    assert parts(paid) == [("FA1", "120.00"), ("FA2", "10.00")]


def test_a_paid_invoice_leaves_its_adjustment_to_pay() -> None:
    memory = raised()
    memory.when(record("P1", "120.00", "FA1"))
    paid = memory.when(record("P2", "10.00", "FA1")).only(PaymentRecorded)
    assert parts(paid) == [("FA2", "10.00")]
    memory.when(record("P3", "10.00", "FA1")).then_refused(amounts.InvoiceIsSettled)


# ── over HTTP ───────────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-40")
def test_an_adjustment_raises_what_may_be_paid_by_its_amount(books: Books) -> None:
    invoice = books.invoice("120.00")
    over: dict[str, Any] = {"amount": "130.00"}
    problem = refused(books.pay(invoice, **over), 409, "amount-over-payable")
    assert problem["maximum"] == "125.00"
    link = {"variant": "positive_adjustment", "follows": invoice["document_id"]}
    adjustment = books.invoice("10.00", **link)
    refused(books.pay(invoice, amount="135.01"), 409, "amount-over-payable")
    body = books.payment_body(invoice, **over)
    seen = ok(books.post("payments", "/payments/preview", body))
    assert [each["remaining"] for each in seen["documents"]] == ["0.00", "0.00"]
    ok(books.pay(invoice, **over))
    assert books.prove_conservation().violation is None
    for each in (invoice, adjustment):
        assert books.document(each)["payment_status"] == "settled"
        assert summary(books, each)["left_to_pay"] == "0.00"
    assert all(item["open"] == "0.00" and item["matching_code"] for item in books.items())


@pytest.mark.feature("K10")
def test_adjustments_and_cancellations_count_in_the_total_less_credit_notes(books: Books) -> None:
    invoice = books.invoice("120.00")
    note = books.invoice("30.00", kind="credit_note", corrects=invoice["document_id"])
    spare = books.invoice("50.00", kind="credit_note")
    follows = {"variant": "positive_adjustment", "follows": invoice["document_id"]}
    adjustment = books.invoice("10.00", **follows)
    cancelled = [
        books.invoice(total, variant="cancellation", follows=each["document_id"])
        for each, total in ((note, "30.00"), (spare, "50.00"))
    ]
    # 120 + 10 - 30 - 50, and both credit notes are cancelled
    (owed,) = ok(books.get("reconciliation", "/balances", customer_id=str(books.customer_id)))
    assert (owed["balance"], owed["open_debit"], owed["open_credit"]) == (
        "130.00",
        "130.00",
        "0.00",
    )
    # the one that had settled part of the invoice is owed anew, the other closes what it cancels
    outstanding = [books.document(each)["outstanding"] for each in cancelled]
    assert outstanding == ["30.00", "0.00"]
    assert books.document(spare)["payment_status"] == "settled"
    ok(books.pay(invoice, amount="100.00"))
    ok(books.pay(cancelled[0]))
    assert books.prove_conservation().violation is None
    for each in (invoice, adjustment, *cancelled):
        assert books.document(each)["payment_status"] == "settled"


@pytest.mark.feature("S2-41")
def test_the_entries_of_what_an_adjustment_let_in_balance_by_themselves(books: Books) -> None:
    invoice = books.invoice("120.00")
    link = {"variant": "positive_adjustment", "follows": invoice["document_id"]}
    books.invoice("10.00", **link)
    ok(books.pay(invoice, amount="130.00", received_on="2025-08-19"))
    books.wait_until_caught_up()
    august = {"from": "2025-08-01", "to": "2025-08-31"}
    export = ok(books.post("payments", "/accounting-exports", august))
    url = f"/accounting-exports/{export['export_id']}/file"
    head, *lines = [row.split("\t") for row in books.get("payments", url).text.splitlines()]
    zones = [dict(zip(head, line, strict=True)) for line in lines]
    found = [(row["CompteNum"][:3], row["Debit"], row["Credit"]) for row in zones]
    assert found == [("512", "130,00", "0,00"), ("411", "0,00", "130,00")]
    # the customer's line is matched with the invoice and its adjustment: 120 + 10
    codes = {item["matching_code"] for item in books.items()}
    assert codes == {zones[1]["EcritureLet"]}
