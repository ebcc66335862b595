"""If these failed, old names would be lost, or sums would not be those of what is listed."""

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.payments.words import no_one
from tests.reading import everything, facts, payment, summary

CHEQUE = {"label": "Chèque", "untdid_4461": "20"}


def methods(books: Books) -> dict[str, dict[str, Any]]:
    return {m["code"]: m for m in ok(books.get("payments", "/payment-methods"))}


def configure(books: Books, code: str, **fields: Any) -> Any:
    return ok(books.put("payments", f"/payment-methods/{code}", CHEQUE | fields))


@pytest.mark.feature("S2-35")
def test_a_method_is_added_renamed_and_deactivated_and_its_history_stays(books: Books) -> None:
    configure(books, "voucher", label="Bon")
    made = ok(books.pay(amount="1.00", method="voucher"))
    configure(books, "voucher", label="Bon d'achat")
    configure(books, "voucher", label="Bon d'achat", active=False)
    refused(books.pay(amount="1.00", method="voucher"), 422, "unknown-method")
    assert not methods(books)["voucher"]["active"]
    assert payment(books, made["payment_id"])["method"] == "voucher"
    receipt = books.get("payments", f"/payments/{made['payment_id']}/receipt").text
    assert "par Bon d'achat" in receipt
    history = ok(books.get("payments", "/payment-methods/voucher/history"))
    said = [(row["said"]["label"], row["said"]["active"]) for row in history]
    assert said == [("Bon d'achat", False), ("Bon d'achat", True), ("Bon", True)]
    assert {row["changed_by"] for row in history} == {"alice"}
    configure(books, "voucher", label="Bon", active=True)
    assert ok(books.pay(amount="1.00", method="voucher"))


def test_a_bank_account_keeps_its_history_too(books: Books) -> None:
    account = {"label": "CIC Lyon", "account": "51210000", "journal_code": "CIC"}
    ok(books.put("payments", "/bank-accounts/CIC", account))
    history = ok(books.get("payments", "/bank-accounts/CIC/history"))
    assert [row["said"]["label"] for row in history] == ["CIC Lyon", "CIC"]


def test_a_method_may_ask_for_the_number_of_the_cheque(books: Books) -> None:
    configure(books, "cheque", needs_number=True)
    assert methods(books)["cheque"]["needs_number"]
    answer = books.pay(amount="1.00", method="cheque")
    assert refused(answer, 422, "reference-missing")["method"] == "cheque"
    assert ok(books.pay(amount="1.00", method="cheque", reference="0012345"))
    assert methods(books)["card"]["digital"]


# ── lists ───────────────────────────────────────────────────────────────────────


@pytest.mark.feature("S1-20", "S1-21")
def test_below_the_receipts_stand_the_sums_of_the_selection_and_of_all(books: Books) -> None:
    invoice = books.invoice("1170.00")
    made = [ok(books.pay(invoice, amount=amount)) for amount in ("1000.00", "100.00", "70.00")]
    path = f"/payable-documents/{invoice['document_id']}"
    shown = summary(books, invoice)
    assert shown["selection"] == {"count": 0, "amount": "0.00"}
    assert shown["receipts_total"] == {"count": 3, "amount": "1170.00"}
    chosen = [made[0]["payment_id"], made[2]["payment_id"]]
    shown = ok(books.get("payments", path, selected=chosen))
    assert shown["selection"] == {"count": 2, "amount": "1070.00"}
    assert shown["receipts_total"] == {"count": 3, "amount": "1170.00"}

    ok(books.pay(amount="30.00"))
    sums = ok(books.get("payments", "/payments/totals", document_id=invoice["document_id"]))
    assert sums["selection"] == []
    everything = ok(books.get("payments", "/payments/totals", selected=chosen))
    assert [(t["count"], t["amount"]) for t in everything["total"]] == [(4, "1200.00")]
    assert [(t["count"], t["amount"]) for t in everything["selection"]] == [(2, "1070.00")]


def test_what_was_taken_back_adds_nothing_to_the_sums(books: Books) -> None:
    invoice = books.invoice("1170.00")
    wrong, _ = (ok(books.pay(invoice, amount=amount)) for amount in ("1000.00", "170.00"))
    ok(books.put("payments", f"/payments/{wrong['payment_id']}/reversal", {"reason": "erreur"}))
    assert summary(books, invoice)["receipts_total"]["amount"] == "170.00"
    (total,) = ok(books.get("payments", "/payments/totals"))["total"]
    assert (total["count"], total["amount"]) == (1, "170.00")


@pytest.mark.feature("S2-61")
def test_a_payment_is_in_the_journal_and_in_the_lists_within_two_seconds(books: Books) -> None:
    invoice = books.invoice("100.00")
    made = ok(books.pay(invoice))
    asked_at = time.monotonic()
    (entry,) = facts(books, "payments", "payment-recorded")
    assert entry["payment_id"] == made["payment_id"]
    of_all = ok(books.get("payments", "/payments"))["items"]
    of_invoice = summary(books, invoice)["receipts"]
    for rows in (of_all, of_invoice):
        assert [row["payment_id"] for row in rows] == [made["payment_id"]]
    assert time.monotonic() - asked_at < 2


