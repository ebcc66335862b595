"""If these failed, what the bank or accounting has could be changed behind their backs."""

from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from services.payments.domain import locks
from services.payments.domain.annotating import AnnotatePayment
from services.payments.domain.deposit import BankDepositIsClosed
from services.payments.domain.locks import FIELDS, LADDER
from services.payments.domain.payment import Payment
from services.payments.domain.taking_back import DeletePayment, DeletionNotConfirmed
from shared.events.payments import PaymentReversed
from shared.events.reconciliation import PaymentBankReconciled
from shared.events.taking_back import PaymentAnnotated
from tests.books import Books, ok, refused
from tests.facts import DURAND, TODAY, named
from tests.given import Memory
from tests.payments.words import books as memory_of
from tests.payments.words import correct, record, reverse, take_as_returned
from tests.reading import balance, facts, journal, payment

REASON = {"reason": "saisi deux fois"}
CONFIRMED = REASON | {"confirm": ["delete"]}


def pay(books: Books, **fields: Any) -> dict[str, Any]:
    known = {"amount": "100.00", "method": "cheque", "received_on": "2025-08-18"}
    return dict(ok(books.pay(**(known | fields))))


def say(books: Books, made: dict[str, Any], what: str, **fields: Any) -> Any:
    return books.put("payments", f"/payments/{made['payment_id']}/{what}", fields)


def correction(books: Books, made: dict[str, Any], **fields: Any) -> Any:
    known = {"amount": "100.00", "method": "cheque", "received_on": "2025-08-18"}
    body = {"payment_id": str(uuid4()), "payment": books.payment_body(**(known | fields))}
    return say(books, made, "correction", **REASON, **body)


def put_on_statement(books: Books, made: dict[str, Any]) -> None:
    path = f"/payments/{made['payment_id']}/bank-reconciliation"
    books.wait_until_caught_up()
    ok(books.put("reconciliation", path, {"statement": "CIC 2025-08"}))
    books.wait_until_caught_up()


def export(books: Books) -> None:
    ok(books.post("payments", "/accounting-exports", {"from": "2025-08-01", "to": "2025-08-31"}))


def put_in_closed_deposit(books: Books, made: dict[str, Any]) -> None:
    body = {"bank_deposit": "REM-1", "confirm": ["open-bank-deposit"]}
    ok(books.put("payments", f"/payments/{made['payment_id']}/bank-deposit", body))
    ok(books.put("payments", "/bank-deposits/REM-1/closing", {}))


@pytest.mark.feature("S5-25")
def test_all_that_is_free_is_changed_by_a_counter_operation_or_a_note(books: Books) -> None:
    wrong = payment(books, pay(books)["payment_id"])
    assert (wrong["step"], wrong["locks"], wrong["editable"]) == ("free", {}, list(FIELDS))
    new = {
        "amount": "90.00",
        "method": "transfer",
        "received_on": "2025-08-19",
        "reference": "VIR 1",
        "note": "saisi par erreur",
    }
    right = ok(correction(books, wrong, **new))
    assert {name: right[name] for name in new} == new
    assert right["replaces"] == wrong["payment_id"]
    entries = [fact["amount"]["value"] for fact in facts(books, "payments") if "amount" in fact]
    assert entries == ["100.00", "-100.00", "90.00"]


@pytest.mark.feature("S4-03", "S4-23", "K7")
def test_of_what_the_bank_shows_only_the_reference_changes(books: Books) -> None:
    made = pay(books, reference="0012345")
    put_on_statement(books, made)
    shown = payment(books, made["payment_id"])
    assert (shown["step"], shown["editable"]) == ("bank_reconciled", ["reference"])
    for field, value in (("amount", "90.00"), ("method", "transfer"), ("note", "autre")):
        problem = refused(
            correction(books, made, **{field: value}), 409, "payment-is-bank-reconciled"
        )
        assert "reversal" in problem["ways_out"]
    refused(say(books, made, "annotation", note="autre"), 409, "payment-is-bank-reconciled")
    ok(say(books, made, "annotation", reference="0054321"))
    assert payment(books, made["payment_id"])["reference"] == "0054321"
    assert facts(books, "payments", "payment-annotated")[0]["reference"] == "0054321"
    problem = refused(say(books, made, "deletion", **CONFIRMED), 409, "payment-is-bank-reconciled")
    assert (problem["field"], "reversal" in problem["ways_out"]) == ("deletion", True)
    assert ok(say(books, made, "reversal", **REASON))["state"] == "reversed"
    books.wait_until_caught_up()
    assert balance(books)["open_credit"] == "0.00"


