"""If these failed, who paid early would be asked for the discount, or accounting not know of it."""

from typing import Any
from uuid import uuid4

import pytest

from shared.fec import read
from tests.books import Books, ok, refused
from tests.forms import filled_in
from tests.journeys.test_accepted_differences import VAT, shown
from tests.reading import facts, payment, summary

TERMS = [
    {"percent": "4.00", "until_on": "2025-08-20"},
    {"percent": "1.00", "until_on": "2025-08-28"},
]
WHY = {"reason": "erreur", "on": "2025-08-26"}


def agreed(books: Books, **fields: Any) -> dict[str, Any]:
    """Draw an invoice of 225.50 up with terms, and validate it."""
    body = {"kind": "invoice", "customer_id": str(books.customer_id), "issued_on": "2025-08-18"}
    body |= {"lines": VAT, "discount_terms": TERMS} | fields
    name = uuid4()
    ok(books.put("invoicing", f"/drafts/{name}", body))
    invoice: dict[str, Any] = ok(books.put("invoicing", f"/drafts/{name}/validation", {}))
    books.wait_until_caught_up()
    return invoice


def part(invoice: dict[str, Any], discount: str | None = "9.02") -> dict[str, Any]:
    return {"document_id": invoice["document_id"], "discount": discount}


def pay_early(books: Books, invoice: dict[str, Any], discount: str = "9.02", **fields: Any) -> Any:
    """Record it today; it was received in August."""
    received = {"received_on": "2025-08-20"} | fields
    return books.pay(applies_to=[part(invoice, discount)], **received)


def defaults(books: Books, invoice: dict[str, Any], **query: str) -> dict[str, Any]:
    document = {"document": invoice["document_id"]}
    return dict(ok(books.get("payments", "/payments/defaults", **document, **query)))


def booked(books: Books) -> dict[str, int]:
    """Close an export of August; return what it books of discounts per account, in cents."""
    export = ok(
        books.post("payments", "/accounting-exports", {"from": "2025-08-01", "to": "2025-08-31"})
    )
    url = f"/accounting-exports/{export['export_id']}/file"
    lines = read(books.get("payments", url).content).lines
    found: dict[str, int] = {}
    for account, cents in shown([line for line in lines if line.journal_code == "OD"]):
        found[account] = found.get(account, 0) + cents
    return found


@pytest.mark.feature("K3", "K12", "S4-13")
def test_paid_in_time_and_recorded_late_the_invoice_is_settled_less_the_discount(
    books: Books,
) -> None:
    invoice = agreed(books)
    assert invoice["discount_terms"] == TERMS
    made = ok(pay_early(books, invoice))
    assert (made["amount"], made["applies_to"][0]["discount"]) == ("216.48", "9.02")
    refused(books.pay(invoice, amount="1.00"), 409, "invoice-is-settled")
    books.wait_until_caught_up()
    refused(books.pay(invoice, amount="1.00"), 409, "invoice-is-settled")
    settled = books.document(invoice)
    assert (settled["payment_status"], settled["outstanding"]) == ("settled", "0.00")
    assert summary(books, invoice)["left_to_pay"] == "0.00"
    assert payment(books, made["payment_id"])["available"] == "0.00"
    books.prove_conservation()
    # 9.02 is split 4.80 and 4.22 over 20 % and 5.5 %: of it 0.80 and 0.22 are VAT
    assert booked(books) == {"665": 800, "44571": 102, "411000": -902}
    assert len(facts(books, "payments", "difference-booked")) == 1


@pytest.mark.feature("K3")
def test_the_day_of_receipt_decides_what_is_proposed(books: Books) -> None:
    invoice = agreed(books)
    assert defaults(books, invoice)["discount"] is None  # today is past the terms
    found = {
        day: [defaults(books, invoice, received_on=day)[name] for name in ("discount", "amount")]
        for day in ("2025-08-20", "2025-08-21", "2025-08-28", "2025-08-29")
    }
    assert found == {
        "2025-08-20": ["9.02", "216.48"],
        "2025-08-21": ["2.26", "223.24"],  # 2.255, half up
        "2025-08-28": ["2.26", "223.24"],
        "2025-08-29": [None, "225.50"],
    }
    form = defaults(books, invoice, received_on="2025-08-21")
    ok(books.put("payments", f"/payments/{uuid4()}", filled_in(form)))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"