def test_payments_of_some_days_are_sorted_by_number_page_after_page(books: Books) -> None:
    days = ("2025-08-18", "2025-08-20", "2025-08-19", "2025-09-01")
    numbers = [ok(books.pay(amount="1.00", received_on=day))["number"] for day in days]
    asked = {"sort": "number", "received_from": "2025-08-01", "received_to": "2025-08-31"}
    rows = everything(books, "payments", "/payments", limit=1, direction="asc", **asked)
    assert [row["number"] for row in rows] == sorted(numbers[:3])
    assert everything(books, "payments", "/payments", limit=2, **asked) == rows[::-1]


@pytest.mark.feature("S4-07")
def test_receipts_are_listed_per_bank_account(books: Books) -> None:
    bnp = {"label": "BNP", "account": "51220000", "journal_code": "BNP"}
    ok(books.put("payments", "/bank-accounts/BNP", bnp))
    for account, amount in (("CIC", "1.00"), ("BNP", "2.00"), ("BNP", "3.00")):
        ok(books.pay(amount=amount, bank_account=account))
    listed = ok(books.get("payments", "/payments", bank_account="BNP"))["items"]
    assert sorted(row["amount"] for row in listed) == ["2.00", "3.00"]
    (total,) = ok(books.get("payments", "/payments/totals", bank_account="BNP"))["total"]
    assert (total["count"], total["amount"]) == (2, "5.00")


@pytest.mark.feature("S1-24", "S5-30", "S5-31")
def test_a_receipt_is_deleted_from_the_list_of_all_and_from_that_of_its_customer(
    books: Books,
) -> None:
    for filters in ({}, {"customer_id": str(books.customer_id)}):
        made = ok(books.pay(amount="1.00"))
        listed = ok(books.get("payments", "/payments", state="recorded", **filters))["items"]
        (row,) = (row for row in listed if row["payment_id"] == made["payment_id"])
        assert "reversal" in row["actions"]
        url = f"/payments/{row['payment_id']}/reversal"
        assert ok(books.put("payments", url, {"reason": "erreur"}))["state"] == "reversed"
        left = ok(books.get("payments", "/payments", state="recorded", **filters))["items"]
        assert made["payment_id"] not in [row["payment_id"] for row in left]
    nobody = ok(books.get("payments", "/payments", customer_id=str(no_one())))
    assert nobody["items"] == []


@pytest.mark.feature("S5-27", "S5-28")
def test_a_row_of_a_list_is_the_same_payment_as_its_own_page(books: Books) -> None:
    made = ok(books.pay(amount="1.00", note="remis", reference="0012345"))
    for filters in ({}, {"customer_id": str(books.customer_id)}):
        (row,) = ok(books.get("payments", "/payments", **filters))["items"]
        assert row.items() <= payment(books, made["payment_id"]).items()


@pytest.mark.feature("S5-25")
def test_method_date_amount_and_reference_are_each_changed_by_a_counter_operation(
    books: Books,
) -> None:
    before: dict[str, Any] = {"amount": "100.00", "method": "cheque", "received_on": "2025-08-18"}
    before |= {"reference": "0012345", "note": "remis"}
    changes = {"method": "transfer", "received_on": "2025-08-17", "amount": "90.00"}
    for name, value in (changes | {"reference": "9", "note": "perdu"}).items():
        old = ok(books.pay(**before))
        after = books.payment_body(**before | {name: value})
        body = {"payment_id": str(uuid4()), "reason": "erreur", "payment": after}
        new = ok(books.put("payments", f"/payments/{old['payment_id']}/correction", body))
        assert (new[name], new["replaces"]) == (value, old["payment_id"])
        assert payment(books, old["payment_id"])["state"] == "reversed"
        reversed_ = facts(books, "payments", "payment-reversed")[-1]
        assert reversed_["amount"]["value"] == "-100.00"


def test_the_total_of_what_was_received_is_given_for_any_period(books: Books) -> None:
    for day, amount in (("2025-07-31", "1.00"), ("2025-08-01", "20.00"), ("2025-08-31", "300.00")):
        ok(books.pay(amount=amount, received_on=day))
    wrong = ok(books.pay(amount="4000.00", received_on="2025-08-15"))
    ok(books.put("payments", f"/payments/{wrong['payment_id']}/reversal", {"reason": "erreur"}))

    def received(first: str, last: str) -> list[str]:
        period = {"received_from": first, "received_to": last}
        return [
            sum_["amount"]
            for sum_ in ok(books.get("payments", "/payments/totals", **period))["total"]
        ]

    assert received("2025-08-01", "2025-08-31") == ["320.00"]
    assert received("2025-07-31", "2025-08-01") == ["21.00"]
