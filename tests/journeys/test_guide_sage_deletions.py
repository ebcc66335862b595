"""Sage's guide (S4), its last two chapters: what is deleted, and what is reversed (extourné).

If this failed, an error undone by that guide would leave the bank or the customer elsewhere than
before the error.
"""

from typing import Any

import pytest

from tests.books import Books, ok, refused
from tests.journeys.guides import (
    DELETED,
    REASON,
    accounts,
    columns,
    on_statement,
    paid,
    path_of,
    refunded,
    said,
)
from tests.reading import everything, facts, payment


def on_the_account(books: Books) -> list[str]:
    """Return the numbers of what stands on the bank account (Trésorerie > CIC)."""
    standing: dict[str, Any] = {"bank_account": "CIC", "state": "recorded"}
    return sorted(
        row["number"]
        for path in ("/payments", "/refunds")
        for row in everything(books, "payments", path, **standing)
    )


# ── Supprimer (lines 54 to 61) ──────────────────────────────────────────────────


def test_a_receipt_is_deleted_once_that_is_confirmed_and_its_invoice_is_unpaid_again(
    books: Books,
) -> None:
    invoice = books.invoice("100.00")
    made = paid(books, invoice)
    asked = path_of(made, "deletion")
    problem = refused(books.put("payments", asked, REASON), 409, "deletion-not-confirmed")
    assert (problem["confirm"], on_the_account(books)) == (["delete"], [made["number"]])
    said(books, made, "deletion", **REASON, confirm=problem["confirm"])
    assert on_the_account(books) == []
    assert accounts(books) == ("0.00", "100.00")
    assert books.document(invoice)["payment_status"] == "unpaid"
    # One that the bank shows is not deleted: it is reversed (line 65).
    again = paid(books, invoice)
    on_statement(books, again)
    problem = refused(
        books.put("payments", path_of(again, "deletion"), DELETED),
        *(409, "payment-is-bank-reconciled"),
    )
    assert "reversal" in problem["ways_out"]
    assert accounts(books) == ("100.00", "0.00")
    books.prove_conservation()


@pytest.mark.feature("S4-22")
def test_a_receipt_a_prepayment_and_a_refund_are_deleted_together(books: Books) -> None:
    """Sélectionnez la case … Supprimer … Oui, with several boxes ticked (lines 57 to 61)."""
    invoice = books.invoice("100.00")
    order = books.invoice("500.00", kind="order")
    note = books.invoice("30.00", kind="credit_note")
    before = accounts(books), columns(books)
    assert before[0] == ("0.00", "70.00")
    receipt = paid(books, invoice)
    advance = paid(books, order, amount="200.00", confirm=["record-prepayment"])
    refund = refunded(books, "30.00", note)
    ticked = [
        {"id": receipt["payment_id"]},
        {"id": advance["payment_id"]},
        {"kind": "refund", "id": refund["refund_id"]},
    ]
    numbers = [receipt["number"], advance["number"], refund["number"]]
    assert on_the_account(books) == sorted(numbers)
    assert accounts(books) == ("270.00", "-200.00")
    asked: dict[str, Any] = REASON | {"items": ticked}
    problem = refused(
        books.post("payments", "/payments/deletions", asked), 409, "several-not-confirmed"
    )
    assert [item["problem"] for item in problem["items"]] == [None, None, None]
    assert on_the_account(books) == sorted(numbers)
    asked["confirm"] = problem["confirm"]
    gone = ok(books.post("payments", "/payments/deletions", asked))
    assert [(row["number"], row["outcome"]) for row in gone] == [
        (number, "taken_back") for number in numbers
    ]
    books.wait_until_caught_up()
    # No longer in the accounts; what they were allocated to is unpaid again (line 61).
    assert on_the_account(books) == []
    assert (accounts(books), columns(books)) == before
    assert books.document(invoice)["outstanding"] == "100.00"
    assert books.document(order)["prepaid"] == "0.00"
    assert books.document(note)["payment_status"] == "unpaid"
    # The journal keeps both facts of each.
    for recorded, taken_back in (
        ("payment-recorded", "payment-reversed"),
        ("refund-recorded", "refund-reversed"),
    ):
        ids = [
            [fact.get("payment_id") or fact["refund_id"] for fact in facts(books, "payments", name)]
            for name in (recorded, taken_back)
        ]
        assert ids[0] == ids[1]
    books.prove_conservation()


