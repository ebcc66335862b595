"""If these failed, a document that nobody will pay would stay owed, or be paid all the same."""

from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from services.payments.domain import amounts, payment
from services.payments.domain.applied import Applied
from services.payments.domain.closing import Closing
from services.payments.domain.payable import PayableDocument
from services.payments.domain.payment import Payment
from services.payments.domain.recording import RecordPayment
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.payments import PaymentRecorded, PaymentReturned
from shared.events.reconciliation import DifferenceDeclared
from tests.books import Books, ok, refused
from tests.facts import DURAND, TODAY, document, euros, named
from tests.given import Memory
from tests.payments.words import (
    CREDIT,
    books,
    correct,
    record,
    reverse,
    take_as_returned,
    with_invoice,
)
from tests.reading import facts, position, summary


def closing(name: str = "P1", amount: str = "100.00", **fields: Any) -> RecordPayment:
    """Return the command that pays FA1 and closes it."""
    part = None if amount == "0.00" else euros(amount)
    applied = [Applied(named("FA1"), part, closes=True)]
    return replace(record(name, amount, **fields), applies_to=applied)


def room(memory: Memory) -> int:
    return memory.row(PayableDocument, named("FA1")).room_cents


def test_the_rest_of_a_document_is_declared_and_nothing_is_left_to_pay() -> None:
    memory = with_invoice("120.00")
    done = memory.when(closing())
    assert done.only(PaymentRecorded).amount == euros("100.00")
    assert done.only(DocumentClosed).difference == euros("20.00")
    assert room(memory) == 0
    memory.when(closing()).then_nothing()
    memory.when(record("P2", "1.00", "FA1")).then_refused(
        amounts.InvoiceIsSettled, confirm=["keep-as-credit"]
    )


def test_a_document_paid_in_full_or_over_needs_no_declaration() -> None:
    for amount in ("120.00", "125.00"):
        memory = with_invoice("120.00")
        assert [type(f) for f in memory.when(closing(amount=amount)).facts] == [PaymentRecorded]
    with_invoice("120.00").when(closing(amount="125.01")).then_refused(amounts.AmountOverPayable)


def test_a_document_is_closed_without_a_payment_and_opened_again() -> None:
    memory = with_invoice("120.00")
    nothing = closing("C1", "0.00")
    memory.when(nothing).only(DocumentClosed)
    assert (room(memory), memory.rows(Payment)) == (0, [])
    memory.when(nothing).then_nothing()
    memory.when(closing("C1", "0.00", request_sha256="other")).then_refused(payment.PaymentIdTaken)
    again = memory.when(reverse("C1")).only(DocumentReopened)
    assert (again.difference, again.reopened_on) == (-euros("20.00") - euros("100.00"), TODAY)
    assert room(memory) == 12_000
    memory.when(reverse("C1")).then_nothing()
    assert [row.reopened_on for row in memory.rows(Closing)] == [TODAY]


def test_nothing_is_closed_that_is_no_invoice_or_has_nothing_left() -> None:
    unknown = closing(confirm=CREDIT)
    books().when(unknown).then_refused(payment.UnknownDocument, confirm=[])
    note = books(document("FA1", kind="credit_note"))
    note.when(unknown).then_refused(payment.DocumentNotPayable, confirm=[])
    memory = with_invoice("120.00")
    memory.when(record("P1", None, "FA1"))
    memory.when(closing("C1", "0.00")).then_refused(amounts.InvoiceIsSettled)


def test_what_closed_a_document_opens_it_when_it_is_taken_back() -> None:
    for command in (reverse(), take_as_returned()):
        memory = with_invoice("120.00")
        memory.when(closing())
        reopened = memory.when(command).only(DocumentReopened)
        assert (reopened.difference, reopened.payment_id) == (-euros("20.00"), named("P1"))
        assert memory.row(PayableDocument, named("FA1")).difference_cents == 0


def test_a_correction_has_the_room_that_reopening_gives_back() -> None:
    memory = with_invoice("120.00")
    memory.when(closing())
    memory.when(correct("P1", record("P2", "125.01", "FA1"))).then_refused(
        amounts.AmountOverPayable, left_to_pay=euros("120.00")
    )
    memory.when(correct("P1", record("P2", "120.00", "FA1"))).only(PaymentRecorded)


def declared(amount: str) -> DifferenceDeclared:
    """Return what reconciliation declares of the 20.00 that P1 asked for."""
    return DifferenceDeclared(
        document_id=named("FA1"),
        customer_id=DURAND,
        payment_id=named("P1"),
        asked=euros("20.00"),
        difference=euros(amount),
        open=euros("0"),
        declared_on=TODAY,
    )


