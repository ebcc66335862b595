"""Sage's guide to changing, deleting and reversing receipts and refunds (S4), step by step.

If this failed, somebody who follows that guide with Acquit would not see what it promises.
"""

from typing import Any
from uuid import uuid4

from tests.books import Books, ok, refused
from tests.reading import balance, everything, payment

REASON = {"reason": "saisi par erreur"}


def paid(books: Books, document: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = ok(books.pay(document, **fields))
    books.wait_until_caught_up()
    return made


def refunded(books: Books, amount: str, *of: dict[str, Any]) -> dict[str, Any]:
    body = {"customer_id": str(books.customer_id), "amount": amount, "refunded_on": "2025-08-20"}
    made: dict[str, Any] = ok(
        books.put("payments", f"/refunds/{uuid4()}", body | {"refunds": [*of]})
    )
    books.wait_until_caught_up()
    return made


def on_statement(books: Books, made: dict[str, Any]) -> None:
    """Let the bank's statement show it (rapprochement bancaire)."""
    path = f"/payments/{made['payment_id']}/bank-reconciliation"
    ok(books.put("reconciliation", path, {"statement": "CIC 2025-08"}))
    books.wait_until_caught_up()


def allocation_of(books: Books, made: dict[str, Any]) -> dict[str, Any]:
    (row,) = everything(books, "reconciliation", "/allocations", payment_id=str(made["payment_id"]))
    return dict(row)


def owing(books: Books) -> tuple[str, str, str]:
    """Return the customer's balance, what is owed, what is available."""
    row = balance(books)
    return row["balance"], row["open_debit"], row["open_credit"]


def test_a_receipt_is_changed_until_the_bank_shows_it(books: Books) -> None:
    wrong_one, right_one = books.invoice("100.00"), books.invoice("100.00")
    made = paid(books, wrong_one, amount="100.00")
    # Trésorerie > account > transaction (lines 11 to 14).
    listed = everything(books, "payments", "/payments", bank_account="CIC")
    assert [row["payment_id"] for row in listed] == [made["payment_id"]]
    # Uncheck one invoice, check another: one command (line 23).
    link = allocation_of(books, made)
    to = {"debit": {"kind": "document", "id": right_one["document_id"]}}
    body = {"releases": [link["allocation_id"]], "reason": "mauvaise facture"}
    move = {
        "credit": {"kind": "payment", "id": made["payment_id"]},
        "amount": "100.00",
    }
    ok(
        books.put(
            *("reconciliation", f"/reallocations/{uuid4()}"),
            body | {"allocations": [move | to]},
        )
    )
    books.wait_until_caught_up()
    assert books.document(wrong_one)["payment_status"] == "unpaid"
    assert books.document(right_one)["payment_status"] == "settled"
    # More was received; what is not allocated becomes a prepayment once that is confirmed (25).
    new = books.payment_body(right_one, amount="130.00")
    change = REASON | {"payment_id": str(uuid4()), "payment": new}
    path = f"/payments/{made['payment_id']}/correction"
    warned = books.put("payments", path, change).json()
    assert warned["confirm"] == ["keep-as-credit"]
    new["confirm"] = warned["confirm"]
    made = ok(books.put("payments", path, change))
    books.wait_until_caught_up()
    # The bank's account and the customer's both show it (line 27).
    (total,) = ok(books.get("payments", "/payments/totals", bank_account="CIC"))["total"]
    assert total["amount"] == "130.00"
    assert owing(books) == ("70.00", "100.00", "30.00")
    # Reconciled: the reference and nothing else (lines 5, 16).
    on_statement(books, made)
    assert payment(books, made["payment_id"])["editable"] == ["reference"]
    path = f"/payments/{made['payment_id']}"
    ok(books.put("payments", f"{path}/annotation", {"reference": "VIR 2025-17"}))
    problem = refused(
        books.put("payments", f"{path}/correction", change | {"payment_id": str(uuid4())}),
        *(409, "payment-is-bank-reconciled"),
    )
    assert "reversal" in problem["ways_out"]
    books.prove_conservation()


def test_a_receipt_is_deleted_once_that_is_confirmed(books: Books) -> None:
    """Supprimer, then Oui: what it paid is unpaid again (lines 54 to 61)."""
    invoice = books.invoice("100.00")
    made = paid(books, invoice)
    asked = REASON | {"items": [{"id": made["payment_id"]}]}
    problem = refused(
        books.post("payments", "/payments/deletions", asked), 409, "several-not-confirmed"
    )
    ok(books.post("payments", "/payments/deletions", asked | {"confirm": problem["confirm"]}))
    books.wait_until_caught_up()
    assert everything(books, "payments", "/payments", state="recorded") == []
    assert books.document(invoice)["outstanding"] == "100.00"
    # One that the bank shows is not deleted: it is reversed (line 65).
    again = paid(books, invoice)
    on_statement(books, again)
    path = f"/payments/{again['payment_id']}"
    problem = refused(
        books.put("payments", f"{path}/deletion", REASON | {"confirm": ["delete"]}),
        *(409, "payment-is-bank-reconciled"),
    )
    assert "reversal" in problem["ways_out"]
    books.prove_conservation()


def test_each_of_four_errors_is_reversed_in_one_gesture(books: Books) -> None:
    """After each, bank and customer stand where they stood before the error (lines 67 to 81)."""
    invoice = books.invoice("100.00")
    note = books.invoice("30.00", kind="credit_note")
    advance = paid(books, amount="50.00")
    before = owing(books)
    assert before == ("20.00", "100.00", "80.00")

    # A prepayment, and a receipt allocated to an invoice (lines 67 to 73).
    for wrong in (paid(books, amount="12.00"), paid(books, invoice)):
        on_statement(books, wrong)
        ok(books.put("payments", f"/payments/{wrong['payment_id']}/reversal", REASON))
        books.wait_until_caught_up()
    assert owing(books) == before
    assert books.document(invoice)["payment_status"] == "unpaid"

    # The refund of a prepayment, and of a credit note (lines 75 to 79).
    for credit in (
        {"kind": "payment", "id": advance["payment_id"], "amount": "30.00"},
        {"kind": "document", "id": note["document_id"]},
    ):
        given = refunded(books, "30.00", credit)
        assert owing(books) == ("50.00", "100.00", "50.00")
        ok(books.put("payments", f"/refunds/{given['refund_id']}/reversal", REASON))
        books.wait_until_caught_up()
        assert owing(books) == before
    assert books.document(note)["payment_status"] == "unpaid"
    assert payment(books, advance["payment_id"])["available"] == "50.00"
    books.prove_conservation()


def test_a_refund_covers_several_credits_and_never_more_than_they_are(books: Books) -> None:
    """Three fields; only what is open; no more than its total (lines 31 to 48)."""
    notes = [books.invoice(total, kind="credit_note") for total in ("30.00", "20.00")]
    both = [{"kind": "document", "id": note["document_id"]} for note in notes]
    body = {"customer_id": str(books.customer_id), "refunds": both, "reference": "VIR 8"}
    missing = refused(
        books.put("payments", f"/refunds/{uuid4()}", body | {"amount": "50.00"}),
        *(422, "malformed"),
    )
    assert missing["errors"][0]["where"] == "body.refunded_on"
    body["refunded_on"] = "2025-08-20"
    refused(
        books.put("payments", f"/refunds/{uuid4()}", body | {"amount": "50.01"}),
        *(409, "more-than-refundable"),
    )
    ok(books.put("payments", f"/refunds/{uuid4()}", body | {"amount": "50.00"}))
    books.wait_until_caught_up()
    assert owing(books) == ("0.00", "0.00", "0.00")
    refused(
        books.put("payments", f"/refunds/{uuid4()}", body | {"amount": "1.00"}),
        *(409, "nothing-to-refund"),
    )
    books.prove_conservation()
