"""The guide of prepayments (acomptes, S5): where they are added, and what each screen then shows.

If this failed, a shop that follows that guide with Acquit would not see what it promises. What
may be changed and deleted, and how the money slides, is in `test_guide_acomptes_changes`.
"""

from typing import Any
from uuid import uuid4

import pytest

from shared.dates import civil_date, now
from tests.books import Books, ok, refused
from tests.forms import filled_in
from tests.journeys.guides import (
    DELETED,
    accounts,
    columns,
    paid,
    prepaid_by_form,
    row_of,
    said,
)
from tests.journeys.test_prepayment_slides import after, draw_up, make, validate
from tests.reading import everything, payment


def test_a_prepayment_is_added_from_the_list_of_orders(books: Books, order: dict[str, Any]) -> None:
    # The menu of the row has "Acompte"; a pop-up explains it (lines 8 to 21).
    assert "record_prepayment" in row_of(books, order)["actions"]
    form = ok(books.get("payments", "/payments/defaults", document=order["document_id"]))
    assert "acompte" in form["explanation"]
    # What is owed and paid; the method is not chosen for us; all that is due, today (28 to 38).
    assert (form["total"], form["paid"], form["due"]) == ("1200.00", "0.00", "1200.00")
    assert (form["method"], form["amount"]) == (None, "1200.00")
    assert form["received_on"] == str(civil_date(now()))
    refused(
        books.put("payments", f"/payments/{uuid4()}", filled_in(form, confirm=form["confirm"])),
        *(422, "method-missing"),
    )
    # An order is shown among what is owed, and no account moves by it.
    assert accounts(books) == ("0.00", "0.00")
    assert columns(books) == ({order["number"]: "1200.00"}, {})
    # Enregistrer (lines 41 to 44): in part, then the rest.
    first = prepaid_by_form(books, order, amount="400.00", method="cheque", reference="0012345")
    assert first["number"].startswith("RC")
    shown = row_of(books, order)
    assert [shown[name] for name in ("colour", "prepaid", "outstanding")] == [
        *("orange", "400.00", "800.00")
    ]
    assert accounts(books) == ("400.00", "-400.00")
    assert columns(books) == ({order["number"]: "800.00"}, {first["number"]: "400.00"})
    # The history of the order, and what hovering shows: day, method, amount (lines 55 to 58).
    (kept,) = books.document(order)["prepayments"]
    assert {name: kept[name] for name in ("number", "received_on", "method", "amount")} == {
        "number": first["number"],
        "received_on": form["received_on"],
        "method": "cheque",
        "amount": "400.00",
    }
    # The form now starts from what is left, and says what was paid (lines 28, 34).
    form = ok(books.get("payments", "/payments/defaults", document=order["document_id"]))
    assert (form["total"], form["paid"], form["due"]) == ("1200.00", "400.00", "800.00")
    assert form["amount"] == "800.00"
    second = prepaid_by_form(books, order, method="transfer", received_on="2025-08-20")
    shown = row_of(books, order)
    assert [shown[name] for name in ("colour", "prepaid", "outstanding")] == [
        *("green", "1200.00", "0.00")
    ]
    hovered = {row["number"]: row["received_on"] for row in shown["prepayments"]}
    assert hovered == {first["number"]: kept["received_on"], second["number"]: "2025-08-20"}
    assert accounts(books) == ("1200.00", "-1200.00")
    assert columns(books) == ({}, {first["number"]: "400.00", second["number"]: "800.00"})
    books.prove_conservation()


def test_a_draft_takes_an_acompte_and_the_list_of_invoices_has_regler(books: Books) -> None:
    """Factures non validées: Acompte; validées: Régler (lines 1 to 5, 62)."""
    draft = draw_up(books, "300.00", brand="atelier")

    def listed() -> dict[str, Any]:
        found = everything(
            *(books, "invoicing", "/brands/atelier/documents"), kind="invoice", fiscal_year="all"
        )
        (row,) = found
        return dict(row)

    def amounts() -> list[str]:
        row = listed()
        return [row[name] for name in ("total", "prepaid", "outstanding", "payment_status")]

    assert listed()["actions"] == ["record_prepayment", "delete_draft"]
    form = ok(books.get("payments", "/payments/defaults", document=draft["document_id"]))
    assert "acompte" in form["explanation"]
    advance = prepaid_by_form(books, draft, amount="100.00", method="cheque")
    assert advance["kind"] == "prepayment"
    assert amounts() == ["300.00", "100.00", "200.00", "partially_paid"]
    assert listed()["colour"] == "orange"
    assert accounts(books) == ("100.00", "-100.00")

    validate(books, draft)
    actions = listed()["actions"]
    assert "record_payment" in actions
    assert "record_prepayment" not in actions
    assert amounts() == ["300.00", "0.00", "200.00", "partially_paid"]
    form = ok(books.get("payments", "/payments/defaults", document=draft["document_id"]))
    assert (form["explanation"], form["confirm"]) == (None, [])
    assert (form["paid"], form["due"], form["amount"]) == ("100.00", "200.00", "200.00")
    assert accounts(books) == ("100.00", "200.00")

    rest = prepaid_by_form(books, draft, method="transfer")
    assert rest["kind"] == "invoice_payment"
    assert amounts() == ["300.00", "0.00", "0.00", "settled"]
    assert accounts(books) == ("300.00", "0.00")
    assert columns(books) == ({}, {})
    settled_with = books.document(draft)["settled_with"]
    assert {row["number"]: row["amount"] for row in settled_with} == {
        advance["number"]: "100.00",
        rest["number"]: "200.00",
    }
    assert {row["received_on"] for row in settled_with} == {form["received_on"]}
    books.prove_conservation()


