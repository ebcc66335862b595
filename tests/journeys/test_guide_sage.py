"""Sage's guide to changing receipts and refunds (S4), step by step: receipts.

If this failed, somebody who follows that guide with Acquit would not see what it promises.
Refunds, and what the bank shows, are in `test_guide_sage_refunds`; deleting and reversing in
`test_guide_sage_deletions`.
"""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.journeys.guides import (
    REASON,
    accounts,
    columns,
    moved,
    named,
    paid,
    path_of,
    refund_body,
    refunded,
    said,
)
from tests.reading import everything, facts, links, payment

STATUSES = ("payment_status", "outstanding")


def status(books: Books, document: dict[str, Any]) -> tuple[str, ...]:
    shown = books.document(document)
    return tuple(shown[name] for name in STATUSES)


def test_a_receipt_is_found_on_its_bank_account_and_moved_to_another_invoice(books: Books) -> None:
    """Modifier un acompte ou un encaissement client (lines 7 to 23)."""
    wrong_one, right_one = books.invoice("100.00"), books.invoice("100.00")
    made = paid(books, wrong_one, amount="100.00")
    # Trésorerie > account > transaction (lines 11 to 14).
    (row,) = everything(books, "payments", "/payments", bank_account="CIC")
    assert row["payment_id"] == made["payment_id"]
    # Afficher > Impayé: what is still to be paid, or all of it (line 9).
    path = f"/customers/{books.customer_id}/open-account"
    unpaid, every = (
        {row["number"] for row in ok(books.get("reconciliation", path, show=show))["owed"]}
        for show in ("unpaid", "all")
    )
    assert (unpaid, every) == (
        {right_one["number"]},
        {right_one["number"], wrong_one["number"]},
    )
    # Uncheck one invoice, check another: one command (line 23).
    moved(books, links(books), (made, right_one, "100.00"))
    assert status(books, wrong_one) == ("unpaid", "100.00")
    assert status(books, right_one) == ("settled", "0.00")
    assert accounts(books) == ("100.00", "100.00")
    assert columns(books) == ({wrong_one["number"]: "100.00"}, {})
    books.prove_conservation()


@pytest.mark.feature("S4-05")
def test_only_what_is_unpaid_takes_an_allocation(books: Books) -> None:
    """Vous pouvez seulement ventiler à des factures impayées; so for refunds (lines 9, 48)."""
    settled = books.invoice("100.00")
    paid(books, settled)
    spare = paid(books, amount="10.00")
    body = {"credit": named(spare), "debit": named(settled), "amount": "10.00"}
    before = accounts(books)
    problem = refused(
        books.put("reconciliation", f"/allocations/{uuid4()}", body), 409, "more-than-open"
    )
    assert problem["maximum"] == "0.00"
    problem = refused(books.pay(settled, amount="10.00"), 409, "invoice-is-settled")
    assert problem["confirm"] == ["keep-as-credit"]
    note = books.invoice("30.00", kind="credit_note")
    refunded(books, "30.00", note)
    again = refund_body(books, "1.00", note)
    problem = refused(books.put("payments", f"/refunds/{uuid4()}", again), 409, "nothing-to-refund")
    assert (problem["number"], problem["open"]) == (note["number"], "0.00")
    # The credit note and its refund changed nothing between us; the money left the bank.
    assert (before, accounts(books)) == (("110.00", "-10.00"), ("80.00", "-10.00"))
    assert columns(books) == ({}, {spare["number"]: "10.00"})
    books.prove_conservation()


@pytest.mark.feature("S4-08", "S4-10")
def test_date_and_amount_received_are_mandatory_the_reference_is_not(books: Books) -> None:
    """Date encaissement*, Montant reçu*, Votre référence (lines 18 to 20)."""
    invoice = books.invoice("100.00")
    body = books.payment_body(amount="100.00", received_on="2025-08-18")
    for field, empty in (
        *(("received_on", ""), ("received_on", " ")),
        *(("amount", ""), ("amount", " ")),
    ):
        answer = books.put("payments", f"/payments/{uuid4()}", body | {field: empty})
        problem = refused(answer, 422, "malformed")
        assert [error["where"] for error in problem["errors"]] == [f"body.{field}"]
    answer = books.put("payments", f"/payments/{uuid4()}", body | {"received_on": None})
    (error,) = refused(answer, 422, "malformed")["errors"]
    assert "received_on" in str(error)
    left_out = {name: value for name, value in body.items() if name != "amount"}
    for wrong in (left_out, body | {"amount": None}):
        answer = books.put("payments", f"/payments/{uuid4()}", wrong)
        assert "amount" in refused(answer, 422, "amount-missing")["title"]
    assert everything(books, "payments", "/payments") == []
    assert accounts(books) == ("0.00", "100.00")
    # The amount is that of the receipt: it may be more than what is allocated of it.
    part = [{"document_id": invoice["document_id"], "amount": "60.00"}]
    made = paid(
        books,
        amount="90.00",
        received_on="2025-08-18",
        applies_to=part,
        confirm=["keep-as-credit"],
    )
    assert (made["received_on"], made["reference"]) == ("2025-08-18", None)
    assert payment(books, made["payment_id"])["available"] == "30.00"
    assert status(books, invoice) == ("partially_paid", "40.00")
    assert accounts(books) == ("90.00", "10.00")
    books.prove_conservation()


