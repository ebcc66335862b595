"""If these failed, nobody could say which money settled which invoice, or undo it."""

from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.reading import balance, everything, facts, journal, links, payment, position

REASON = {"reason": "mauvaise facture"}


def named(kind: str, row: dict[str, Any]) -> dict[str, str]:
    return {"kind": kind, "id": row[f"{kind}_id"]}


def allocate(books: Books, paid: dict[str, Any], invoice: dict[str, Any], amount: str) -> Any:
    body = {
        "credit": named("payment", paid),
        "debit": named("document", invoice),
        "amount": amount,
    }
    return books.put("reconciliation", f"/allocations/{uuid4()}", body)


def release(books: Books, allocation_id: str) -> Any:
    return books.put("reconciliation", f"/allocations/{allocation_id}/release", REASON)


@pytest.mark.feature("S3-16", "S3-17", "S3-25", "S3-27")
def test_one_payment_settles_several_invoices_and_one_invoice_is_settled_by_several(
    books: Books,
) -> None:
    first, second = books.invoice("100.00"), books.invoice("50.00")
    parts = [
        {"document_id": first["document_id"], "amount": "70.00"},
        {"document_id": second["document_id"], "amount": "50.00"},
    ]
    both = ok(books.pay(amount="120.00", applies_to=parts))
    rest = ok(books.pay(first, amount="30.00"))
    books.wait_until_caught_up()
    found = {
        (row["payment_number"], row["document_number"]): (row["payment_amount"], row["allocated"])
        for row in links(books)
    }
    assert found == {
        (both["number"], first["number"]): ("120.00", "70.00"),
        (both["number"], second["number"]): ("120.00", "50.00"),
        (rest["number"], first["number"]): ("30.00", "30.00"),
    }
    of_first = links(books, document_id=first["document_id"])
    assert {row["payment_number"] for row in of_first} == {both["number"], rest["number"]}
    assert len(links(books, payment_id=both["payment_id"])) == 2
    assert [r["payment_number"] for r in links(books, same_amount=True)] == []
    assert links(books, customer_id=str(uuid4())) == []
    assert {row["matching_code"] for row in of_first} == {"AA"}


@pytest.mark.feature("S3-26", "K12")
def test_what_settles_an_invoice_adds_up_to_its_total(books: Books) -> None:
    invoice = books.invoice("1170.00")
    books.invoice("100.00", kind="credit_note", corrects=invoice["document_id"])
    for amount in ("500.00", "560.00"):
        ok(books.pay(invoice, amount=amount))
    lost = uuid4()
    loss = {"customer_id": str(books.customer_id), "side": "loss", "amount": "10.00"}
    ok(books.put("reconciliation", f"/write-offs/{lost}", loss | {"reason": "écart de règlement"}))
    books.wait_until_caught_up()
    body = {
        "credit": {"kind": "write_off", "id": str(lost)},
        "debit": named("document", invoice),
        "amount": "10.00",
    }
    ok(books.put("reconciliation", f"/allocations/{uuid4()}", body))
    books.wait_until_caught_up()
    settled = books.document(invoice)
    parts: dict[str, int] = {}
    for part in settled["settled_with"]:
        cents = int(part["amount"].replace(".", ""))
        parts[part["kind"]] = parts.get(part["kind"], 0) + cents
    assert parts == {"payment": 106_000, "document": 10_000, "write_off": 1_000}
    assert sum(parts.values()) == 117_000
    assert (settled["payment_status"], settled["outstanding"]) == ("settled", "0.00")


@pytest.mark.feature("S4-05")
def test_a_settled_invoice_takes_no_allocation(books: Books) -> None:
    invoice = books.invoice("100.00")
    ok(books.pay(invoice))
    spare = ok(books.pay(amount="10.00"))
    books.wait_until_caught_up()
    problem = refused(allocate(books, spare, invoice, "10.00"), 409, "more-than-open")
    assert problem["maximum"] == "0.00"
    note = books.invoice("10.00", kind="credit_note")
    body = {
        "customer_id": str(books.customer_id),
        "amount": "10.00",
        "refunded_on": "2025-08-20",
        "refunds": [{"kind": "document", "id": note["document_id"]}],
    }
    ok(books.put("payments", f"/refunds/{uuid4()}", body))
    refused(books.put("payments", f"/refunds/{uuid4()}", body), 409, "nothing-to-refund")
    books.wait_until_caught_up()
    refunds = [item["open"] for item in books.items() if item["kind"] == "refund"]
    assert refunds == ["0.00"]


@pytest.mark.feature("S4-11", "S5-33")
def test_an_allocation_that_is_undone_reopens_the_invoice_and_keeps_its_history(
    books: Books,
) -> None:
    invoice = books.invoice("100.00")
    paid = ok(books.pay(invoice))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"
    (link,) = links(books)
    ok(release(books, link["allocation_id"]))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "unpaid"
    assert payment(books, paid["payment_id"])["available"] == "100.00"
    assert links(books) == []
    path = f"/allocations/{link['allocation_id']}"
    kept = ok(books.get("reconciliation", path))
    assert (kept["amount"], kept["release_reason"]) == ("100.00", "mauvaise facture")
    stream = f"allocation/{link['allocation_id']}"
    history = [e["type"] for e in journal(books, "reconciliation") if e["stream"] == stream]
    assert history == [
        "reconciliation.allocation-made.v1",
        "reconciliation.allocation-released.v1",
    ]
    assert len(facts(books, "invoicing", "invoice-reopened")) == 1
    before = position(books, "reconciliation")
    ok(release(books, link["allocation_id"]))
    assert position(books, "reconciliation") == before
    refused(release(books, str(uuid4())), 404, "unknown-allocation")


