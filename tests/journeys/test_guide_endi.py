"""enDI's guide to recording a receipt for an invoice (S2), step by step.

If this failed, somebody who follows that guide with Acquit would not see what it promises.
"""

from typing import Any
from uuid import uuid4

from tests.books import Books, ok, refused
from tests.forms import filled_in
from tests.invoicing.filing import ATELIER, ENTERPRISE, THIS_YEAR, draft, folder, step, validate
from tests.reading import everything, facts, journal, payment, summary


def numbers(books: Books, path: str, **query: Any) -> list[str]:
    return [row["number"] for row in everything(books, "invoicing", path, **query)]


def test_an_invoice_is_found_in_the_lists(books: Books) -> None:
    """Three ways to it, the order, the filters (lines 8 to 54)."""
    old, new = folder(books, "Ancien", brand="atelier"), folder(books, "Neuf", brand="atelier")
    first = validate(books, folder_id=new, net="100.00", business_type="Travaux")
    second = validate(books, folder_id=old, net="250.00", issued_on=f"{THIS_YEAR}-02-01")
    internal = validate(books, variant="internal", net="50.00", folder_id=old)
    elsewhere = validate(books, brand="boutique", net="70.00")
    drawn_up = draft(books, net="80.00")
    submitted = step(books, draft(books, net="90.00"), "submission")
    validated = [first["number"], second["number"], internal["number"]]
    # Vente > Facture; by the folders of a brand; the enterprise's list (lines 8 to 17).
    assert set(validated) <= set(numbers(books, ATELIER))
    assert set(numbers(books, "/documents", folder_id=old)) == set(validated[1:])
    enterprise = numbers(books, ENTERPRISE)
    assert set(enterprise) == {*validated, elsewhere["number"]}
    # Newest folder first; by name from Z to A, then from A to Z (lines 19 to 23).
    shown = [each for each in enterprise if each in validated]
    assert shown[0] == first["number"]
    by_name = everything(books, "invoicing", ENTERPRISE, sort="folder_name")
    assert [row["folder_name"] for row in by_name] == ["Neuf", "Ancien", "Ancien", None]
    # The filters (lines 24 to 52).
    assert numbers(books, ENTERPRISE, total_from="200.00", total_to="300.00") == validated[1:2]
    assert numbers(books, ENTERPRISE, issued_from=f"{THIS_YEAR}-02-01") == validated[1:2]
    assert numbers(books, ENTERPRISE, brand="boutique") == [elsewhere["number"]]
    refused(books.get("invoicing", ATELIER, brand="boutique"), 422, "malformed")
    assert numbers(books, ENTERPRISE, kind="invoice.internal") == validated[2:]
    assert numbers(books, ENTERPRISE, business_type="Travaux") == validated[:1]
    assert numbers(books, ENTERPRISE, number="2601-0001") == [validated[0], validated[2]]
    waiting = everything(books, "invoicing", ATELIER, document_status="waiting_for_validation")
    assert [row["document_id"] for row in waiting] == [submitted["document_id"]]
    drafts = everything(books, "invoicing", ATELIER, document_status="draft")
    assert [row["document_id"] for row in drafts] == [drawn_up["document_id"]]
    # How many there are on a page is remembered (lines 53 and 54).
    ok(books.put("invoicing", "/preferences/page-size", {"rows": 2}))
    assert len(ok(books.get("invoicing", ENTERPRISE))["items"]) == 2


def test_a_receipt_is_recorded_with_its_defaults(books: Books) -> None:
    """The form, field by field (lines 55 to 66 and 80 to 91)."""
    invoice = books.invoice("120.00")
    form = ok(books.get("payments", "/payments/defaults", document=invoice["document_id"]))
    for field in ("received_on", "method", "amount", "bank_account", "payer_name"):
        assert form[field], f"{field} has a default"
    assert (form["amount"], form["payer_name"], form["bank_deposit"]) == ("120.00", "Durand", None)
    # No more than the total less credit notes; five euros of tolerance (line 66).
    books.invoice("20.00", kind="credit_note", corrects=invoice["document_id"])
    books.wait_until_caught_up()
    body = filled_in(form, amount="105.01", reference="0012345", customer_bank="BNP Paribas")
    problem = refused(
        books.put("payments", f"/payments/{uuid4()}", body), 409, "amount-over-payable"
    )
    assert problem["maximum"] == "105.00"
    # Beyond it: a positive adjustment that is linked to the invoice; its entries balance (66).
    link = {"variant": "positive_adjustment", "follows": invoice["document_id"]}
    books.invoice("10.00", **link)
    made = ok(books.put("payments", f"/payments/{uuid4()}", body | {"amount": "110.00"}))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"
    # "L'encaissement est créé": in the journal, chained, and never changed (lines 4, 5, 100).
    (recorded,) = facts(books, "payments", "payment-recorded")
    assert recorded["payment_id"] == made["payment_id"]
    entries = journal(books, "payments")
    assert len({entry["previous_hash"] for entry in entries}) == len(entries)
    assert ok(books.get("payments", "/verification"))["intact"]
    assert payment(books, made["payment_id"])["customer_bank"] == "BNP Paribas"
    books.prove_conservation()


def test_a_bank_deposit_is_opened_by_its_first_receipt(books: Books) -> None:
    """The identifier of the deposit, and its messages (lines 67 to 80)."""
    cheque: dict[str, Any] = {"method": "cheque", "amount": "50.00", "bank_deposit": "REM-7"}
    warned = refused(books.pay(**cheque), 409, "bank-deposit-not-opened")
    made = ok(books.pay(**cheque, confirm=warned["confirm"]))
    assert made["bank_deposit"] == "REM-7"
    proposed = ok(books.get("payments", "/payments/defaults"))["bank_deposit"]
    assert proposed == "REM-7"
    refused(books.pay(**(cheque | {"method": "cash"})), 409, "bank-deposit-of-another-method")
    ok(books.put("payments", "/bank-deposits/REM-7/closing", {}))
    refused(books.pay(**cheque), 409, "bank-deposit-is-closed")
    ok(books.put("payments", "/bank-deposits/REM-7/reopening", {"reason": "un chèque oublié"}))
    ok(books.pay(**cheque))
    slip = books.get("payments", "/bank-deposits/REM-7/slip").text
    assert slip.count("50,00") == 2
    books.prove_conservation()


def test_an_invoice_is_closed_with_less_or_with_nothing(books: Books) -> None:
    """The box "Soldé" (lines 91 to 96)."""
    short, given_up = books.invoice("120.00"), books.invoice("3.00")
    for invoice, amount in ((short, "117.00"), (given_up, "0.00")):
        closes = [{"document_id": invoice["document_id"], "closes": True}]
        ok(books.pay(amount=amount, applies_to=closes))
        books.wait_until_caught_up()
        assert books.document(invoice)["payment_status"] == "settled"
        refused(books.pay(invoice, amount="1.00"), 409, "invoice-is-settled")
    assert numbers(books, "/documents", payment_status="open") == []
    # No entry says so: only the 117.00 that were paid go to accounting (line 94).
    period = {"from": "2025-01-01", "to": "2099-12-31"}
    closed = ok(books.post("payments", "/accounting-exports", period))
    assert closed["entry_count"] == 1
    assert summary(books, short)["closed_short"] == "3.00"
    books.prove_conservation()
