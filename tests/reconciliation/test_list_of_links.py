"""If these failed, the list of links (lettrage) would not show what its users read in it."""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import everything, links, payment, position


def pay(books: Books, invoice: dict[str, Any], amount: str, **fields: Any) -> dict[str, Any]:
    return dict(ok(books.pay(invoice, amount=amount, **fields)))


@pytest.fixture
def two_customers(books: Books) -> Books:
    """Zola (A1) pays a January invoice in full, Arnaud (B2) a March one in part."""
    months = (("A1", "Zola", "01"), ("B2", "Arnaud", "03"))
    for (code, name, month), amounts in zip(
        months, (("90.00",) * 2, ("50.00", "20.00")), strict=True
    ):
        customer_id = uuid4()
        books.register(customer_id, code=code, name=name)
        books.wait_until_caught_up()
        dates = {"issued_on": f"2025-{month}-10", "due_on": f"2025-{month}-25"}
        invoice = books.invoice(amounts[0], customer_id=str(customer_id), **dates)
        on = {"received_on": f"2025-{month}-20", "customer_id": str(customer_id)}
        pay(books, invoice, amounts[1], **on)
    books.wait_until_caught_up()
    return books


@pytest.mark.feature("S3-01", "S3-02", "S3-10", "S3-14", "S3-22", "S3-23", "S3-24", "S3-25")
def test_the_list_has_one_row_per_allocation_with_all_its_columns_in_order(books: Books) -> None:
    first = books.invoice("100.00", issued_on="2025-01-10", due_on="2025-02-10")
    second = books.invoice("80.00", issued_on="2025-01-11", due_on="2025-02-11")
    parts = [
        {"document_id": first["document_id"], "amount": "70.00"},
        {"document_id": second["document_id"], "amount": "50.00"},
    ]
    paid = ok(books.pay(amount="120.00", received_on="2025-01-20", applies_to=parts))
    books.wait_until_caught_up()
    rows = links(books, sort="document_number", direction="asc")
    code = f"C{str(books.customer_id)[:8]}"
    assert list(rows[0])[:11] == [
        "customer_code",
        "customer_name",
        "payment_number",
        "paid_on",
        "payment_amount",
        "document_number",
        "document_type",
        "document_on",
        "due_on",
        "document_total",
        "allocated",
    ]
    common = [code, "Durand", paid["number"], "2025-01-20", "120.00"]
    assert [list(row.values())[:11] for row in rows] == [
        [*common, first["number"], "normal", "2025-01-10", "2025-02-10", "100.00", "70.00"],
        [*common, second["number"], "normal", "2025-01-11", "2025-02-11", "80.00", "50.00"],
    ]


@pytest.mark.feature("S3-08", "S3-13", "S3-18")
def test_a_row_leads_to_its_payment_and_to_its_invoice(books: Books) -> None:
    invoice = books.invoice("100.00")
    paid = pay(books, invoice, "100.00")
    books.wait_until_caught_up()
    (row,) = links(books)
    assert payment(books, row["payment_id"])["number"] == row["payment_number"] == paid["number"]
    assert books.document(row)["number"] == row["document_number"] == invoice["number"]


@pytest.mark.feature("S3-04", "S3-05")
def test_one_parameter_leaves_only_payments_of_the_invoices_amount(two_customers: Books) -> None:
    assert len(links(two_customers)) == 2
    (same,) = links(two_customers, same_amount=True)
    assert (same["payment_amount"], same["document_total"]) == ("90.00", "90.00")
    assert links(two_customers, same_amount=True, sort="payment_amount") == [same]
    assert len(links(two_customers, same_amount=False)) == 2


@pytest.mark.feature("S3-06")
def test_links_are_found_by_the_day_of_the_payment_or_of_the_invoice(two_customers: Books) -> None:
    def names(**query: str) -> list[str]:
        return [row["customer_name"] for row in links(two_customers, **query)]

    assert names(paid_from="2025-01-21") == ["Arnaud"]
    assert names(paid_from="2025-01-20", paid_to="2025-01-20") == ["Zola"]
    assert names(document_to="2025-03-09") == ["Zola"]
    assert names(document_from="2025-03-10", document_to="2025-03-10") == ["Arnaud"]
    assert names(document_from="2025-03-10", paid_to="2025-03-01") == []


@pytest.mark.feature("S3-11")
def test_the_column_of_the_customer_is_sorted_by_code_or_by_name(two_customers: Books) -> None:
    for sort, first in (("customer_code", "A1"), ("customer_name", "B2")):
        codes = [r["customer_code"] for r in links(two_customers, sort=sort, direction="asc")]
        assert codes == (["A1", "B2"] if first == "A1" else ["B2", "A1"])
        backwards = links(two_customers, sort=sort, direction="desc")
        assert [r["customer_code"] for r in backwards] == codes[::-1]


@pytest.mark.feature("S3-07")
def test_pages_of_the_list_follow_one_another_by_each_column(two_customers: Books) -> None:
    columns = list(links(two_customers)[0])[:11]
    for sort in columns:
        for direction in ("asc", "desc"):
            asked = {"sort": sort, "direction": direction}
            rows = everything(two_customers, "reconciliation", "/allocations", limit=1, **asked)
            assert rows == links(two_customers, **asked)
            assert len({row["allocation_id"] for row in rows}) == 2
            days = {"paid_from": "2025-01-01", "paid_to": "2025-12-31"}
            within = everything(
                two_customers, "reconciliation", "/allocations", limit=1, **asked, **days
            )
            assert within == rows
    wrong = two_customers.get("reconciliation", "/allocations", sort="colour")
    refused(wrong, 422, "malformed")


def test_who_linked_what_when_and_why_is_kept_for_ever(books: Books) -> None:
    invoice = books.invoice("100.00")
    paid = ok(books.pay(amount="60.00"))
    books.wait_until_caught_up()
    body = {
        "credit": {"kind": "payment", "id": paid["payment_id"]},
        "debit": {"kind": "document", "id": invoice["document_id"]},
        "amount": "60.00",
        "reason": "demande du client",
    }
    path = f"/allocations/{uuid4()}"
    ok(books.put("reconciliation", path, body))
    ok(books.put("reconciliation", f"{path}/release", {"reason": "mauvaise facture"}))
    told = f"/items/document/{invoice['document_id']}/history"
    pages = everything(books, "reconciliation", told, limit=1)
    assert [(line["what"], line["by"], line["reason"]) for line in pages] == [
        ("released", "alice", "mauvaise facture"),
        ("made", "alice", "demande du client"),
    ]
    assert all(line["at"] and line["amount"] == "60.00" for line in pages)
    assert pages[0]["position"] <= position(books, "reconciliation")
    of_payment = f"/items/payment/{paid['payment_id']}/history"
    assert everything(books, "reconciliation", of_payment) == pages