@pytest.mark.feature("S4-04")
def test_what_the_bank_shows_is_reversed_and_entered_again_and_both_are_kept(books: Books) -> None:
    invoice = books.invoice("100.00")
    wrong = ok(books.pay(invoice, amount="90.00", received_on="2025-08-18"))
    put_on_statement(books, wrong)
    assert "reversal" in payment(books, wrong["payment_id"])["actions"]
    ok(say(books, wrong, "reversal", **REASON))
    books.wait_until_caught_up()
    right = ok(books.pay(invoice, amount="100.00", replaces=wrong["payment_id"]))
    books.wait_until_caught_up()
    kept = payment(books, wrong["payment_id"])
    assert (kept["state"], kept["amount"], kept["bank_reconciled"]) == ("reversed", "90.00", True)
    assert (kept["taken_back_reason"], kept["editable"]) == ("saisi deux fois", [])
    assert payment(books, right["payment_id"])["replaces"] == wrong["payment_id"]
    stream = f"payment/{wrong['payment_id']}"
    entries = [e["type"] for e in journal(books, "payments") if e["stream"] == stream]
    assert entries == ["payments.payment-recorded.v1", "payments.payment-reversed.v1"]
    assert books.document(invoice)["payment_status"] == "settled"
    books.prove_conservation()


@pytest.mark.feature("S5-22")
def test_what_accounting_has_is_not_changed_but_reversed(books: Books) -> None:
    made, late = pay(books), pay(books, received_on="2025-09-01")
    export(books)
    shown = payment(books, made["payment_id"])
    assert (shown["step"], shown["editable"]) == ("exported", [])
    assert shown["locks"]["amount"]["type"] == "/problems/payment-is-exported"
    assert shown["actions"] == ["reversal", "return"]
    refused(correction(books, made, amount="90.00"), 409, "payment-is-exported")
    for what in ("reference", "note"):
        refused(say(books, made, "annotation", **{what: "x"}), 409, "payment-is-exported")
    problem = refused(say(books, made, "deletion", **CONFIRMED), 409, "payment-is-exported")
    assert problem["ways_out"] == ["reversal"]
    ok(say(books, made, "reversal", **REASON))
    ok(correction(books, late, amount="90.00", received_on="2025-09-01"))
    digital = pay(books, method="card")
    refused(correction(books, digital, amount="90.00"), 409, "payment-is-digital")


@pytest.mark.feature("S5-26", "S5-32")
def test_of_a_digital_payment_only_the_comment_changes_and_nobody_deletes_it(books: Books) -> None:
    made = pay(books, method="card")
    shown = payment(books, made["payment_id"])
    assert (shown["digital"], shown["editable"], shown["actions"]) == (True, ["note"], [])
    refused(correction(books, made, amount="90.00"), 409, "payment-is-digital")
    refused(say(books, made, "annotation", reference="x"), 409, "payment-is-digital")
    for what in ("reversal", "return"):
        problem = refused(say(books, made, what, **REASON), 409, "payment-is-digital")
        assert problem["ways_out"] == ["source", "annotation"]
    refused(say(books, made, "deletion", **CONFIRMED), 409, "payment-is-digital")
    noted = ok(say(books, made, "annotation", note="vu avec le client"))
    assert noted["note"] == "vu avec le client"
    assert payment(books, made["payment_id"])["state"] == "recorded"


def test_a_closed_deposit_locks_what_stands_on_its_slip(books: Books) -> None:
    made = pay(books)
    put_in_closed_deposit(books, made)
    shown = payment(books, made["payment_id"])
    assert (shown["step"], shown["editable"]) == ("in_closed_deposit", ["reference", "note"])
    refused(correction(books, made, amount="90.00"), 409, "bank-deposit-is-closed")
    problem = refused(say(books, made, "deletion", **CONFIRMED), 409, "bank-deposit-is-closed")
    assert problem["ways_out"] == ["bank-deposit-reopening", "reversal"]
    ok(say(books, made, "annotation", reference="0054321", note="tiré sur le CIC"))
    put_on_statement(books, made)
    assert payment(books, made["payment_id"])["step"] == "bank_reconciled"
    export(books)
    assert payment(books, made["payment_id"])["step"] == "exported"


