"""If these failed, a quote would be owed, or an invoice would not say what it comes from."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.books import Books, ok, refused
from tests.forms import query_of
from tests.reading import balance, everything, facts, payment


def make(books: Books, **fields: Any) -> dict[str, Any]:
    known = {
        "kind": "invoice",
        "customer_id": str(books.customer_id),
        "issued_on": "2025-08-18",
        "lines": [{"label": "Prestation", "net": "100.00", "vat_rate": "20"}],
    }
    return dict(ok(books.put("invoicing", f"/documents/{uuid4()}", known | fields)))


def following(document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"follows": document["document_id"]} | fields


def test_a_sale_is_followed_from_its_quote_to_the_cancelled_credit_note(books: Books) -> None:
    quote = make(books, kind="quote")
    order = make(books, kind="order", **following(quote))
    note = make(books, kind="delivery_note", **following(order))
    invoice = make(books, **following(note))
    credit = make(books, kind="credit_note", corrects=invoice["document_id"])
    cancelling = make(books, variant="cancellation", **following(credit))
    numbers = [document["number"] for document in (quote, order, note, invoice, credit)]
    assert numbers == [f"{prefix}2508-0001" for prefix in ("DE", "CO", "BL", "FA", "AV")]
    assert cancelling["number"] == "FA2508-0002"
    for kind, document in (("quote", quote), ("order", order), ("delivery_note", note)):
        assert (document["kind"], document["payment_status"]) == (kind, "not_owed")
    refused(
        books.put(
            "invoicing", f"/documents/{invoice['document_id']}/cancellation", {"reason": "erreur"}
        ),
        409,
        "invoice-is-final",
    )
    cancelled = ok(
        books.put("invoicing", f"/documents/{quote['document_id']}/cancellation", {"reason": "non"})
    )
    assert (cancelled["document_status"], cancelled["status_reason"]) == ("cancelled", "non")


def test_only_what_is_owed_reaches_the_customer_s_account(books: Books) -> None:
    for kind in ("quote", "order", "delivery_note"):
        make(books, kind=kind)
    invoice = make(books)
    books.wait_until_caught_up()
    assert [item["id"] for item in books.items()] == [invoice["document_id"]]
    assert balance(books)["balance"] == "120.00"
    books.prove_conservation()


@pytest.mark.feature("S1-23")
def test_numbers_of_each_kind_and_brand_leave_no_hole_whoever_writes(books: Books) -> None:
    ours = {"template": "AT{yyyy}-{n:3}", "brand": "atelier"}
    ok(books.put("invoicing", "/numbering/invoice", ours))

    def one(place: int) -> str:
        fields: dict[str, Any] = {"brand": "atelier"} if place % 2 else {}
        kind = ("invoice", "order", "quote")[place % 3]
        if place % 4:
            return str(make(books, kind=kind, **fields)["number"])
        path = f"/drafts/{uuid4()}"
        body = {"kind": kind, "customer_id": str(books.customer_id), "issued_on": "2025-08-18"}
        lines = {"lines": [{"label": "Prestation", "net": "1.00", "vat_rate": "0"}]}
        drawn_up = ok(books.put("invoicing", path, body | lines | fields))
        assert drawn_up["number"] is None
        return str(ok(books.put("invoicing", f"{path}/validation", {}))["number"])

    with ThreadPoolExecutor(50) as pool:
        numbers = list(pool.map(one, range(120)))
    for prefix, digits in (("FA2508-", 4), ("AT2025-", 3), ("CO2508-", 4), ("DE2508-", 4)):
        counted = sorted(number for number in numbers if number.startswith(prefix))
        expected = [f"{prefix}{n:0{digits}}" for n in range(1, len(counted) + 1)]
        assert counted == expected
        assert counted
    assert len(set(numbers)) == len(numbers) == 120


@pytest.mark.feature("S1-22")
def test_a_settled_invoice_gets_a_credit_note_that_is_the_customer_s_credit(books: Books) -> None:
    invoice = make(books)
    books.wait_until_caught_up()
    ok(books.pay(invoice))
    books.wait_until_caught_up()
    settled = books.document(invoice)
    assert settled["payment_status"] == "settled"
    assert "create_credit_note" in settled["actions"]
    credit = make(books, kind="credit_note", corrects=invoice["document_id"])
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"
    shown = books.document(credit)
    assert (shown["payment_status"], shown["outstanding"]) == ("unpaid", "120.00")
    (item,) = [item for item in books.items() if item["id"] == credit["document_id"]]
    assert (item["side"], item["open"]) == ("credit", "120.00")
    assert balance(books)["balance"] == "-120.00"


@pytest.mark.feature("S1-27")
def test_a_receipt_is_for_a_prepayment_document_as_for_an_invoice(books: Books) -> None:
    order = make(books, kind="order")
    template = {"template": "AC{yy}{mm}{n:4}"}
    ok(books.put("invoicing", "/numbering/prepayment_invoice", template))
    prepayment = make(books, variant="prepayment", **following(order))
    assert (prepayment["number"], prepayment["untdid_1001"]) == ("AC25080001", "386")
    books.wait_until_caught_up()
    receipt = ok(books.pay(prepayment))
    (applied,) = payment(books, receipt["payment_id"])["applies_to"]
    assert applied["number"] == "AC25080001"
    books.wait_until_caught_up()
    shown = books.document(prepayment)
    assert shown["payment_status"] == "settled"
    assert [part["number"] for part in shown["settled_with"]] == [receipt["number"]]


@pytest.mark.feature("S3-19", "S3-20", "S3-21")
def test_the_types_of_an_invoice_are_kept_with_what_they_are_for(books: Books) -> None:
    note = make(books, kind="delivery_note")
    sale = make(books, **following(note))
    credit = make(books, kind="credit_note", corrects=sale["document_id"])
    cancelling = make(books, variant="cancellation", **following(credit))
    penalty = make(books, variant="penalty", **following(sale))
    for made, variant, other in (
        (sale, "normal", note),
        (cancelling, "cancellation", credit),
        (penalty, "penalty", sale),
    ):
        shown = books.document(made)
        assert (shown["kind"], shown["variant"]) == ("invoice", variant)
        assert shown["follows"] == other["document_id"]
    for variant, wrong in (("cancellation", sale), ("penalty", credit)):
        body = {"variant": variant, **following(wrong)}
        known = {"kind": "invoice", "customer_id": str(books.customer_id)}
        lines = {"lines": [{"label": "x", "net": "1.00", "vat_rate": "0"}]}
        answer = books.put(
            "invoicing",
            f"/documents/{uuid4()}",
            known | lines | {"issued_on": "2025-08-18"} | body,
        )
        refused(answer, 422, "followed-document-missing")
    written = facts(books, "invoicing", "document-validated")
    assert [fact["variant"] for fact in written if fact["variant"] != "normal"] == [
        "cancellation",
        "penalty",
    ]


# ── customers ───────────────────────────────────────────────────────────────────


@pytest.mark.feature("S1-29")
def test_a_card_shows_name_town_and_whether_it_is_a_prospect_or_a_client(books: Books) -> None:
    martin = uuid4()
    card = books.register(martin, name="Martin", town="Lyon", stage="prospect")
    assert (card["name"], card["town"], card["stage"]) == ("Martin", "Lyon", "prospect")
    make(books, kind="quote", customer_id=str(martin))
    path = f"/customers/{martin}"
    assert ok(books.get("invoicing", path))["stage"] == "prospect"
    make(books, customer_id=str(martin))
    assert ok(books.get("invoicing", path))["stage"] == "client"
    details = {"name": "Martin SARL", "town": "Villeurbanne", "stage": "client"}
    changed = ok(books.put("invoicing", f"{path}/details", details))
    assert changed == ok(books.get("invoicing", path))
    assert {name: changed[name] for name in details} == details


def test_a_group_lists_those_for_whom_the_parent_pays(books: Books) -> None:
    children = [uuid4(), uuid4()]
    for child in children:
        books.register(child, parent_id=str(books.customer_id))
    found = everything(books, "invoicing", "/customers", parent_id=str(books.customer_id))
    assert {row["customer_id"] for row in found} == {str(child) for child in children}
    invoice = make(books, customer_id=str(children[0]))
    assert invoice["payer_id"] == str(books.customer_id)
    paid_by_parent = everything(books, "invoicing", "/documents", payer_id=str(books.customer_id))
    assert [row["document_id"] for row in paid_by_parent] == [invoice["document_id"]]


@pytest.mark.feature("S1-31")
def test_a_customer_s_page_has_a_tab_for_all_that_can_carry_money(books: Books) -> None:
    order = make(books, kind="order")
    make(books, kind="quote")
    make(books, kind="delivery_note", **following(order))
    invoice = make(books)
    make(books, variant="prepayment", **following(order))
    make(books, kind="credit_note")
    books.wait_until_caught_up()
    ok(books.pay(invoice, amount="5.00"))
    tabs = ok(books.get("invoicing", f"/customers/{books.customer_id}/tabs"))
    titles = ["Devis", "Commande", "Bon de livraison", "Facture", "Avoir", "Acompte"]
    assert [tab["title"] for tab in tabs] == [*titles, "Encaissement"]
    for tab in tabs:
        shown = everything(books, tab["service"], tab["path"].partition("?")[0], **query_of(tab))
        assert shown
        assert tab["count"] in (len(shown), None)


@pytest.mark.feature("S1-25")
def test_prospects_and_clients_have_the_same_tab_of_receipts(books: Books) -> None:
    prospect = uuid4()
    books.register(prospect, stage="prospect")
    make(books, kind="quote", customer_id=str(prospect))
    documents = [make(books), make(books, variant="prepayment")]
    books.wait_until_caught_up()
    ok(books.pay(customer_id=str(prospect), amount="10.00"))
    for document in documents:
        ok(books.pay(document))
    shown = {}
    for customer_id, stage in ((prospect, "prospect"), (books.customer_id, "client")):
        card = ok(books.get("invoicing", f"/customers/{customer_id}"))
        assert card["stage"] == stage
        *_, tab = ok(books.get("invoicing", f"/customers/{customer_id}/tabs"))
        assert (tab["tab"], tab["title"]) == ("payments", "Encaissement")
        path = tab["path"].partition("?")[0]
        shown[stage] = everything(books, tab["service"], path, **query_of(tab))
    assert len(shown["prospect"]) == 1
    named = {applied["document_id"] for row in shown["client"] for applied in row["applies_to"]}
    assert named == {document["document_id"] for document in documents}
