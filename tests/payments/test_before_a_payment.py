"""If these failed, somebody would agree to something else than what is then recorded."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.dates import civil_date, now
from tests.books import Books, ok, refused
from tests.forms import filled_in
from tests.reading import facts, journal, position

TODAY = civil_date(now())
TWENTY = [{"label": "Prestation", "net": "975.00", "vat_rate": "20"}]
MIXED = [
    {"label": "Traiteur", "net": "100.00", "vat_rate": "20"},
    {"label": "Livres", "net": "200.00", "vat_rate": "5.5"},
]


def defaults(books: Books, document: dict[str, Any] | None = None) -> dict[str, Any]:
    query = {"document": document["document_id"]} if document else {}
    return dict(ok(books.get("payments", "/payments/defaults", **query)))


def preview(books: Books, document: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    body = books.payment_body(document, **fields)
    return dict(ok(books.post("payments", "/payments/preview", body)))


def test_a_form_starts_from_what_is_due_and_who_pays(books: Books) -> None:
    invoice = books.invoice("1170.00")
    ok(books.pay(invoice, amount="170.00"))
    found = defaults(books, invoice)
    assert (found["received_on"], found["amount"], found["due"]) == (
        TODAY.isoformat(),
        "1000.00",
        "1000.00",
    )
    assert (found["method"], found["bank_account"]) == ("transfer", "CIC")
    assert (found["payer_name"], found["number"]) == ("Durand", invoice["number"])
    made = ok(books.put("payments", f"/payments/{uuid4()}", filled_in(found)))
    assert (made["amount"], made["payer_name"], made["method"]) == ("1000.00", "Durand", "transfer")


@pytest.mark.feature("S5-05")
def test_what_is_owed_and_what_was_paid_are_both_shown(books: Books) -> None:
    invoice = books.invoice("1170.00")
    assert [defaults(books, invoice)[name] for name in ("total", "paid")] == ["1170.00", "0.00"]
    ok(books.pay(invoice, amount="170.00"))
    books.wait_until_caught_up()
    found = defaults(books, invoice)
    assert (found["total"], found["paid"], found["due"]) == ("1170.00", "170.00", "1000.00")


@pytest.mark.feature("S5-06", "K8")
def test_the_method_of_a_prepayment_is_not_chosen_silently(books: Books) -> None:
    invoice, draft = books.invoice("100.00"), {"document_id": str(uuid4())}
    assert defaults(books, invoice)["method"] == "transfer"
    assert defaults(books, draft)["method"] is None
    kept: dict[str, Any] = {"amount": "10.00", "confirm": ["keep-as-credit"]}
    problem = refused(books.pay(draft, method=None, **kept), 422, "method-missing")
    assert "cheque" in problem["known"]
    assert ok(books.pay(draft, method="cheque", **kept))["method"] == "cheque"
    assert ok(books.pay(invoice, method=None, amount="10.00"))["method"] == "transfer"
    ok(books.put("payments", "/payment-policy", {"prepayment_method_default": True}))
    assert defaults(books, draft)["method"] == "transfer"
    assert ok(books.pay(draft, method=None, **kept))["method"] == "transfer"


@pytest.mark.feature("S1-10", "K11")
def test_an_amount_is_shown_before_tax_and_with_it_by_the_document_s_own_vat(books: Books) -> None:
    taxed, mixed, free = books.invoice(lines=TWENTY), books.invoice(lines=MIXED), books.invoice()
    (shown,) = preview(books, taxed)["documents"]
    assert (shown["net"], shown["gross"]) == ("975.00", "1170.00")
    (shown,) = preview(books, taxed, amount="117.00")["documents"]
    assert (shown["net"], shown["gross"]) == ("97.50", "117.00")
    (shown,) = preview(books, mixed, amount="100.00")["documents"]
    parts = {part["rate"]: (part["net"], part["vat"], part["gross"]) for part in shown["vat"]}
    assert parts == {"20": ("30.21", "6.04", "36.25"), "5.5": ("60.43", "3.32", "63.75")}
    assert (shown["net"], shown["gross"]) == ("90.64", "100.00")
    (shown,) = preview(books, free)["documents"]
    assert (shown["net"], shown["gross"]) == ("1170.00", "1170.00")


@pytest.mark.feature("S2-45")
def test_a_warning_can_be_confirmed_and_an_error_cannot(books: Books) -> None:
    invoice = books.invoice("100.00")
    warned = refused(books.pay(invoice, amount="200.00"), 409, "amount-over-payable")
    assert warned["confirm"] == ["keep-as-credit"]
    assert ok(books.pay(invoice, amount="200.00", confirm=warned["confirm"]))
    every: dict[str, Any] = {"confirm": ["keep-as-credit", "open-bank-deposit"]}
    error = refused(books.pay(amount="1.00", method="barter", **every), 422, "unknown-method")
    assert "confirm" not in error
    refused(books.pay(amount="1.00", confirm=["anything"]), 422, "malformed")

    found = preview(books, amount="1.00", method="barter")
    assert [problem["type"] for problem in found["errors"]] == ["/problems/unknown-method"]
    assert (found["payment"], found["writes"], found["confirm"]) == (None, [], [])
    found = preview(books, invoice, amount="50.00", bank_deposit="REM-1")
    kinds = ["/problems/invoice-is-settled", "/problems/bank-deposit-not-opened"]
    assert [problem["type"] for problem in found["warnings"]] == kinds
    assert (found["confirm"], found["errors"]) == (every["confirm"], [])
    assert found["credit"] == "50.00"


@pytest.mark.feature("S4-14")
def test_a_remainder_becomes_credit_only_once_that_is_confirmed(books: Books) -> None:
    invoice = books.invoice("100.00")
    parts = [{"document_id": invoice["document_id"], "amount": "60.00"}]
    problem = refused(books.pay(amount="100.00", applies_to=parts), 409, "remainder-not-applied")
    assert (problem["remainder"], problem["confirm"]) == ("40.00", ["keep-as-credit"])
    assert facts(books, "payments", "payment-recorded") == []
    made = ok(books.pay(amount="100.00", applies_to=parts, confirm=problem["confirm"]))
    books.wait_until_caught_up()
    shown = ok(books.get("payments", f"/payments/{made['payment_id']}"))
    assert shown["available"] == "40.00"


@pytest.mark.feature("K4")
def test_more_than_the_tolerance_is_refused_confirmed_or_kept_as_the_ledger_says(
    books: Books,
) -> None:
    kept: dict[str, Any] = {"confirm": ["keep-as-credit"]}

    def over(**fields: Any) -> Any:
        invoice = books.invoice("100.00")
        ok(books.pay(books.invoice("100.00"), amount="105.00"))
        return books.pay(invoice, amount="105.01", **fields)

    assert refused(over(), 409, "amount-over-payable")["confirm"] == kept["confirm"]
    ok(over(**kept))
    ok(books.put("payments", "/payment-policy", {"over_payable": "refuse"}))
    assert refused(over(**kept), 409, "amount-over-payable")["confirm"] == []
    ok(books.put("payments", "/payment-policy", {"over_payable": "keep"}))
    ok(over())


@pytest.mark.feature("S2-39")
def test_an_overpayment_within_the_tolerance_is_kept_as_credit_and_shown_as_such(
    books: Books,
) -> None:
    invoice = books.invoice("1170.00")
    found = preview(books, invoice, amount="1174.00")
    assert (found["warnings"], found["credit"]) == ([], "4.00")
    made = ok(books.pay(invoice, amount="1174.00"))
    books.wait_until_caught_up()
    shown = ok(books.get("payments", f"/payments/{made['payment_id']}"))
    assert (shown["amount"], shown["available"]) == ("1174.00", "4.00")
    assert books.document(invoice)["payment_status"] == "settled"


@pytest.mark.feature("S2-59")
def test_looking_at_a_form_and_leaving_it_changes_nothing(books: Books) -> None:
    invoice = books.invoice("100.00")
    before = position(books, "payments"), defaults(books, invoice)
    preview(books, invoice, bank_deposit="REM-1")
    preview(books, invoice, amount="500.00")
    assert (position(books, "payments"), defaults(books, invoice)) == before
    assert ok(books.get("payments", "/bank-deposits"))["items"] == []


def test_what_is_previewed_is_what_is_written(books: Books) -> None:
    invoice = books.invoice(lines=TWENTY)
    fields: dict[str, Any] = {"amount": "1100.00", "bank_deposit": "REM-1", "method": "cheque"}
    fields["applies_to"] = [{"document_id": invoice["document_id"], "closes": True}]
    found = preview(books, **fields)
    before = position(books, "payments")
    made = ok(books.pay(**fields, confirm=found["confirm"]))
    assert position(books, "payments") == before + 4
    assert _plain(found["writes"]) == _written(books, before)

    wrong: dict[str, Any] = {"reason": "faute de frappe", "payment_id": str(uuid4())}
    wrong["payment"] = books.payment_body(invoice, amount="1000.00", method="cheque")
    path = f"/payments/{made['payment_id']}/correction"
    found = ok(books.post("payments", f"{path}/preview", wrong))
    kinds = ["removed-from-deposit", "reversed", "reopened", "recorded"]
    assert [w["type"].split("-", 1)[1].removesuffix(".v1") for w in found["writes"]] == kinds
    before = position(books, "payments")
    ok(books.put("payments", path, wrong))
    assert _plain(found["writes"]) == _written(books, before)


_NAMES = ("payment_id", "request_sha256")  # what a preview can't know


def _plain(writes: list[Any]) -> list[Any]:
    return [
        (write["type"], {k: v for k, v in write["data"].items() if k not in _NAMES})
        for write in writes
    ]


def _written(books: Books, after: int) -> list[Any]:
    return _plain(journal(books, "payments")[after:])


def test_a_cheque_that_is_not_due_is_no_cash_yet(books: Books) -> None:
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    ok(books.pay(method="cheque", amount="100.00", received_on=tomorrow))
    ok(books.pay(method="cheque", amount="20.00"))
    (total,) = ok(books.get("payments", "/payments/totals"))["total"]
    assert (total["amount"], total["cash"], total["post_dated"]) == ("120.00", "20.00", "100.00")
    period = {"from": TODAY.isoformat(), "to": TODAY.isoformat()}
    assert ok(books.post("payments", "/accounting-exports", period))["debit_total"] == "20.00"
    period["to"] = tomorrow
    assert ok(books.post("payments", "/accounting-exports", period))["debit_total"] == "100.00"
