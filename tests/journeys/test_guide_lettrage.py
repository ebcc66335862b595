"""The guide of the list of links (lettrage, S3), step by step.

If this failed, an accountant who follows that guide with Acquit would not see what it promises.
"""

from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok
from tests.forms import filled_in
from tests.reading import links, payment

JANUARY = "2025-01-20"


@pytest.fixture
def listed(books: Books) -> dict[str, dict[str, Any]]:
    """Three kinds of invoice, paid: in full by a cheque, in two parts, and a penalty."""
    ok(books.put("payments", "/payment-policy", {"receipt_template": "RC{yy}{mm}-{n:4}"}))
    details = {"name": "Durand SARL", "town": "Lyon", "stage": "client"}
    ok(books.put("invoicing", f"/customers/{books.customer_id}/details", details))
    sold = books.invoice("1200.00", issued_on="2025-01-10", due_on="2025-02-09")
    late = {"variant": "penalty", "follows": sold["document_id"], "issued_on": "2025-03-01"}
    note = books.invoice("80.00", kind="credit_note", issued_on="2025-01-15")
    cancels = {"variant": "cancellation", "follows": note["document_id"]}
    documents = {
        "normal": sold,
        "parts": books.invoice("300.00", issued_on="2025-01-12", due_on="2025-01-31"),
        "penalty": books.invoice("40.00", **late),
        "cancellation": books.invoice("80.00", issued_on="2025-01-16", **cancels),
    }
    ok(books.pay(sold, received_on=JANUARY, method="cheque", reference="0012345"))
    ok(books.pay(documents["parts"], amount="100.00", received_on="2025-01-22"))
    ok(books.pay(documents["parts"], amount="200.00", received_on="2025-01-25"))
    ok(books.pay(documents["penalty"], received_on="2025-03-05", amount="45.00"))
    books.wait_until_caught_up()
    return documents


@pytest.mark.usefixtures("listed")
def test_the_list_shows_every_link_and_its_quick_filters(books: Books) -> None:
    # "Cette liste affiche tous les liens": a row for each, never for a payment (line 3).
    rows = links(books)
    assert len(rows) == 4
    # "Montants correspondants" (lines 9 to 13).
    same = links(books, same_amount=True)
    assert [row["document_total"] for row in same] == ["1200.00"]
    # By the date of the payment, or of the invoice (line 15).
    february = {"paid_from": "2025-01-21", "paid_to": "2025-02-28"}
    assert {row["allocated"] for row in links(books, **february)} == {"100.00", "200.00"}
    spring = {"document_from": "2025-03-01", "document_to": "2025-05-31"}
    assert [row["document_type"] for row in links(books, **spring)] == ["penalty"]


@pytest.mark.feature("S3-03")
@pytest.mark.usefixtures("listed")
def test_a_new_payment_is_made_from_the_list(books: Books) -> None:
    """The button opens the form of a receipt, which is no one's invoice's yet (line 7)."""
    row = links(books)[0]
    form = ok(books.get("payments", "/payments/defaults", customer=row["customer_id"]))
    assert (form["payer_name"], form["bank_account"], form["due"]) == ("Durand SARL", "CIC", None)
    typed = filled_in(form, amount="15.00", method="transfer")
    made = ok(books.put("payments", f"/payments/{uuid4()}", typed))
    books.wait_until_caught_up()
    assert made["number"] in {item["number"] for item in books.items()}
    owed = books.invoice("15.00")
    sides = {"credit": {"kind": "payment", "id": made["payment_id"]}}
    sides["debit"] = {"kind": "document", "id": owed["document_id"]}
    ok(books.put("reconciliation", f"/allocations/{uuid4()}", sides | {"amount": "15.00"}))
    assert made["number"] in {row["payment_number"] for row in links(books)}
    books.prove_conservation()


def test_each_column_says_what_the_guide_says_of_it(
    books: Books, listed: dict[str, dict[str, Any]]
) -> None:
    by_document = {row["document_number"]: row for row in links(books)}
    sold = by_document[listed["normal"]["number"]]
    # Client: code and name, in either order (lines 25 to 27).
    assert sold["customer_name"] == "Durand SARL"
    assert sold["customer_code"].startswith("C")
    for sort in ("customer_code", "customer_name"):
        shown = [row[sort] for row in links(books, sort=sort, direction="asc")]
        assert shown == sorted(shown)
    # Paiement: its number by our own template; the link shows the receipt (lines 29 to 31).
    assert sold["payment_number"].startswith("RC2501-")
    receipt = payment(books, sold["payment_id"])
    assert (receipt["number"], receipt["reference"]) == (sold["payment_number"], "0012345")
    # Its date is the cheque's, not the day it was typed in (lines 33 to 39).
    assert sold["paid_on"] == JANUARY
    assert receipt["recorded_at"][:10] > JANUARY
    # The whole payment, and the part of it that settles the invoice (lines 41 to 47, 74 to 78).
    parts = [row for row in links(books) if row["document_number"] == listed["parts"]["number"]]
    assert sorted(row["allocated"] for row in parts) == ["100.00", "200.00"]
    late = by_document[listed["penalty"]["number"]]
    assert (late["payment_amount"], late["allocated"]) == ("45.00", "40.00")
    # Type, issue, due date, total (lines 49 to 72).
    assert (sold["document_type"], late["document_type"]) == ("normal", "penalty")
    assert [sold[name] for name in ("document_on", "due_on", "document_total")] == [
        *("2025-01-10", "2025-02-09", "1200.00")
    ]
    cancelling = books.document(listed["cancellation"])
    assert (cancelling["variant"], cancelling["payment_status"]) == ("cancellation", "settled")
    # Double-click, and the receipt can be downloaded (line 21).
    printed = books.put("payments", f"/payments/{sold['payment_id']}/receipt-prints/{uuid4()}", {})
    assert printed.is_success
    assert printed.content.startswith(b"%PDF")
    books.prove_conservation()


@pytest.mark.usefixtures("listed")
def test_every_column_sorts_the_list_both_ways(books: Books) -> None:
    for sort in ("paid_on", "payment_amount", "document_on", "due_on", "document_total"):
        shown = [row[sort] for row in links(books, sort=sort, direction="asc")]
        typed = [float(value) if "." in value else value for value in shown]
        assert all(before <= after for before, after in pairwise(typed))
        assert [row[sort] for row in links(books, sort=sort)] == shown[::-1]
