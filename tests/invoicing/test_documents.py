"""If these failed, an invoice would be owed by nobody, numbered twice, or owed wrongly."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import everything, facts, position

LINE = {"label": "Prestation", "net": "100.00", "vat_rate": "20"}


def body(books: Books, **fields: Any) -> dict[str, Any]:
    known = {
        "kind": "invoice",
        "customer_id": str(books.customer_id),
        "issued_on": "2025-08-18",
        "lines": [LINE],
    }
    return known | fields


def validate(books: Books, **fields: Any) -> Any:
    return books.put("invoicing", f"/documents/{uuid4()}", body(books, **fields))


@pytest.mark.feature("S1-01")
@pytest.mark.parametrize("kind", ["invoice", "credit_note"])
def test_every_document_starts_from_a_customer_card(books: Books, kind: str) -> None:
    card = {"code": "C2", "name": "Martin"}
    for found, accepted in (("societe", True), ("particulier", True), ("prospect", False)):
        path = f"/customers/{uuid4()}"
        answer = books.put("invoicing", path, card | {"kind": found, "code": found})
        assert answer.status_code == (201 if accepted else 422)
    refused(books.put("invoicing", f"/customers/{uuid4()}", card), 422, "malformed")
    before = position(books, "invoicing")
    problem = refused(validate(books, kind=kind, customer_id=str(uuid4())), 422, "unknown-customer")
    assert "register the customer first" in problem["title"]
    without = {name: value for name, value in body(books).items() if name != "customer_id"}
    refused(books.put("invoicing", f"/documents/{uuid4()}", without), 422, "malformed")
    assert position(books, "invoicing") == before


@pytest.mark.feature("S1-17")
def test_a_document_has_two_statuses(books: Books) -> None:
    invoice = ok(validate(books))
    assert (invoice["document_status"], invoice["payment_status"]) == ("validated", "unpaid")
    assert invoice["validated_at"].startswith("20")
    books.wait_until_caught_up()
    ok(books.pay(invoice, amount="20.00"))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "partially_paid"
    ok(books.pay(invoice))
    books.wait_until_caught_up()
    settled = books.document(invoice)
    assert (settled["document_status"], settled["payment_status"]) == ("validated", "settled")
    assert settled["settled_on"]
    assert len(facts(books, "invoicing", "invoice-settled")) == 1


@pytest.mark.feature("S1-23")
def test_numbers_leave_no_hole_whoever_validates_and_whatever_is_refused(books: Books) -> None:
    for series, template in (("invoice", "FA{yy}{mm}{n:4}"), ("credit_note", "AC{yy}{mm}{n:4}")):
        ok(books.put("invoicing", f"/numbering/{series}", {"template": template}))
    wrong = {"due_on": "2025-01-01"}

    def one(place: int) -> Any:
        kind = "credit_note" if place % 5 == 0 else "invoice"
        return validate(books, kind=kind, **(wrong if place % 7 == 0 else {}))

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(one, range(200)))
    assert {answer.status_code for answer in answers} == {201, 422}
    numbers = [answer.json()["number"] for answer in answers if answer.is_success]
    for prefix in ("FA2508", "AC2508"):
        counted = sorted(number for number in numbers if number.startswith(prefix))
        assert counted == [f"{prefix}{n:04}" for n in range(1, len(counted) + 1)]
    written = [fact["number"] for fact in facts(books, "invoicing", "document-validated")]
    for prefix in ("FA2508", "AC2508"):
        in_order = [number for number in written if number.startswith(prefix)]
        assert in_order == sorted(in_order)
    refused(books.put("invoicing", "/numbering/invoice", {"template": "FA"}), 422, "malformed")


def test_a_document_is_validated_once_under_its_name(books: Books) -> None:
    path = f"/documents/{uuid4()}"
    first = ok(books.put("invoicing", path, body(books)))
    assert (first["net"], first["vat"], first["total"]) == ("100.00", "20.00", "120.00")
    assert first["due_on"] == "2025-09-17"
    before = position(books, "invoicing")
    assert ok(books.put("invoicing", path, body(books))) == first
    other = books.put("invoicing", path, body(books, issued_on="2025-08-19"))
    assert refused(other, 409, "document-id-taken")["number"] == first["number"]
    assert position(books, "invoicing") == before


def test_a_card_is_opened_once_under_its_name_and_code(books: Books) -> None:
    path, card = f"/customers/{uuid4()}", {"code": "C2", "name": "Martin", "kind": "particulier"}
    first = ok(books.put("invoicing", path, card))
    assert ok(books.put("invoicing", path, card)) == first
    assert ok(books.get("invoicing", path)) == first
    refused(books.put("invoicing", path, card | {"name": "Dupont"}), 409, "customer-id-taken")
    refused(books.put("invoicing", f"/customers/{uuid4()}", card), 409, "customer-code-taken")
    refused(books.get("invoicing", f"/customers/{uuid4()}"), 404, "not-found")
    codes = [row["code"] for row in everything(books, "invoicing", "/customers", limit=1)]
    assert codes == sorted(codes)
    assert "C2" in codes


def test_totals_are_those_of_the_lines_to_the_cent(books: Books) -> None:
    lines = [
        LINE | {"net": "0.33"},
        LINE | {"net": "0.33"},
        LINE | {"net": "0.33"},
        LINE | {"net": "33.33", "vat_rate": "5.5"},
        LINE | {"net": "-10.00", "vat_rate": "5.5"},
    ]
    invoice = ok(validate(books, lines=lines))
    shown = books.document(invoice)
    assert shown["vat_breakdown"] == [
        {"rate": "20", "net": "0.99", "vat": "0.20"},
        {"rate": "5.5", "net": "23.33", "vat": "1.28"},
    ]
    assert shown["total"] == "25.80"
    given = [{"rate": "20", "vat": "0.21"}, {"rate": "5.5", "vat": "1.28"}]
    assert ok(validate(books, lines=lines, vat=given))["vat"] == "1.49"
    wrong = [{"rate": "20", "vat": "0.50"}, {"rate": "5.5", "vat": "1.28"}]
    refused(validate(books, lines=lines, vat=wrong), 422, "vat-does-not-fit")
    for line in ({"net": "1.001"}, {"net": "1,00"}, {"vat_rate": "120"}, {"vat_rate": "5.500"}):
        refused(validate(books, lines=[LINE | line]), 422, "malformed")
    refused(validate(books, lines=[LINE | {"net": "0.00"}]), 422, "amount-not-positive")


def test_documents_are_listed_by_filters_that_apply_together(books: Books) -> None:
    for day, net, kind in (
        ("01", "10.00", "invoice"),
        ("02", "20.00", "invoice"),
        ("03", "30.00", "credit_note"),
        ("04", "40.00", "invoice"),
    ):
        lines = [LINE | {"net": net, "vat_rate": "0"}]
        ok(validate(books, issued_on=f"2025-08-{day}", lines=lines, kind=kind))
    books.wait_until_caught_up()
    first = everything(books, "invoicing", "/documents", sort="total", direction="asc")[0]
    ok(books.pay(first, amount="4.00"))
    books.wait_until_caught_up()

    def totals(**query: Any) -> list[str]:
        rows = everything(books, "invoicing", "/documents", limit=2, **query)
        return [row["total"] for row in rows]

    assert totals() == ["40.00", "30.00", "20.00", "10.00"]
    assert totals(sort="total", direction="asc") == ["10.00", "20.00", "30.00", "40.00"]
    assert totals(kind="invoice", payment_status="open") == ["40.00", "20.00", "10.00"]
    assert totals(payment_status="partially_paid") == ["10.00"]
    assert totals(total_from="20.00", total_to="30.00") == ["30.00", "20.00"]
    assert totals(issued_from="2025-08-02", issued_to="2025-08-03") == ["30.00", "20.00"]
    assert totals(number="2508-0001") == ["30.00", "10.00"]
    assert totals(number="AV", kind="invoice") == []
    assert totals(customer_id=str(uuid4())) == []
    refused(books.get("invoicing", "/documents", payment_status="paid"), 422, "malformed")


def test_pages_of_documents_stay_as_they_were_under_insertion(books: Books) -> None:
    made = [ok(validate(books, issued_on=f"2025-08-{day:02}")) for day in (5, 3, 3, 1, 4)]
    whole = [
        row["number"] for row in everything(books, "invoicing", "/documents", sort="issued_on")
    ]
    first = ok(books.get("invoicing", "/documents", limit=2, sort="issued_on"))
    ok(validate(books, issued_on="2025-08-06"))
    early = ok(validate(books, issued_on="2025-07-01"))
    rest = ok(
        books.get(
            "invoicing", "/documents", limit=500, cursor=first["next_cursor"], sort="issued_on"
        )
    )
    found = [row["number"] for row in [*first["items"], *rest["items"]]]
    assert found == [*whole, early["number"]]
    assert len(found) == len(made) + 1
