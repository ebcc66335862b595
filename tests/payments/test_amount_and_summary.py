"""If these failed, an invoice would not be paid to the cent, or its receipts would not be seen."""

import hashlib
from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import facts, journal, payment, position, summary


@pytest.mark.feature("S1-11", "S2-36", "S5-07", "K9")
def test_without_an_amount_the_rest_is_paid_to_the_cent(books: Books) -> None:
    invoice = books.invoice("1170.33")
    untouched = ok(books.post("payments", "/payments/preview", books.payment_body(invoice)))
    assert untouched["payment"]["amount"] == "1170.33"
    assert ok(books.pay(invoice, amount="170.01"))["amount"] == "170.01"
    rest = ok(books.pay(invoice))
    assert rest["amount"] == "1000.32"
    books.wait_until_caught_up()
    assert books.document(invoice)["outstanding"] == "0.00"


@pytest.mark.feature("S1-05", "S1-12", "S1-13")
def test_what_remains_is_shown_as_the_amount_changes(books: Books) -> None:
    invoice = books.invoice("1170.00")
    note = {"kind": "credit_note", "corrects": invoice["document_id"]}
    books.invoice("100.00", **note)
    ok(books.pay(invoice, amount="70.00"))
    books.wait_until_caught_up()
    before = position(books, "payments")
    for typed, remaining, status in (
        ("0.01", "999.99", "partially_paid"),
        ("400.00", "600.00", "partially_paid"),
        ("1000.00", "0.00", "settled"),
        ("1005.00", "0.00", "settled"),
    ):
        body = books.payment_body(invoice, amount=typed)
        (foreseen,) = ok(books.post("payments", "/payments/preview", body))["documents"]
        assert (foreseen["due"], foreseen["remaining"]) == ("1000.00", remaining)
        assert foreseen["payment_status"] == status
    over = books.payment_body(invoice, amount="1005.01")
    warned = ok(books.post("payments", "/payments/preview", over))
    assert [problem["type"] for problem in warned["warnings"]] == ["/problems/amount-over-payable"]
    assert warned["confirm"] == ["keep-as-credit"]
    assert position(books, "payments") == before
    ok(books.pay(invoice, amount="1000.00"))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"


@pytest.mark.feature("S1-15")
def test_a_receipt_is_saved_with_what_it_pays_or_not_at_all(books: Books) -> None:
    invoice, settled = books.invoice("100.00"), books.invoice("50.00")
    ok(books.pay(settled))
    books.wait_until_caught_up()
    before = {service: position(books, service) for service in ("payments", "reconciliation")}
    both = [{"document_id": d["document_id"], "amount": "50.00"} for d in (invoice, settled)]
    payment_id = uuid4()
    answer = books.pay(None, payment_id, amount="100.00", applies_to=both)
    refused(answer, 409, "invoice-is-settled")
    assert books.get("payments", f"/payments/{payment_id}").status_code == 404
    books.wait_until_caught_up()
    assert {service: position(books, service) for service in before} == before
    assert books.document(invoice)["outstanding"] == "100.00"

    ok(books.pay(invoice, payment_id))
    (entry,) = journal(books, "payments")[before["payments"] :]
    assert [part["amount"]["value"] for part in entry["data"]["applies_to"]] == ["100.00"]
    assert summary(books, invoice)["left_to_pay"] == "0.00"
    books.wait_until_caught_up()
    (made,) = facts(books, "reconciliation", "allocation-made")[-1:]
    assert (made["credit"]["id"], made["debit"]["id"]) == (
        str(payment_id),
        invoice["document_id"],
    )


@pytest.mark.feature("S1-16", "S1-18", "S1-19")
def test_after_saving_the_invoice_is_summed_up_with_all_its_receipts(books: Books) -> None:
    invoice = books.invoice("1170.00")
    first = ok(books.pay(invoice, amount="1000.00", reference="0001234", method="cheque"))
    second = ok(books.pay(invoice))
    (applied,) = second["applies_to"]
    shown = ok(books.http.get(books.stack.urls["payments"] + applied["summary"]))
    assert (shown["number"], shown["total"], shown["left_to_pay"]) == (
        invoice["number"],
        "1170.00",
        "0.00",
    )
    assert shown["payment_status"] == "settled"
    assert [row["number"] for row in shown["receipts"]] == [first["number"], second["number"]]
    columns = ["received_on", "document_number", "reference", "bank_account", "method", "amount"]
    assert list(shown["receipts"][0])[:7] == [*columns, "actions"]
    values = [shown["receipts"][0][column] for column in columns[1:]]
    assert values == [invoice["number"], "0001234", "CIC", "cheque", "1000.00"]
    ok(books.put("payments", f"/payments/{first['payment_id']}/reversal", {"reason": "erreur"}))
    states = [(row["state"], row["actions"]) for row in summary(books, invoice)["receipts"]]
    assert states == [("reversed", []), ("recorded", ["correction", "reversal", "return"])]


@pytest.mark.feature("S1-28")
def test_people_read_french_and_programs_read_iso(books: Books) -> None:
    invoice = books.invoice("1170.00")
    made = ok(books.pay(invoice, received_on="2025-08-18", reference="0001234"))
    assert (made["amount"], made["received_on"]) == ("1170.00", "2025-08-18")
    receipt = books.get("payments", f"/payments/{made['payment_id']}/receipt")
    assert receipt.headers["content-type"].startswith("text/plain")
    plain = receipt.text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert f"Reçu {made['number']}" in plain
    assert "la somme de 1 170,00 €\nle 18/08/2025\npar Virement, n° 0001234, sur CIC" in plain
    assert f"pour {invoice['number']} : 1 170,00 €" in plain
    reason = {"reason": "saisi deux fois", "on": "2025-08-19"}
    ok(books.put("payments", f"/payments/{made['payment_id']}/reversal", reason))
    again = books.get("payments", f"/payments/{made['payment_id']}/receipt").text
    assert again.endswith("Extourné le 19/08/2025 : saisi deux fois\n")


