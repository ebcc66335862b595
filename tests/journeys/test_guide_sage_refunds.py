"""Sage's guide (S4): refunds are changed; what the bank shows keeps all but its reference.

If this failed, a refund could not be put right as that guide says, or could be once the bank
shows it.
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
    on_statement,
    paid,
    path_of,
    refund_body,
    refunded,
    said,
)
from tests.reading import everything, facts


def refund_of(books: Books, made: dict[str, Any]) -> dict[str, Any]:
    """Return a refund as its page shows it now."""
    return dict(ok(books.get("payments", path_of(made))))


def links_of_refund(books: Books, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the boxes that are checked for a refund, as its journal says."""
    released = {
        fact["allocation_id"] for fact in facts(books, "reconciliation", "allocation-released")
    }
    return [
        fact
        for fact in facts(books, "reconciliation", "allocation-made")
        if fact["debit"] == named(made) and fact["allocation_id"] not in released
    ]


# ── Modifier un remboursement client (lines 29 to 52) ───────────────────────────


def test_a_refund_covers_several_credits_and_never_more_than_they_are(books: Books) -> None:
    """Date du remboursement*, Référence, Remboursement total* (lines 34 to 46)."""
    notes = [books.invoice(total, kind="credit_note") for total in ("30.00", "20.00")]
    advance = paid(books, amount="50.00")
    whole = refund_body(books, "100.00", *notes, advance)
    for field in ("refunded_on", "amount"):
        missing = {name: value for name, value in whole.items() if name != field}
        for wrong in (missing, whole | {field: ""}):
            problem = refused(books.put("payments", f"/refunds/{uuid4()}", wrong), 422, "malformed")
            assert [error["where"] for error in problem["errors"]] == [f"body.{field}"]
    over = whole | {"amount": "100.01"}
    problem = refused(
        books.put("payments", f"/refunds/{uuid4()}", over), 409, "more-than-refundable"
    )
    assert problem["maximum"] == "100.00"
    assert accounts(books) == ("50.00", "-100.00")
    made = refunded(books, "100.00", *notes, advance)
    assert made["reference"] is None
    assert [part["amount"] for part in made["refunds"]] == ["30.00", "20.00", "50.00"]
    assert accounts(books) == ("-50.00", "0.00")
    assert columns(books) == ({}, {})
    again = refund_body(books, "1.00", *notes)
    refused(books.put("payments", f"/refunds/{uuid4()}", again), 409, "nothing-to-refund")
    books.prove_conservation()


@pytest.mark.feature("S4-18")
def test_a_refund_is_moved_from_one_credit_note_to_another(books: Books) -> None:
    """Décochez la transaction originale, puis sélectionnez l'autre (line 45)."""
    wrong, right = (books.invoice("30.00", kind="credit_note") for _ in range(2))
    made = refunded(books, "30.00", wrong)
    assert columns(books) == ({}, {right["number"]: "30.00"})
    before = accounts(books)
    moved(books, links_of_refund(books, made), (right, made, "30.00"))
    assert columns(books) == ({}, {wrong["number"]: "30.00"})
    assert [books.document(note)["payment_status"] for note in (wrong, right)] == [
        *("unpaid", "settled")
    ]
    assert refund_of(books, made)["gives_back"] == [named(right) | {"amount": "30.00"}]
    assert (before, accounts(books)) == (("-30.00", "-30.00"), ("-30.00", "-30.00"))
    changes = facts(books, "reconciliation")[-3:]
    assert {change.get("reason") for change in changes if "amount" in change} == {"mauvaise case"}
    books.prove_conservation()


def test_date_reference_and_total_of_a_refund_are_changed(books: Books) -> None:
    """Vous avez correctement modifié le remboursement: both accounts show it (36 to 52)."""
    note, other = (books.invoice(total, kind="credit_note") for total in ("30.00", "20.00"))
    made = refunded(books, "30.00", note, reference="VIR 8")
    # Trésorerie > account > transaction (lines 31 to 33).
    (row,) = everything(books, "payments", "/refunds", bank_account="CIC")
    assert row["refund_id"] == made["refund_id"]
    editable = set(refund_of(books, made)["editable"])
    assert {"refunded_on", "reference", "amount"} <= editable
    said(books, made, "annotation", reference="VIR 9")
    new = refund_body(books, "50.00", note, other, reference="VIR 9", refunded_on="2025-08-21")
    change = REASON | {"refund_id": str(uuid4()), "refund": new}
    over = change | {"refund": new | {"amount": "50.01"}}
    refused(books.put("payments", path_of(made, "correction"), over), 409, "more-than-refundable")
    right = said(books, made, "correction", **change)
    kept = ("amount", "refunded_on", "reference", "replaces")
    assert [right[name] for name in kept] == ["50.00", "2025-08-21", "VIR 9", made["refund_id"]]
    (row,) = everything(books, "payments", "/refunds", bank_account="CIC", state="recorded")
    assert (row["number"], row["amount"]) == (right["number"], "50.00")
    assert accounts(books) == ("-50.00", "0.00")
    assert columns(books) == ({}, {})
    books.prove_conservation()


# ── once the bank shows it (lines 3 to 5, 16, 36) ───────────────────────────────


@pytest.mark.feature("S4-03")
@pytest.mark.parametrize("kind", ["payment", "refund"])
def test_of_what_the_bank_shows_only_the_reference_is_changed(books: Books, kind: str) -> None:
    """Encaissement or remboursement: the reference, or extourner and enter it again."""
    note = books.invoice("30.00", kind="credit_note")
    made = paid(books, amount="30.00") if kind == "payment" else refunded(books, "30.00", note)
    on_statement(books, made)
    shown = ok(books.get("payments", path_of(made)))
    assert (shown["bank_reconciled"], shown["editable"]) == (True, ["reference"])
    before = accounts(books)
    as_meant = books.payment_body(amount="20.00")
    if kind == "refund":
        as_meant = refund_body(books, "20.00", note)
    new = {f"{kind}_id": str(uuid4()), kind: as_meant}
    for what, body in (
        ("correction", REASON | new),
        ("annotation", {"note": "autre"}),
        ("deletion", REASON | {"confirm": ["delete"]}),
    ):
        problem = refused(
            books.put("payments", path_of(made, what), body), 409, f"{kind}-is-bank-reconciled"
        )
        assert problem["title"].startswith(f"The bank shows this {kind}: change its reference")
        assert problem["ways_out"] == ["annotation", "reversal"]
    said(books, made, "annotation", reference="VIR 2025-17")
    assert ok(books.get("payments", path_of(made)))["reference"] == "VIR 2025-17"
    assert accounts(books) == before
    books.prove_conservation()