@pytest.mark.feature("K6")
def test_each_step_of_the_ladder_names_what_is_still_free_up_to_the_locked_period(
    books: Books,
) -> None:
    made = pay(books)

    def reached() -> tuple[str, list[str]]:
        shown = payment(books, made["payment_id"])
        return shown["step"], shown["editable"]

    assert reached() == ("free", list(FIELDS))
    put_in_closed_deposit(books, made)
    assert reached() == ("in_closed_deposit", ["reference", "note"])
    put_on_statement(books, made)
    assert reached() == ("bank_reconciled", ["reference"])
    export(books)
    assert reached() == ("exported", [])
    ok(books.put("payments", "/payment-policy", {"locked_until": "2025-08-31"}))
    assert reached() == ("period_locked", [])
    refused(correction(books, made, amount="90.00"), 409, "period-is-locked")
    refused(say(books, made, "annotation", reference="x"), 409, "period-is-locked")
    refused(say(books, made, "deletion", **CONFIRMED), 409, "period-is-locked")
    refused(say(books, made, "reversal", **REASON, on="2025-08-31"), 409, "period-is-locked")
    refused(books.pay(amount="1.00", received_on="2025-08-31"), 409, "period-is-locked")
    for earlier in ("2025-08-30", "2025-07-31"):
        body = {"locked_until": earlier}
        refused(books.put("payments", "/payment-policy", body), 409, "period-is-locked")
    ok(books.put("payments", "/payment-policy", {"tolerance": "1.00"}))
    assert reached() == ("period_locked", [])
    ok(say(books, made, "reversal", **REASON, on="2025-09-01"))
    card = pay(books, method="card", received_on="2025-09-01")
    assert payment(books, card["payment_id"])["editable"] == ["note"]


# ── the table itself ────────────────────────────────────────────────────────────


def test_each_step_of_the_ladder_refuses_all_that_the_one_below_refuses() -> None:
    steps = list(LADDER.values())
    for lower, higher in pairwise(steps):
        assert lower.keys() <= higher.keys()


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_refused_is_what_the_table_says(field: str) -> None:
    on_statement = PaymentBankReconciled(
        payment_id=named("P1"), customer_id=DURAND, statement="CIC 08", reconciled_on=TODAY
    )
    for step, facts_of_step in (("free", []), ("bank_reconciled", [on_statement])):
        memory = memory_of()
        memory.when(record("P1", "10.00", reference="1", note="a"))
        memory.apply(*facts_of_step)
        then = memory.when(COMMANDS[field])
        if refusal := LADDER[step].get(field):  # type: ignore[index, call-overload]
            then.then_refused(refusal)
        else:
            assert then.facts, then.refusal


COMMANDS: dict[str, Any] = {
    **dict.fromkeys(("method", "received_on", "amount"), correct("P1", record("P2", "9.00"))),
    "reference": AnnotatePayment(payment_id=named("P1"), said={"reference": "2"}),
    "note": AnnotatePayment(payment_id=named("P1"), said={"note": "b"}),
    "deletion": DeletePayment(reversal=reverse("P1"), confirm=["delete"]),
}


def test_a_note_is_changed_once_and_what_is_left_out_stays() -> None:
    memory = memory_of()
    memory.when(record("P1", "10.00", reference="1", note="a"))
    command = AnnotatePayment(payment_id=named("P1"), said={"note": "b"})
    said = memory.when(command).only(PaymentAnnotated)
    assert (said.reference, said.note) == ("1", "b")
    memory.when(command).then_nothing()
    assert memory.row(Payment, named("P1")).note == "b"


def test_deleting_asks_to_be_confirmed_and_is_then_a_reversal() -> None:
    memory = memory_of()
    memory.when(record("P1", "10.00"))
    asked = DeletePayment(reversal=reverse("P1"), confirm=[])
    memory.when(asked).then_refused(DeletionNotConfirmed, confirm=["delete"])
    confirmed = DeletePayment(reversal=reverse("P1"), confirm=["delete"])
    assert memory.when(confirmed).only(PaymentReversed)
    for command in (asked, confirmed):
        memory.when(command).then_nothing()


def test_a_method_that_is_no_longer_active_stays_digital() -> None:
    memory: Memory = memory_of()
    memory.when(record("P1", "10.00", method="card"))
    for command in (reverse("P1"), take_as_returned("P1")):
        memory.when(command).then_refused(locks.PaymentIsDigital, number="RC2508-0001")
    assert BankDepositIsClosed in locks.WAYS_OUT