@pytest.mark.feature("S2-37", "S2-38")
def test_five_euros_over_the_total_less_credit_notes_and_no_cent_more(books: Books) -> None:
    invoice = books.invoice("1170.00")
    books.invoice("170.00", kind="credit_note", corrects=invoice["document_id"])
    problem = refused(books.pay(invoice, amount="1005.01"), 409, "amount-over-payable")
    assert (problem["left_to_pay"], problem["maximum"]) == ("1000.00", "1005.00")
    ok(books.put("payments", "/payment-policy", {"tolerance": "0.50"}))
    problem = refused(books.pay(invoice, amount="1000.51"), 409, "amount-over-payable")
    assert problem["maximum"] == "1000.50"
    ok(books.put("payments", "/payment-policy", {"tolerance": "5.00"}))
    assert ok(books.pay(invoice, amount="1005.00"))["amount"] == "1005.00"
    refused(books.pay(invoice, amount="0.01"), 409, "invoice-is-settled")


@pytest.mark.feature("S3-12", "S5-24")
def test_receipts_are_numbered_by_a_template_of_the_ledger(books: Books) -> None:
    august: dict[str, Any] = {"amount": "1.00", "received_on": "2025-08-18"}
    numbers = [ok(books.pay(**august))["number"] for _ in range(2)]
    assert numbers == ["RC2508-0001", "RC2508-0002"]
    ok(books.put("payments", "/payment-policy", {"receipt_template": "ENC-{yyyy}-{n:6}"}))
    numbers += [ok(books.pay(**august))["number"] for _ in range(2)]
    assert numbers[2:] == ["ENC-2025-000001", "ENC-2025-000002"]
    assert len(set(numbers)) == 4
    for wrong in ("RC", "RC{n}{n}", "RC{mm}{n}", "RC{day}{n}", "RC{n}" + "x" * 40):
        answer = books.put("payments", "/payment-policy", {"receipt_template": wrong})
        refused(answer, 422, "malformed")


@pytest.mark.feature("S4-10")
def test_the_amount_is_mandatory_and_may_be_more_than_what_is_allocated(books: Books) -> None:
    refused(books.pay(), 422, "amount-missing")
    for wrong in ("", "1170,00", "1e3", "-5.00", "0.00", 12, "1.001"):
        assert books.pay(amount=wrong).status_code == 422, wrong
    first, second = books.invoice("100.00"), books.invoice("50.00")
    parts = [
        {"document_id": first["document_id"], "amount": "60.00"},
        {"document_id": second["document_id"], "amount": "50.00"},
    ]
    made = ok(books.pay(amount="150.00", applies_to=parts, confirm=["keep-as-credit"]))
    books.wait_until_caught_up()
    shown = payment(books, made["payment_id"])
    assert (shown["amount"], shown["available"]) == ("150.00", "40.00")


@pytest.mark.feature("S2-04")
def test_the_seal_of_the_file_is_in_the_entry_and_a_changed_file_shows(books: Books) -> None:
    file = b"%PDF-1.7 facture"
    seal = hashlib.sha256(file).hexdigest()
    invoice = books.invoice("100.00", file_sha256=seal)
    made = ok(books.pay(invoice))
    entry = journal(books, "payments")[-1]
    assert [part["file_sha256"] for part in entry["data"]["applies_to"]] == [seal]
    url = books.url("payments", f"/payable-documents/{invoice['document_id']}/file-check")
    right, wrong = (ok(books.http.post(url, content=bytes_)) for bytes_ in (file, file + b" "))
    assert right["intact"]
    assert not wrong["intact"]
    assert [(p["number"], p["intact"]) for p in wrong["payments"]] == [(made["number"], False)]
    assert (wrong["sealed_sha256"], wrong["number"]) == (seal, invoice["number"])


@pytest.mark.feature("S5-37", "K2")
def test_a_receipt_is_taken_on_any_document_as_credit_where_nothing_is_due(books: Books) -> None:
    settled = books.invoice("100.00")
    ok(books.pay(settled))
    note = books.invoice("30.00", kind="credit_note")
    books.wait_until_caught_up()
    draft = {"document_id": str(uuid4())}
    refused(books.pay(settled, amount="10.00"), 409, "invoice-is-settled")
    refused(books.pay(note, amount="10.00"), 422, "document-not-payable")
    refused(books.pay(draft, amount="10.00"), 422, "unknown-document")
    kept = {}
    for name, document in (("settled", settled), ("note", note), ("draft", draft)):
        kept[name] = ok(books.pay(document, amount="10.00", keep_as_credit=True))
    books.wait_until_caught_up()
    for made in kept.values():
        assert payment(books, made["payment_id"])["available"] == "10.00"
    body = {
        "kind": "invoice",
        "customer_id": str(books.customer_id),
        "issued_on": "2025-08-18",
        "lines": [{"label": "Prestation", "net": "25.00", "vat_rate": "0"}],
    }
    validated = ok(books.put("invoicing", f"/documents/{draft['document_id']}", body))
    books.wait_until_caught_up()
    assert books.document(validated)["outstanding"] == "15.00"
    assert payment(books, kept["draft"]["payment_id"])["available"] == "0.00"
