"""If these failed, more could go back to a customer than there is, or never come back."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import balance, facts, journal, payment

REASON = {"reason": "remboursé par erreur"}
ON = "2025-08-20"


def give_back(books: Books, amount: str, *refunds: Any, name: UUID | None = None) -> Any:
    body = {
        "customer_id": str(books.customer_id),
        "amount": amount,
        "refunded_on": ON,
        "refunds": [*refunds],
    }
    return books.put("payments", f"/refunds/{name or uuid4()}", body)


def of(made: dict[str, Any], amount: str | None = None) -> dict[str, Any]:
    """Name a payment or a document, and how much of it."""
    kind = "payment" if "payment_id" in made else "document"
    return {"kind": kind, "id": made[f"{kind}_id"]} | ({"amount": amount} if amount else {})


def open_credit(books: Books) -> dict[str, str]:
    books.wait_until_caught_up()
    found = ok(books.get("reconciliation", f"/customers/{books.customer_id}/open-account"))
    return {row["id"]: row["open"] for row in found["available"]}


def moved(books: Books) -> int:
    """Return all that moved on our bank accounts, in cents."""
    amounts = [fact["amount"]["value"] for fact in facts(books, "payments") if "amount" in fact]
    return sum(round(100 * float(amount)) for amount in amounts)


@pytest.mark.feature("S4-16")
def test_a_refund_has_a_day_and_a_total_and_may_have_a_reference(books: Books) -> None:
    spare = ok(books.pay(amount="100.00"))
    body = {
        "customer_id": str(books.customer_id),
        "amount": "40.00",
        "refunded_on": ON,
        "refunds": [of(spare)],
    }
    path = f"/refunds/{uuid4()}"
    for field in ("amount", "refunded_on"):
        missing = {name: value for name, value in body.items() if name != field}
        for wrong in (missing, body | {field: ""}):
            problem = refused(books.put("payments", path, wrong), 422, "malformed")
            assert problem["errors"][0]["where"] == f"body.{field}"
    given = ok(books.put("payments", path, body | {"reference": "VIR 12"}))
    shown = (given["refunded_on"], given["amount"], given["reference"])
    assert shown == (ON, "40.00", "VIR 12")
    assert ok(books.put("payments", f"/refunds/{uuid4()}", body))["reference"] is None


@pytest.mark.feature("S4-17")
def test_a_refund_is_no_more_than_what_it_refunds_together(books: Books) -> None:
    note = books.invoice("30.00", kind="credit_note")
    spare = ok(books.pay(amount="20.00"))
    problem = refused(give_back(books, "50.01", of(note), of(spare)), 409, "more-than-refundable")
    assert (problem["amount"], problem["maximum"]) == ("50.01", "50.00")
    refused(give_back(books, "50.00", of(note, "31.00"), of(spare)), 409, "more-than-refundable")
    refused(give_back(books, "30.00", of(note, "9.00"), of(spare)), 409, "more-than-refundable")
    assert ok(give_back(books, "50.00", of(note), of(spare)))["amount"] == "50.00"
    assert open_credit(books) == {}


@pytest.mark.feature("S4-19")
def test_a_refund_covers_several_credit_notes_and_payments_at_once(books: Books) -> None:
    notes = [books.invoice(total, kind="credit_note") for total in ("30.00", "20.00")]
    spare = ok(books.pay(amount="50.00"))
    given = ok(give_back(books, "75.00", *map(of, notes), of(spare, "40.00")))
    assert [part["amount"] for part in given["refunds"]] == ["30.00", "20.00", "25.00"]
    assert open_credit(books) == {spare["payment_id"]: "25.00"}
    again = ok(give_back(books, "25.00", of(spare)))
    assert open_credit(books) == {}
    stream = f"refund/{again['refund_id']}"
    assert len([e for e in journal(books, "payments") if e["stream"] == stream]) == 1
    books.prove_conservation()


@pytest.mark.feature("S4-20")
def test_only_what_is_open_is_refunded(books: Books) -> None:
    invoice = books.invoice("100.00")
    used, spare = ok(books.pay(invoice)), ok(books.pay(amount="20.00"))
    note = books.invoice("30.00", kind="credit_note")
    refused(give_back(books, "1.00", of(used)), 409, "nothing-to-refund")
    books.wait_until_caught_up()
    problem = refused(give_back(books, "1.00", of(used)), 409, "nothing-to-refund")
    assert (problem["number"], problem["open"]) == (used["number"], "0.00")
    for credit, amount in ((note, "30.00"), (spare, "20.00")):
        ok(give_back(books, amount, of(credit)))
        refused(give_back(books, "1.00", of(credit)), 409, "nothing-to-refund")
        books.wait_until_caught_up()
        refused(give_back(books, "1.00", of(credit)), 409, "nothing-to-refund")
    refused(give_back(books, "1.00", of(invoice)), 422, "not-refundable")
    nothing = {"kind": "payment", "id": str(uuid4())}
    refused(give_back(books, "1.00", nothing), 422, "unknown-credit")
    refused(give_back(books, "1.00", of(note), of(note)), 422, "malformed")


# ── taken back ──────────────────────────────────────────────────────────────────


def reverse(books: Books, refund: dict[str, Any], how: str = "reversal", **fields: Any) -> Any:
    return books.put("payments", f"/refunds/{refund['refund_id']}/{how}", REASON | fields)


@pytest.mark.feature("S4-24")
def test_reversing_a_prepayment_mirrors_it_on_the_same_account(books: Books) -> None:
    before = moved(books)
    made = ok(books.pay(amount="100.00", reference="0012345", received_on="2025-08-18"))
    books.wait_until_caught_up()
    ok(books.put("payments", f"/payments/{made['payment_id']}/reversal", REASON))
    assert (moved(books), open_credit(books)) == (before, {})
    recorded, mirrored = facts(books, "payments")[-2:]
    assert mirrored["amount"]["value"] == f"-{recorded['amount']['value']}"
    assert mirrored["customer_id"] == recorded["customer_id"]
    right = ok(books.pay(amount="10.00", replaces=made["payment_id"]))
    assert open_credit(books) == {right["payment_id"]: "10.00"}
    books.prove_conservation()


@pytest.mark.feature("S4-26")
def test_reversing_the_refund_of_a_prepayment_gives_the_credit_back(books: Books) -> None:
    spare = ok(books.pay(amount="100.00"))
    before = moved(books), open_credit(books)
    wrong = ok(give_back(books, "60.00", of(spare)))
    assert open_credit(books) == {spare["payment_id"]: "40.00"}
    shown = ok(reverse(books, wrong))
    assert (shown["state"], shown["taken_back_reason"]) == ("reversed", "remboursé par erreur")
    assert (moved(books), open_credit(books)) == before
    assert payment(books, spare["payment_id"])["available"] == "100.00"
    length = len(journal(books, "payments"))
    assert ok(reverse(books, wrong)) == shown
    refused(reverse(books, wrong, reason="autre"), 409, "refund-is-reversed")
    assert len(journal(books, "payments")) == length
    ok(give_back(books, "100.00", of(spare)))
    assert open_credit(books) == {}
    books.prove_conservation()


@pytest.mark.feature("S4-27")
def test_reversing_the_refund_of_a_credit_note_leaves_it_open_as_it_was(books: Books) -> None:
    note = books.invoice("30.00", kind="credit_note")
    before = moved(books), open_credit(books), balance(books)
    wrong = ok(give_back(books, "30.00", of(note)))
    assert open_credit(books) == {}
    ok(reverse(books, wrong))
    assert (moved(books), open_credit(books), balance(books)) == before
    invoice = books.invoice("30.00")
    body = {
        "owed": [{"kind": "document", "id": invoice["document_id"]}],
        "available": [{"kind": "document", "id": note["document_id"]}],
    }
    ok(books.put("reconciliation", f"/settlements/{uuid4()}", body))
    assert open_credit(books) == {}
    books.prove_conservation()


def test_a_refund_is_deleted_until_accounting_has_it(books: Books) -> None:
    spare = ok(books.pay(amount="100.00"))
    first, second = (ok(give_back(books, "10.00", of(spare))) for _ in range(2))
    problem = refused(reverse(books, first, "deletion"), 409, "deletion-not-confirmed")
    assert problem["confirm"] == ["delete"]
    ok(reverse(books, first, "deletion", confirm=["delete"]))
    period = {"from": "2025-08-01", "to": "2025-08-31"}
    ok(books.post("payments", "/accounting-exports", period))
    refused(reverse(books, second, "deletion", confirm=["delete"]), 409, "refund-is-exported")
    ok(reverse(books, second))
    refused(reverse(books, {"refund_id": uuid4()}), 404, "unknown-refund")
    assert open_credit(books) == {spare["payment_id"]: "100.00"}


# ── several at once ─────────────────────────────────────────────────────────────


def several(books: Books, how: str, items: list[Any], *confirm: str) -> Any:
    body = REASON | {"items": items, "confirm": [*confirm]}
    return books.post("payments", f"/payments/{how}", body)


@pytest.mark.feature("S4-21")
def test_several_are_deleted_together_once_that_is_confirmed(books: Books) -> None:
    invoice = books.invoice("100.00")
    paid, spare = ok(books.pay(invoice)), ok(books.pay(amount="20.00"))
    books.wait_until_caught_up()
    refund = ok(give_back(books, "5.00", of(spare)))
    items = [{"id": paid["payment_id"]}, {"kind": "refund", "id": refund["refund_id"]}]
    length = len(journal(books, "payments"))
    problem = refused(several(books, "deletions", items), 409, "several-not-confirmed")
    assert problem["confirm"] == ["delete"]
    assert [item["problem"] for item in problem["items"]] == [None, None]
    assert len(journal(books, "payments")) == length
    outcomes = ok(several(books, "deletions", items, "delete"))
    assert [(o["number"], o["outcome"]) for o in outcomes] == [
        (paid["number"], "taken_back"),
        (refund["number"], "taken_back"),
    ]
    entries = journal(books, "payments")[length:]
    assert len(entries) == 2
    assert len({entry["recorded_at"] for entry in entries}) == 1
    again = ok(several(books, "deletions", items, "delete"))
    assert {outcome["outcome"] for outcome in again} == {"unchanged"}
    assert open_credit(books) == {spare["payment_id"]: "20.00"}
    assert books.document(invoice)["payment_status"] == "unpaid"


def test_of_several_none_is_taken_back_where_one_is_locked(books: Books) -> None:
    free, card = ok(books.pay(amount="20.00")), ok(books.pay(amount="20.00", method="card"))
    items = [{"id": made["payment_id"]} for made in (free, card)]
    for how, asked in (("deletions", "delete"), ("reversals", "reverse")):
        problem = refused(several(books, how, items), 409, "several-not-confirmed")
        assert problem["items"][1]["problem"]["type"] == "/problems/payment-is-digital"
        problem = refused(several(books, how, items, asked), 422, "several-refused")
        assert [error["index"] for error in problem["errors"]] == [1]
        assert payment(books, free["payment_id"])["state"] == "recorded"
    ok(several(books, "reversals", items[:1], "reverse"))
    assert payment(books, free["payment_id"])["state"] == "reversed"