def test_a_preview_shows_the_discount_what_remains_and_the_status_to_come(books: Books) -> None:
    invoice = agreed(books)

    def previewed(discount: str, **fields: Any) -> tuple[Any, ...]:
        body = books.payment_body(applies_to=[part(invoice, discount)], **fields)
        found = ok(books.post("payments", "/payments/preview", body))
        (document,) = found["documents"]
        names = "amount", "discount", "remaining", "payment_status"
        return *(document[name] for name in names), found["confirm"]

    in_time = {"received_on": "2025-08-20"}
    assert previewed("9.02", **in_time) == ("216.48", "9.02", "0.00", "settled", [])
    some = previewed("4.00", amount="100.00", **in_time)
    assert some == ("100.00", "4.00", "121.50", "partially_paid", [])
    assert previewed("9.02")[-1] == ["grant-discount"]


def test_more_than_the_terms_give_is_granted_once_that_is_confirmed(books: Books) -> None:
    invoice = agreed(books)
    late: dict[str, Any] = {"received_on": "2025-08-21"}
    problem = refused(pay_early(books, invoice, **late), 409, "discount-over-terms")
    assert (problem["maximum"], problem["confirm"]) == ("2.26", ["grant-discount"])
    over = pay_early(books, invoice, amount="216.49")
    assert refused(over, 409, "discount-over-payable")["maximum"] == "9.01"
    ok(pay_early(books, invoice, **late, confirm=problem["confirm"]))
    books.prove_conservation()
    assert books.document(invoice)["payment_status"] == "settled"


def test_what_is_taken_back_takes_the_discount_back_and_its_entry(books: Books) -> None:
    for how in ("reversal", "return"):
        invoice = agreed(books)
        made = ok(pay_early(books, invoice))
        books.wait_until_caught_up()
        ok(books.put("payments", f"/payments/{made['payment_id']}/{how}", WHY))
        books.prove_conservation()
        assert books.document(invoice)["outstanding"] == "225.50"
        assert summary(books, invoice)["left_to_pay"] == "225.50"
    assert booked(books) == {"665": 0, "44571": 0, "411000": 0}
    assert len(facts(books, "payments", "difference-booked")) == 4


def test_a_correction_to_a_day_past_the_term_warns_and_one_to_a_day_before_it_does_not(
    books: Books,
) -> None:
    invoice = agreed(books)
    made = ok(pay_early(books, invoice))
    books.wait_until_caught_up()
    path = f"/payments/{made['payment_id']}/correction"

    def corrected(day: str) -> Any:
        body = books.payment_body(applies_to=[part(invoice)], received_on=day)
        return books.put("payments", path, WHY | {"payment_id": str(uuid4()), "payment": body})

    refused(corrected("2025-08-29"), 409, "discount-over-terms")
    ok(corrected("2025-08-19"))
    books.prove_conservation()
    assert books.document(invoice)["payment_status"] == "settled"
    assert booked(books) == {"665": 800, "44571": 102, "411000": -902}


def test_terms_are_those_of_an_invoice_from_its_day_of_issue_on(books: Books) -> None:
    said = {"customer_id": str(books.customer_id), "issued_on": "2025-08-18", "lines": VAT}

    def drafted(**fields: Any) -> None:
        body = {"kind": "invoice"} | said | fields
        refused(books.put("invoicing", f"/drafts/{uuid4()}", body), 422, "malformed")

    drafted(kind="credit_note", discount_terms=TERMS)
    drafted(discount_terms=[TERMS[0], TERMS[0]])
    drafted(discount_terms=[{"percent": "2.00", "until_on": "2025-08-17"}])
    for percent in ("0", "0.00", "100", "2,00", "1.005", 2.0):
        drafted(discount_terms=[{"percent": percent, "until_on": "2025-08-20"}])


def test_a_bulk_of_payments_has_discounts_too(books: Books) -> None:
    invoice = agreed(books)
    item = books.payment_body(applies_to=[part(invoice)], received_on="2025-08-20")
    body = {"mode": "all", "items": [{"id": str(uuid4()), **item}]}
    ok(books.post("payments", "/payments/bulk", body))
    books.prove_conservation()
    assert books.document(invoice)["payment_status"] == "settled"