@pytest.mark.feature("S5-38")
def test_a_delivery_note_carries_a_prepayment(books: Books, order: dict[str, Any]) -> None:
    """Bon de livraison (line 127): it takes over the order's money, and takes more itself."""
    first = prepaid_by_form(books, order, amount="400.00", method="cheque")
    note = make(books, "delivery_note", "1200.00", **after(order))
    assert (row_of(books, order)["prepaid"], row_of(books, note)["prepaid"]) == ("0.00", "400.00")
    assert {"record_prepayment", "cancel_prepayment"} <= set(row_of(books, note)["actions"])
    second = prepaid_by_form(books, note, amount="100.00", method="transfer")
    shown = row_of(books, note)
    assert [shown[name] for name in ("colour", "prepaid", "outstanding")] == [
        *("orange", "500.00", "700.00")
    ]
    assert {row["number"] for row in shown["prepayments"]} == {first["number"], second["number"]}
    assert accounts(books) == ("500.00", "-500.00")
    owed, available = columns(books)
    assert owed[note["number"]] == "700.00"
    assert available == {first["number"]: "400.00", second["number"]: "100.00"}
    books.prove_conservation()


def test_a_payment_is_made_and_used_from_the_screen_of_two_columns(
    books: Books, order: dict[str, Any]
) -> None:
    """Ventes > Règlements > Créer un règlement (lines 65 to 77)."""
    invoice = make(books, "invoice", "300.00")
    note = make(books, "credit_note", "50.00")
    spare = paid(books, amount="500.00")
    # Left: invoices and orders not settled; right: credit notes and payments available.
    assert columns(books) == (
        {order["number"]: "1200.00", invoice["number"]: "300.00"},
        {note["number"]: "50.00", spare["number"]: "500.00"},
    )
    assert accounts(books) == ("500.00", "-250.00")
    sides = {
        "owed": [{"kind": "document", "id": invoice["document_id"]}],
        "available": [
            {"kind": "document", "id": note["document_id"]},
            {"kind": "payment", "id": spare["payment_id"]},
        ],
    }
    ok(books.put("reconciliation", f"/settlements/{uuid4()}", sides))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"
    assert columns(books) == ({order["number"]: "1200.00"}, {spare["number"]: "250.00"})
    # What is left on the payment is used for another document (line 150): the order.
    sides = {
        "owed": [{"kind": "document", "id": order["document_id"]}],
        "available": [{"kind": "payment", "id": spare["payment_id"]}],
    }
    ok(books.put("reconciliation", f"/settlements/{uuid4()}", sides))
    books.wait_until_caught_up()
    assert row_of(books, order)["prepaid"] == "250.00"
    assert columns(books) == ({order["number"]: "950.00"}, {spare["number"]: "250.00"})
    assert accounts(books) == ("500.00", "-250.00")
    # A payment is created there, and pays what stands on the left at once (line 77).
    path = f"/customers/{books.customer_id}/open-account"
    (owed,) = ok(books.get("reconciliation", path))["owed"]
    body = books.payment_body(
        applies_to=[{"document_id": owed["id"], "amount": owed["open"]}],
        confirm=["record-prepayment"],
    )
    created = ok(books.put("payments", f"/payments/{uuid4()}", body))
    assert created["amount"] == "950.00"
    books.wait_until_caught_up()
    assert (row_of(books, order)["colour"], row_of(books, order)["outstanding"]) == (
        *("green", "0.00"),
    )
    assert accounts(books) == ("1450.00", "-1200.00")
    books.prove_conservation()


def test_the_contact_card_shows_and_does_all_of_it(books: Books, order: dict[str, Any]) -> None:
    """Contacts > the customer > Gestion Commerciale (lines 82 to 85, 120, 133)."""
    customer: dict[str, Any] = {"customer_id": str(books.customer_id)}
    stranger = uuid4()
    books.register(stranger, name="Martin")
    theirs = make(books, "invoice", "10.00", customer_id=str(stranger))
    invoice = make(books, "invoice", "300.00")
    # Its tabs: documents, what is open, payments, links; nobody else's.
    numbers = [row["number"] for row in everything(books, "invoicing", "/documents", **customer)]
    assert sorted(numbers) == sorted([order["number"], invoice["number"]])
    assert theirs["number"] not in numbers
    assert columns(books)[0] == {order["number"]: "1200.00", invoice["number"]: "300.00"}
    # A prepayment is added from a document of the card …
    advance = prepaid_by_form(books, order, amount="200.00", method="cheque")
    made = paid(books, invoice)
    rows = everything(books, "payments", "/payments", **customer)
    assert {row["number"]: row["amount"] for row in rows} == {
        advance["number"]: "200.00",
        made["number"]: "300.00",
    }
    (link,) = everything(books, "reconciliation", "/allocations", **customer)
    assert (link["payment_number"], link["document_number"]) == (made["number"], invoice["number"])
    assert accounts(books) == ("500.00", "-200.00")
    # … it is changed there, in the same form (line 120) …
    row = next(row for row in rows if row["number"] == advance["number"])
    assert row.items() <= payment(books, row["payment_id"]).items()
    new = books.payment_body(order, amount="250.00", confirm=["record-prepayment"])
    change = {"payment_id": str(uuid4()), "reason": "montant", "payment": new}
    right = said(books, row, "correction", **change)
    assert accounts(books) == ("550.00", "-250.00")
    # … and deleted there (line 133).
    said(books, right, "deletion", **DELETED)
    rows = everything(books, "payments", "/payments", state="recorded", **customer)
    assert [row["number"] for row in rows] == [made["number"]]
    assert row_of(books, order)["prepaid"] == "0.00"
    assert accounts(books) == ("300.00", "0.00")
    assert columns(books) == ({order["number"]: "1200.00"}, {})
    books.prove_conservation()