def test_less_is_given_up_where_reconciliation_finds_less_open() -> None:
    memory = with_invoice("120.00")
    memory.when(closing())
    memory.follow(declared("15.00"))
    assert room(memory) == 500
    assert memory.when(reverse()).only(DocumentReopened).difference == -euros("15.00")
    assert memory.row(PayableDocument, named("FA1")).difference_cents == 0


def test_what_is_declared_after_the_document_was_opened_again_changes_nothing() -> None:
    memory = with_invoice("120.00")
    memory.when(closing())
    memory.when(reverse())
    memory.follow(declared("15.00"))
    assert memory.row(PayableDocument, named("FA1")).difference_cents == 0


def test_the_bank_s_code_and_fee_stay_with_a_returned_payment() -> None:
    memory = with_invoice()
    memory.when(record("P1", "100.00", "FA1"))
    fee: dict[str, Any] = {"reason_code": "AM04", "fee": euros("12.50"), "fee_account": "627800"}
    returned = memory.when(take_as_returned(**fee)).only(PaymentReturned)
    assert (returned.reason_code, returned.fee) == ("AM04", -euros("12.50"))
    assert memory.row(Payment, named("P1")).return_code == "AM04"


# ── over HTTP ───────────────────────────────────────────────────────────────────


def part(invoice: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"document_id": invoice["document_id"], "closes": True}]


@pytest.mark.feature("S2-58")
def test_an_amount_of_zero_is_accepted_only_where_it_closes(books: Books) -> None:
    invoice = books.invoice("100.00")
    refused(books.pay(invoice, amount="0.00"), 422, "amount-not-positive")
    refused(books.pay(amount="0.00"), 422, "amount-not-positive")
    name = uuid4()
    made = ok(books.pay(None, name, amount="0.00", applies_to=part(invoice)))
    (closed,) = made["closed"]
    assert (closed["number"], closed["difference"]) == (invoice["number"], "100.00")
    assert facts(books, "payments", "payment-recorded") == []
    shown = summary(books, invoice)
    assert (shown["payment_status"], shown["left_to_pay"]) == ("settled", "0.00")
    assert (shown["closed_short"], shown["receipts"]) == ("100.00", [])
    before = position(books, "payments")
    assert ok(books.pay(None, name, amount="0.00", applies_to=part(invoice))) == made
    assert position(books, "payments") == before
    refused(books.pay(invoice, amount="1.00"), 409, "invoice-is-settled")
    reopened = ok(books.put("payments", f"/payments/{name}/reversal", {"reason": "erreur"}))
    assert reopened["closed"][0]["reopened_on"]
    assert summary(books, invoice)["left_to_pay"] == "100.00"


def test_a_document_closed_short_takes_nothing_more_and_money_is_conserved(books: Books) -> None:
    invoice = books.invoice("120.00")
    made = ok(books.pay(amount="100.00", applies_to=part(invoice)))
    refused(books.pay(invoice, amount="1.00"), 409, "invoice-is-settled")
    assert summary(books, invoice)["closed_short"] == "20.00"
    assert books.prove_conservation().violation is None
    ok(books.put("payments", f"/payments/{made['payment_id']}/reversal", {"reason": "erreur"}))
    assert books.prove_conservation().violation is None
    assert summary(books, invoice)["left_to_pay"] == "120.00"


def test_the_fee_of_a_returned_cheque_goes_to_accounting(books: Books) -> None:
    made = ok(books.pay(method="cheque", amount="100.00", received_on="2025-08-18"))
    back = {"reason": "sans provision", "on": "2025-08-20", "code": "AM04", "fee": "12.50"}
    shown = ok(books.put("payments", f"/payments/{made['payment_id']}/return", back))
    assert (shown["state"], shown["return_code"]) == ("returned", "AM04")
    august = {"from": "2025-08-01", "to": "2025-08-31"}
    closed = ok(books.post("payments", "/accounting-exports", august))
    assert closed["entry_count"] == 3
    url = f"/accounting-exports/{closed['export_id']}/file"
    lines = [line.split("\t") for line in books.get("payments", url).text.splitlines()]
    fee = [line for line in lines if "Frais d'impayé" in "".join(line)]
    assert [(line[4], line[11], line[12]) for line in fee] == [
        ("51210000", "0,00", "12,50"),
        ("627", "12,50", "0,00"),
    ]
    assert books.prove_conservation().violation is None