def test_of_several_none_is_deleted_where_the_bank_shows_one(books: Books) -> None:
    """Line 65: a refund that was reconciled stays, and so does all that was ticked with it."""
    advance = paid(books, amount="50.00")
    spare = paid(books, amount="20.00")
    refund = refunded(books, "10.00", advance)
    on_statement(books, refund)
    ticked = [{"id": spare["payment_id"]}, {"kind": "refund", "id": refund["refund_id"]}]
    asked = DELETED | {"items": ticked}
    problem = refused(books.post("payments", "/payments/deletions", asked), 422, "several-refused")
    (error,) = problem["errors"]
    assert (error["index"], error["type"]) == (1, "/problems/refund-is-bank-reconciled")
    assert len(on_the_account(books)) == 3
    assert accounts(books) == ("60.00", "-60.00")
    books.prove_conservation()


# ── Extourner (lines 63 to 81) ──────────────────────────────────────────────────


@pytest.fixture
def before(books: Books) -> dict[str, Any]:
    """An invoice, a credit note and a prepayment, and where both accounts stand with them."""
    invoice = books.invoice("100.00")
    note = books.invoice("30.00", kind="credit_note")
    advance = paid(books, amount="50.00")
    standing = accounts(books), columns(books)
    assert standing == (
        ("50.00", "20.00"),
        (
            {invoice["number"]: "100.00"},
            {note["number"]: "30.00", advance["number"]: "50.00"},
        ),
    )
    return {"invoice": invoice, "note": note, "advance": advance, "standing": standing}


def reverse(books: Books, wrong: dict[str, Any]) -> None:
    """Reverse what the bank shows, in one gesture."""
    on_statement(books, wrong)
    said(books, wrong, "reversal", **REASON)


def test_a_prepayment_entered_in_error_is_reversed(books: Books, before: dict[str, Any]) -> None:
    """Lines 67 to 69: nothing else is to be done, or it is entered again as it should be."""
    wrong = paid(books, amount="12.00")
    assert accounts(books) == ("62.00", "8.00")
    reverse(books, wrong)
    assert (accounts(books), columns(books)) == before["standing"]
    right = paid(books, amount="21.00", replaces=wrong["payment_id"])
    assert accounts(books) == ("71.00", "-1.00")
    assert columns(books)[1][right["number"]] == "21.00"
    books.prove_conservation()


def test_a_receipt_on_an_invoice_is_reversed_and_the_invoice_is_paid_again(
    books: Books, before: dict[str, Any]
) -> None:
    """Lines 71 to 73: unpaid now, and a new payment with the details wanted settles it."""
    invoice = before["invoice"]
    wrong = paid(books, invoice, reference="VIR 71")
    assert accounts(books) == ("150.00", "-80.00")
    assert books.document(invoice)["payment_status"] == "settled"
    reverse(books, wrong)
    assert (accounts(books), columns(books)) == before["standing"]
    assert books.document(invoice)["payment_status"] == "unpaid"
    right = paid(books, invoice, reference="VIR 17", replaces=wrong["payment_id"])
    assert right["amount"] == "100.00"
    assert books.document(invoice)["payment_status"] == "settled"
    assert [row["number"] for row in books.document(invoice)["settled_with"]] == [right["number"]]
    assert accounts(books) == ("150.00", "-80.00")
    kept = payment(books, wrong["payment_id"])
    assert (kept["state"], kept["bank_reconciled"]) == ("reversed", True)
    books.prove_conservation()


@pytest.mark.parametrize("given_back", ["advance", "note"])
def test_a_refund_made_in_error_is_reversed_and_can_be_made_again(
    books: Books, before: dict[str, Any], given_back: str
) -> None:
    """Of a prepayment (line 77), of a credit note (line 79): open until refunded or allocated."""
    credit = before[given_back]
    wrong = refunded(books, "30.00", credit)
    assert accounts(books) == ("20.00", "50.00")
    assert (accounts(books), columns(books)) != before["standing"]
    reverse(books, wrong)
    assert (accounts(books), columns(books)) == before["standing"]
    assert columns(books)[1][credit["number"]] in ("30.00", "50.00")
    again = refunded(books, "30.00", credit)
    assert accounts(books) == ("20.00", "50.00")
    assert (
        columns(books)[1].get(credit["number"], "0.00")
        == {"advance": "20.00", "note": "0.00"}[given_back]
    )
    said(books, again, "deletion", **DELETED)
    assert (accounts(books), columns(books)) == before["standing"]
    books.prove_conservation()
