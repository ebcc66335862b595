"""If these failed, a receipt would not be what the person at the desk typed and was shown."""

from datetime import datetime, timedelta

import pytest

from shared.dates import civil_date, now
from tests.books import Books, ok, refused
from tests.reading import facts, journal, payment

TODAY = civil_date(now())


@pytest.mark.feature("S1-02", "S5-10")
def test_a_receipt_posted_on_an_invoice_lowers_its_balance_by_its_amount(books: Books) -> None:
    invoice = books.invoice("1170.00")
    body = books.payment_body(invoice, amount="200.00")
    answer = books.post("payments", "/payments", body, **{"Idempotency-Key": "guichet-1"})
    assert answer.status_code == 201, answer.text
    books.wait_until_caught_up()
    assert books.document(invoice)["outstanding"] == "970.00"
    (recorded,) = facts(books, "payments", "payment-recorded")
    assert recorded["payment_id"] == answer.json()["payment_id"]


@pytest.mark.feature("S1-06", "S3-15", "K3")
def test_the_date_of_the_payment_is_apart_from_the_time_of_its_record(books: Books) -> None:
    earlier = (TODAY - timedelta(days=11)).isoformat()
    made = ok(books.pay(method="cheque", amount="100.00", received_on=earlier))
    shown = payment(books, made["payment_id"])
    assert shown["received_on"] == earlier
    assert civil_date(datetime.fromisoformat(shown["recorded_at"])) >= TODAY
    entry = journal(books, "payments")[-1]
    assert entry["data"]["received_on"] == earlier
    assert entry["recorded_at"].endswith("Z")
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    refused(books.pay(amount="1.00", received_on=tomorrow), 422, "received-in-future")
    assert ok(books.pay(method="cheque", amount="1.00", received_on=tomorrow))
    for wrong in ("18/08/2025", 0, "2025-02-30"):
        refused(books.pay(amount="1.00", received_on=wrong), 422, "malformed")


@pytest.mark.feature("S2-32", "S5-08")
def test_the_date_is_today_unless_it_is_given(books: Books) -> None:
    made = ok(books.pay(amount="1.00"))
    recorded_on = civil_date(datetime.fromisoformat(made["recorded_at"]))
    assert made["received_on"] == recorded_on.isoformat()
    assert ok(books.pay(amount="1.00", received_on="2025-08-18"))["received_on"] == "2025-08-18"


@pytest.mark.feature("S1-07")
def test_the_method_is_one_of_the_list_or_the_list_is_given_back(books: Books) -> None:
    problem = refused(books.pay(amount="1.00", method="PRELEVEMENT"), 422, "unknown-method")
    assert problem["known"] == [
        "card",
        "cash",
        "cheque",
        "direct-debit",
        "sepa-transfer",
        "transfer",
    ]
    levy = {"label": "PRÉLEVEMENT", "untdid_4461": "59"}
    ok(books.put("payments", "/payment-methods/PRELEVEMENT", levy))
    assert ok(books.pay(amount="1.00", method="PRELEVEMENT"))["method"] == "PRELEVEMENT"
    listed = ok(books.get("payments", "/payment-methods"))
    assert "PRÉLEVEMENT" in [method["label"] for method in listed]


@pytest.mark.feature("S2-33")
def test_the_method_has_a_default_or_must_be_given(books: Books) -> None:
    assert ok(books.pay(amount="1.00", method=None))["method"] == "transfer"
    card = {"label": "Carte", "untdid_4461": "48", "default": True}
    ok(books.put("payments", "/payment-methods/card", card))
    assert ok(books.pay(amount="1.00", method=None))["method"] == "card"
    ok(books.put("payments", "/payment-methods/card", card | {"default": False}))
    refused(books.pay(amount="1.00", method=None), 422, "unknown-method")


@pytest.mark.feature("S1-08", "S2-52", "S4-09", "S5-09")
def test_the_number_of_a_cheque_or_transfer_is_free_optional_and_found_again(books: Books) -> None:
    long = "VIR-SEPA/2025-08-18 REF É2E 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert len(long) > 50
    made = ok(books.pay(amount="1.00", reference=long, note="deuxième rappel"))
    assert (made["reference"], made["note"]) == (long, "deuxième rappel")
    assert ok(books.pay(amount="2.00"))["reference"] is None
    for text in (long, "0123456789", made["number"]):
        found = ok(books.get("payments", "/payments", text=text))["items"]
        assert [row["payment_id"] for row in found] == [made["payment_id"]]
    assert ok(books.get("payments", "/payments", text="%"))["items"] == []


@pytest.mark.feature("S1-09", "S2-51")
def test_the_bank_is_an_active_account_and_the_default_where_none_is_given(books: Books) -> None:
    assert ok(books.pay(amount="1.00"))["bank_account"] == "CIC"
    bnp = {"label": "BNP", "account": "51220000", "journal_code": "BNP"}
    ok(books.put("payments", "/bank-accounts/BNP", bnp))
    problem = refused(books.pay(amount="1.00"), 422, "unknown-bank-account")
    assert problem["known"] == ["BNP", "CIC"]
    assert ok(books.pay(amount="1.00", bank_account="BNP"))["bank_account"] == "BNP"
    ok(books.put("payments", "/bank-accounts/BNP", bnp | {"default": True}))
    assert ok(books.pay(amount="1.00"))["bank_account"] == "BNP"
    ok(books.put("payments", "/bank-accounts/BNP", bnp | {"active": False}))
    closed = refused(books.pay(amount="1.00", bank_account="BNP"), 422, "unknown-bank-account")
    assert closed["known"] == ["CIC"]


@pytest.mark.feature("S2-53")
def test_the_customers_bank_is_optional_and_from_a_list(books: Books) -> None:
    assert ok(books.pay(amount="1.00"))["customer_bank"] is None
    assert ok(books.pay(amount="1.00", customer_bank="Toute banque"))["customer_bank"]
    ok(books.put("payments", "/payment-policy", {"customer_banks": ["BNP Paribas", "CIC"]}))
    assert ok(books.pay(amount="1.00", customer_bank="CIC"))["customer_bank"] == "CIC"
    assert ok(books.pay(amount="1.00"))["customer_bank"] is None
    problem = refused(
        books.pay(amount="1.00", customer_bank="Toute banque"), 422, "unknown-customer-bank"
    )
    assert problem["known"] == ["BNP Paribas", "CIC"]


@pytest.mark.feature("S2-54")
def test_the_payer_is_the_customer_unless_somebody_else_paid(books: Books) -> None:
    assert ok(books.pay(amount="1.00"))["payer_name"] == "Durand"
    assert ok(books.pay(amount="1.00", payer_name="Assurance M."))["payer_name"] == "Assurance M."


@pytest.mark.feature("S1-14", "S5-09")
def test_the_note_is_kept_and_shown(books: Books) -> None:
    note = "Remis en main propre par Mme Durand ; à encaisser le 20."
    made = ok(books.pay(amount="1.00", note=note))
    assert payment(books, made["payment_id"])["note"] == note