@pytest.mark.feature("S4-11")
def test_unchecking_one_line_opens_that_invoice_again(books: Books) -> None:
    """Décochez la case correspondante (line 22): the other line stays."""
    first, second = books.invoice("60.00"), books.invoice("40.00")
    parts = [{"document_id": one["document_id"]} for one in (first, second)]
    made = paid(books, amount="100.00", applies_to=parts)
    assert [status(books, one)[0] for one in (first, second)] == ["settled", "settled"]
    assert accounts(books) == ("100.00", "0.00")
    link = next(row for row in links(books) if row["document_number"] == second["number"])
    path = f"/allocations/{link['allocation_id']}/release"
    ok(books.put("reconciliation", path, {"reason": "mauvaise case"}))
    books.wait_until_caught_up()
    (released,) = facts(books, "reconciliation", "allocation-released")
    assert (released["allocation_id"], released["reason"]) == (
        *(link["allocation_id"], "mauvaise case"),
    )
    assert status(books, first) == ("settled", "0.00")
    assert status(books, second) == ("unpaid", "40.00")
    assert payment(books, made["payment_id"])["available"] == "40.00"
    assert columns(books) == ({second["number"]: "40.00"}, {made["number"]: "40.00"})
    assert accounts(books) == ("100.00", "0.00")
    books.prove_conservation()


@pytest.mark.feature("S4-13")
def test_what_is_paid_on_an_invoice_is_changed_by_remise_and_paye(books: Books) -> None:
    """Cliquez sur la colonne Remise ou Payé, changez les valeurs (line 24)."""
    invoice = books.invoice("100.00")
    made = paid(books, invoice, amount="97.00")
    assert status(books, invoice) == ("partially_paid", "3.00")
    (link,) = links(books)
    path = f"/allocations/{link['allocation_id']}/release"
    ok(books.put("reconciliation", path, {"reason": "remise oubliée"}))
    line = {"credit": named(made), "debit": named(invoice), "amount": "97.00"}
    over = line | {"differences": [{"code": "discount", "amount": "3.01"}]}
    problem = refused(
        books.put("reconciliation", f"/allocations/{uuid4()}", over), 409, "more-than-open"
    )
    assert problem["maximum"] == "100.00"
    both = line | {"differences": [{"code": "discount", "amount": "3.00"}]}
    shown = ok(books.put("reconciliation", f"/allocations/{uuid4()}", both))
    assert [shown["amount"], *(part["amount"] for part in shown["differences"])] == [
        *("97.00", "3.00")
    ]
    books.wait_until_caught_up()
    assert status(books, invoice) == ("settled", "0.00")
    parts = {row["kind"]: row["amount"] for row in books.document(invoice)["settled_with"]}
    assert parts == {"payment": "97.00", "write_off": "3.00"}
    assert accounts(books) == ("97.00", "0.00")
    books.prove_conservation()


@pytest.mark.feature("S4-14")
def test_what_is_not_allocated_becomes_an_acompte_once_that_is_confirmed(books: Books) -> None:
    """S'il y a un montant impayé … cliquez sur Oui; then both accounts show it (25 to 27)."""
    invoice = books.invoice("100.00")
    made = paid(books, invoice)
    new = books.payment_body(invoice, amount="130.00", reference="VIR 17")
    change = REASON | {"payment_id": str(uuid4()), "payment": new}
    warned = refused(
        books.put("payments", path_of(made, "correction"), change), 409, "amount-over-payable"
    )
    assert warned["confirm"] == ["keep-as-credit"]
    assert payment(books, made["payment_id"])["state"] == "recorded"
    new["confirm"] = warned["confirm"]
    right = said(books, made, "correction", **change)
    assert (right["replaces"], right["reference"]) == (made["payment_id"], "VIR 17")
    assert payment(books, right["payment_id"])["available"] == "30.00"
    assert status(books, invoice) == ("settled", "0.00")
    assert accounts(books) == ("130.00", "-30.00")
    assert columns(books) == ({}, {right["number"]: "30.00"})
    (listed,) = everything(books, "payments", "/payments", bank_account="CIC", state="recorded")
    assert (listed["number"], listed["amount"]) == (right["number"], "130.00")
    books.prove_conservation()