def test_what_is_unknown_is_404_in_the_path_and_422_in_the_body(books: Books) -> None:
    nobody, invoice = str(uuid4()), books.invoice("100.00")
    refused(allocate(books, {"payment_id": nobody}, invoice, "1.00"), 422, "unknown-item")
    move = {"credit": {"kind": "payment", "id": nobody}, "debit": named("document", invoice)}
    body = {"releases": [nobody], "allocations": [move | {"amount": "1.00"}]} | REASON
    refused(books.put("reconciliation", f"/reallocations/{uuid4()}", body), 422, "unknown-release")
    loss = {"customer_id": nobody, "side": "loss", "amount": "1.00"} | REASON
    refused(books.put("reconciliation", f"/write-offs/{uuid4()}", loss), 422, "unknown-customer")
    path = f"/payments/{nobody}/bank-reconciliation"
    statement = {"statement": "CIC 2025-08"}
    refused(books.put("reconciliation", path, statement), 404, "unknown-payment")


@pytest.mark.feature("S4-12")
def test_an_allocation_is_moved_to_another_invoice_in_one_command(books: Books) -> None:
    wrong, right = books.invoice("100.00"), books.invoice("80.00")
    paid = ok(books.pay(wrong))
    books.wait_until_caught_up()
    (link,) = links(books)
    move = {"credit": named("payment", paid), "debit": named("document", right), "amount": "80.00"}
    body = {"releases": [link["allocation_id"]], "allocations": [move]} | REASON
    before = position(books, "reconciliation")
    over = body | {"allocations": [move | {"amount": "80.01"}]}
    refused(books.put("reconciliation", f"/reallocations/{uuid4()}", over), 409, "more-than-open")
    assert position(books, "reconciliation") == before

    path = f"/reallocations/{uuid4()}"
    moved = ok(books.put("reconciliation", path, body))
    assert [row["release_reason"] for row in moved["released"]] == ["mauvaise facture"]
    (made,) = moved["allocations"]
    assert (made["amount"], made["debit_item"]) == ("80.00", f"document/{right['document_id']}")
    entries = journal(books, "reconciliation")[before:]
    assert len({entry["recorded_at"] for entry in entries}) == 1
    assert len({entry["correlation_id"] for entry in entries}) == 1
    assert ok(books.put("reconciliation", path, body)) == moved
    changed = body | {"reason": "autre"}
    refused(books.put("reconciliation", path, changed), 409, "allocation-id-taken")
    assert len(journal(books, "reconciliation")) == before + len(entries)
    books.wait_until_caught_up()
    statuses = [books.document(document)["payment_status"] for document in (wrong, right)]
    assert statuses == ["unpaid", "settled"]
    assert payment(books, paid["payment_id"])["available"] == "20.00"


@pytest.mark.feature("S5-36")
def test_what_is_left_of_a_payment_is_used_on_another_document(books: Books) -> None:
    first = books.invoice("100.00")
    over = [{"document_id": first["document_id"], "amount": "100.00"}]
    paid = ok(books.pay(amount="150.00", applies_to=over, confirm=["keep-as-credit"]))
    books.wait_until_caught_up()
    assert balance(books)["open_credit"] == "50.00"
    later = books.invoice("80.00")
    refused(allocate(books, paid, later, "50.01"), 409, "more-than-open")
    ok(allocate(books, paid, later, "50.00"))
    books.wait_until_caught_up()
    assert books.document(later)["outstanding"] == "30.00"
    assert payment(books, paid["payment_id"])["available"] == "0.00"
    assert balance(books)["open_credit"] == "0.00"


def test_items_matched_by_hand_carry_one_code_and_the_same_request_changes_nothing(
    books: Books,
) -> None:
    invoice = books.invoice("100.00")
    paid = [ok(books.pay(amount=amount)) for amount in ("60.00", "40.00")]
    books.wait_until_caught_up()
    items = [named("document", invoice), *(named("payment", row) for row in paid)]
    body = {"customer_id": str(books.customer_id), "items": items, "matched_on": "2025-08-31"}
    path = f"/matchings/{uuid4()}"
    matched = ok(books.put("reconciliation", path, body))
    assert (matched["matching_code"], matched["open"]) == ("AA", "0.00")
    before = position(books, "reconciliation")
    assert ok(books.put("reconciliation", path, body)) == matched
    other = body | {"matched_on": "2025-08-30"}
    refused(books.put("reconciliation", path, other), 409, "matching-id-taken")
    assert position(books, "reconciliation") == before
    assert {item["matching_code"] for item in books.items()} == {"AA"}
    mixed = {"customer_id": str(uuid4()), "items": items}
    refused(books.put("reconciliation", f"/matchings/{uuid4()}", mixed), 422, "sides-do-not-match")


def test_lists_of_links_and_items_stay_as_they_were_under_insertion(books: Books) -> None:
    for _ in range(5):
        invoice = books.invoice("10.00")
        ok(books.pay(invoice, received_on="2025-08-18"))
    books.wait_until_caught_up()
    for path, key in (("/allocations", "allocation_id"), ("/items", "id")):
        whole = [row[key] for row in everything(books, "reconciliation", path)]
        first = ok(books.get("reconciliation", path, limit=2))
        ok(books.pay(books.invoice("10.00"), received_on="2025-08-19"))
        books.wait_until_caught_up()
        cursor = first["next_cursor"]
        rest = ok(books.get("reconciliation", path, limit=500, cursor=cursor))
        found = [row[key] for row in [*first["items"], *rest["items"]]]
        assert [name for name in found if name in whole] == whole
        assert len(found) == len(set(found))
        refused(books.get("reconciliation", path, cursor="nonsense"), 422, "malformed")
