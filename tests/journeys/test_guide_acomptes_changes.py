"""The guide of prepayments (acomptes et rapprochements, S5): changed, deleted, sliding.

If this failed, a shop that follows that guide with Acquit could change what it promises is
locked, or would look for its customer's money on the wrong document.
"""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.journeys.guides import (
    DELETED,
    REASON,
    accounts,
    columns,
    paid,
    prepaid_by_form,
    row_of,
    said,
)
from tests.journeys.test_prepayment_slides import after, cancel, draw_up, make, validate
from tests.reading import everything, facts, payment


def as_meant(books: Books, order: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the correction of a prepayment: a new one for the order, with a reason."""
    new = books.payment_body(order, confirm=["record-prepayment"], **fields)
    return {"payment_id": str(uuid4()), "reason": "erreur de saisie", "payment": new}


def test_what_may_be_changed_and_what_not(books: Books, order: dict[str, Any]) -> None:
    # From the history, by its RC number (lines 89 to 111).
    made = prepaid_by_form(books, order, amount="400.00", method="cheque")
    (kept,) = books.document(order)["prepayments"]
    assert kept["number"] == made["number"]
    shown = ok(books.http.get(f"{books.stack.urls['payments']}{kept['payment']}"))
    assert {"method", "received_on", "amount", "reference", "note"} <= set(shown["editable"])
    new: dict[str, Any] = {
        "amount": "450.00",
        "method": "transfer",
        "reference": "VIR 77",
        "received_on": "2025-08-21",
        "note": "montant corrigé",
    }
    right = said(books, made, "correction", **as_meant(books, order, **new))
    assert {name: right[name] for name in new} == new
    assert right["replaces"] == made["payment_id"]
    assert row_of(books, order)["prepaid"] == "450.00"
    assert accounts(books) == ("450.00", "-450.00")
    assert columns(books) == ({order["number"]: "750.00"}, {right["number"]: "450.00"})
    # The history shows the new one as it is now, and no longer holds the old one.
    held = {row["number"]: row["held"] for row in books.document(order)["prepayments"]}
    assert held == {made["number"]: "0.00", right["number"]: "450.00"}
    # Ventes > Règlements > Liste: the same payment, to the letter (line 117).
    (row,) = everything(books, "payments", "/payments", state="recorded")
    assert row.items() <= payment(books, right["payment_id"]).items()
    books.prove_conservation()


def test_of_a_digital_payment_only_the_comment_is_changed(
    books: Books, order: dict[str, Any]
) -> None:
    """CB, Paypal (lines 89, 114, 136): the comment, and nobody deletes it."""
    card = prepaid_by_form(books, order, amount="100.00", method="card", reference="CB 1")
    assert payment(books, card["payment_id"])["editable"] == ["note"]
    said(books, card, "annotation", note="vu avec le client")
    path = f"/payments/{card['payment_id']}"
    for what, body in (
        ("annotation", {"reference": "CB 2"}),
        ("correction", as_meant(books, order, amount="90.00")),
        ("deletion", DELETED),
        ("reversal", REASON),
    ):
        problem = refused(books.put("payments", f"{path}/{what}", body), 409, "payment-is-digital")
        assert problem["ways_out"] == ["source", "annotation"]
    shown = payment(books, card["payment_id"])
    assert (shown["note"], shown["reference"]) == ("vu avec le client", "CB 1")
    assert row_of(books, order)["prepaid"] == "100.00"
    assert accounts(books) == ("100.00", "-100.00")
    books.prove_conservation()


@pytest.mark.feature("S5-22")
def test_nothing_is_changed_once_accounting_has_it(books: Books, order: dict[str, Any]) -> None:
    """Line 89: each refusal says why, and what there still is; of a digital one, at any time."""
    made = prepaid_by_form(books, order, amount="400.00", method="cheque")
    assert payment(books, made["payment_id"])["editable"] != []
    ok(books.post("payments", "/accounting-exports", {"from": "2025-01-01", "to": "2099-12-31"}))
    shown = payment(books, made["payment_id"])
    assert (shown["digital"], shown["step"], shown["editable"]) == (False, "exported", [])
    path = f"/payments/{made['payment_id']}"
    for what, body in (
        ("correction", as_meant(books, order, amount="450.00")),
        ("annotation", {"reference": "0054321"}),
        ("deletion", DELETED),
    ):
        problem = refused(books.put("payments", f"{path}/{what}", body), 409, "payment-is-exported")
        assert problem["title"].startswith("Accounting has this payment")
        assert (problem["number"], problem["step"]) == (made["number"], "exported")
        assert problem["ways_out"] == ["reversal"]
    assert row_of(books, order)["prepaid"] == "400.00"
    assert accounts(books) == ("400.00", "-400.00")
    said(books, made, "reversal", **REASON)
    card = prepaid_by_form(books, order, amount="50.00", method="card")
    assert payment(books, card["payment_id"])["step"] == "free"
    body = as_meant(books, order, amount="60.00")
    path = f"/payments/{card['payment_id']}/correction"
    problem = refused(books.put("payments", path, body), 409, "payment-is-digital")
    assert problem["title"].startswith("Only its source changes")
    assert row_of(books, order)["prepaid"] == "50.00"
    assert accounts(books) == ("50.00", "-50.00")
    books.prove_conservation()


@pytest.mark.parametrize("kind", ["order", "delivery_note", "draft"])
def test_annulation_acompte_is_on_the_lists_of_documents(books: Books, kind: str) -> None:
    """Commande, Bon de livraison, Facture (lines 124 to 127)."""
    draft = kind == "draft"
    document = draw_up(books, "100.00", brand="b") if draft else make(books, kind)

    def listed() -> dict[str, Any]:
        if not draft:
            return row_of(books, document)
        (row,) = everything(books, "invoicing", "/brands/b/documents", fiscal_year="all")
        return dict(row)

    assert "cancel_prepayment" not in listed()["actions"]
    prepaid_by_form(books, document, amount="40.00", method="cheque")
    row = listed()
    assert "cancel_prepayment" in row["actions"]
    (kept,) = row["prepayments"]
    ok(books.http.put(f"{books.stack.urls['payments']}{kept['cancellation']}", json=REASON))
    books.wait_until_caught_up()
    row = listed()
    assert "cancel_prepayment" not in row["actions"]
    assert [row[name] for name in ("colour", "prepaid", "outstanding")] == [None, "0.00", "100.00"]
    assert accounts(books) == ("0.00", "0.00")
    assert columns(books)[1] == {}
    books.prove_conservation()


def test_supprimer_is_on_the_list_of_payments(books: Books, order: dict[str, Any]) -> None:
    """Ventes > Règlements > Liste des règlements, at the end of the row (line 130)."""
    wrong = prepaid_by_form(books, order, amount="40.00", method="cheque")
    kept = prepaid_by_form(books, order, amount="60.00", method="cheque")

    def listed() -> set[str]:
        rows = everything(books, "payments", "/payments", state="recorded")
        return {row["number"] for row in rows}

    assert listed() == {wrong["number"], kept["number"]}
    path = f"/payments/{wrong['payment_id']}/deletion"
    problem = refused(books.put("payments", path, REASON), 409, "deletion-not-confirmed")
    assert (problem["confirm"], listed()) == (["delete"], {wrong["number"], kept["number"]})
    said(books, wrong, "deletion", **REASON, confirm=problem["confirm"])
    assert listed() == {kept["number"]}
    assert row_of(books, order)["prepaid"] == "60.00"
    assert accounts(books) == ("60.00", "-60.00")
    assert columns(books) == ({order["number"]: "1140.00"}, {kept["number"]: "60.00"})
    # It left the list, not the books: both entries are in the journal.
    assert [fact["payment_id"] for fact in facts(books, "payments", "payment-reversed")] == [
        wrong["payment_id"]
    ]
    books.prove_conservation()


def test_money_slides_from_the_order_to_the_invoice_and_back_up(
    books: Books, order: dict[str, Any]
) -> None:
    """What a rapprochement is, and what becomes of it (lines 142 to 150)."""
    made = prepaid_by_form(books, order, amount="400.00", method="cheque")
    draft = draw_up(books, "1200.00", **after(order))
    validate(books, draft)
    invoice = books.document(draft)
    assert (invoice["payment_status"], invoice["outstanding"]) == ("partially_paid", "800.00")
    assert [row_of(books, order)[name] for name in ("prepaid", "outstanding")] == ["0.00", "0.00"]
    # The link between a payment and a document has a name of its own.
    (link,) = everything(books, "reconciliation", "/allocations")
    assert (link["payment_number"], link["document_number"], link["allocated"]) == (
        *(made["number"], invoice["number"], "400.00"),
    )
    assert accounts(books) == ("400.00", "800.00")
    assert columns(books) == ({invoice["number"]: "800.00"}, {})
    # The invoice is undone by a credit note: the money is on the order again (line 148).
    make(books, "credit_note", "1200.00", corrects=draft["document_id"])
    assert row_of(books, order)["prepaid"] == "400.00"
    assert accounts(books) == ("400.00", "-400.00")
    assert columns(books) == ({order["number"]: "800.00"}, {made["number"]: "400.00"})
    # It is drawn up as it should have been: that one takes what it needs (line 150).
    anew = make(books, "invoice", "300.00", **after(order))
    assert books.document(anew)["payment_status"] == "settled"
    assert row_of(books, order)["prepaid"] == "100.00"
    assert accounts(books) == ("400.00", "-100.00")
    books.prove_conservation()


def test_a_draft_that_is_modified_or_deleted_gives_its_money_back_to_the_order(
    books: Books, order: dict[str, Any]
) -> None:
    """Si on supprime ou modifie une facture, l'argent remonte sur la commande (line 148)."""
    draft = draw_up(books, "500.00", **after(order))
    made = prepaid_by_form(books, draft, amount="500.00", method="cheque")

    def held() -> tuple[str, str]:
        return row_of(books, order)["prepaid"], books.document(draft)["prepaid"]

    assert held() == ("0.00", "500.00")
    draw_up(books, "200.00", draft["document_id"], **after(order))
    assert held() == ("300.00", "200.00")
    assert accounts(books) == ("500.00", "-500.00")
    cancel(books, draft)
    assert held() == ("500.00", "0.00")
    assert row_of(books, order)["outstanding"] == "700.00"
    assert accounts(books) == ("500.00", "-500.00")
    assert payment(books, made["payment_id"])["available"] == "0.00"
    books.prove_conservation()


def test_any_document_takes_a_payment_whatever_its_state(books: Books) -> None:
    """Line 154: a draft, a validated and a settled one, and one that was cancelled."""
    draft, validated, settled, cancelled = (
        draw_up(books, "80.00") if state == "draft" else make(books, kind, "80.00")
        for state, kind in (
            *(("draft", "invoice"), ("validated", "invoice")),
            *(("settled", "invoice"), ("cancelled", "order")),
        )
    )
    cancel(books, cancelled)
    paid(books, settled)
    prepaid_by_form(books, draft, amount="10.00", method="cheque")
    paid(books, validated, amount="10.00")
    assert books.document(draft)["prepaid"] == "10.00"
    assert books.document(validated)["outstanding"] == "70.00"
    for document in (settled, cancelled):
        kept = paid(books, document, amount="10.00", confirm=["keep-as-credit"])
        assert payment(books, kept["payment_id"])["available"] == "10.00"
        assert columns(books)[1][kept["number"]] == "10.00"
    assert accounts(books) == ("120.00", "40.00")
    books.prove_conservation()
