"""If these failed, a document would be there and nobody would find it, or see another's instead."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.stack import Stack
from shared.dates import civil_date, now
from tests.books import Books, ok, refused
from tests.reading import everything

ENTERPRISE = "/enterprise/documents"
ATELIER = "/brands/atelier/documents"
THIS_YEAR = civil_date(now()).year


@pytest.fixture
def bob(stack: Stack, books: Books) -> Iterator[Books]:
    """Return the same books for another user, of the support team."""
    with Books(stack, books.ledger) as opened:
        token = stack.mint_token("bob", {books.ledger: ["*"]}, 1)
        opened.http.headers["authorization"] = f"Bearer {token}"
        opened.customer_id = books.customer_id
        yield opened


def body(books: Books, **fields: Any) -> dict[str, Any]:
    """Return a document of this fiscal year, of the brand Atelier."""
    known = {
        "kind": "invoice",
        "customer_id": str(books.customer_id),
        "issued_on": f"{THIS_YEAR}-01-15",
        "lines": [{"label": "Prestation", "net": "100.00", "vat_rate": "0"}],
        "brand": "atelier",
    }
    net = fields.pop("net", None)
    lines = {"lines": [{"label": "Prestation", "net": net, "vat_rate": "0"}]} if net else {}
    return known | lines | fields


def validate(books: Books, **fields: Any) -> dict[str, Any]:
    return dict(ok(books.put("invoicing", f"/documents/{uuid4()}", body(books, **fields))))


def draft(books: Books, **fields: Any) -> dict[str, Any]:
    return dict(ok(books.put("invoicing", f"/drafts/{uuid4()}", body(books, **fields))))


def step(books: Books, document: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    path = f"/drafts/{document['document_id']}/{name}"
    return dict(ok(books.put("invoicing", path, fields)))


def folder(books: Books, name: str, **fields: Any) -> str:
    folder_id = str(uuid4())
    ok(books.put("invoicing", f"/folders/{folder_id}", {"name": name} | fields))
    return folder_id


def ids(books: Books, path: str = ATELIER, **query: Any) -> list[str]:
    return [row["document_id"] for row in everything(books, "invoicing", path, **query)]


def of(*documents: dict[str, Any]) -> list[str]:
    return [document["document_id"] for document in documents]


# ── views ───────────────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-12")
def test_the_enterprise_s_list_never_shows_a_draft(books: Books) -> None:
    final = validate(books)
    waiting = draft(books)
    step(books, waiting, "submission")
    sent_back = draft(books)
    step(books, sent_back, "submission")
    step(books, sent_back, "rejection", reason="TVA fausse")
    for path in (ENTERPRISE, "/documents"):
        assert ids(books, path) == of(final)
    assert set(ids(books)) == set(of(final, waiting, sent_back))
    step(books, waiting, "validation")
    assert set(ids(books, ENTERPRISE)) == set(of(final, waiting))


@pytest.mark.feature("S2-17", "S2-21")
def test_each_view_has_its_own_filters(books: Books) -> None:
    ours, theirs = validate(books), validate(books, brand="boutique")
    assert ids(books, ENTERPRISE) == of(theirs, ours)
    assert ids(books, ENTERPRISE, brand="atelier") == of(ours)
    assert ids(books) == of(ours)
    refused(books.get("invoicing", ATELIER, brand="boutique"), 422, "malformed")
    answer = books.get("invoicing", ENTERPRISE, document_status="draft")
    refused(answer, 422, "malformed")
    assert ids(books, document_status="validated") == of(ours)


@pytest.mark.feature("S2-10")
def test_invoices_are_reached_by_their_folder(books: Books) -> None:
    roof, cellar = folder(books, "Toiture"), folder(books, "Cave")
    first, second = (validate(books, folder_id=roof) for _ in range(2))
    validate(books, folder_id=cellar)
    found = everything(books, "invoicing", "/folders")
    assert [row["name"] for row in found] == ["Cave", "Toiture"]
    assert set(ids(books, folder_id=found[1]["folder_id"])) == set(of(first, second))


# ── order and pages ─────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-15")
def test_the_newest_folder_comes_first(books: Books) -> None:
    old, new = folder(books, "Ancien"), folder(books, "Nouveau")
    in_new = validate(books, folder_id=new, issued_on=f"{THIS_YEAR}-01-01")
    in_old = validate(books, folder_id=old, issued_on=f"{THIS_YEAR}-12-01")
    alone = validate(books)
    for path in (ATELIER, ENTERPRISE, "/documents"):
        assert ids(books, path) == of(alone, in_new, in_old)


@pytest.mark.feature("S2-14")
def test_every_column_sorts_both_ways_and_names_first_from_z_to_a(books: Books) -> None:
    first = date(THIS_YEAR, 3, 1)
    for place, name in enumerate(["Bois", "Ardoise", "Zinc", "Chaux"]):
        filed = folder(books, name)
        day = first + timedelta(days=7 * place % 5)
        due = day + timedelta(days=11 * place % 7)
        net = f"{(place * 37) % 90 + 10}.00"
        fields = {"issued_on": day.isoformat(), "due_on": due.isoformat(), "net": net}
        validate(books, folder_id=filed, **fields)

    def column(sort: str, **direction: str) -> list[Any]:
        rows = everything(books, "invoicing", ATELIER, limit=3, sort=sort, **direction)
        shown = "document_id" if sort == "folder" else sort
        return [float(row[shown]) if sort == "total" else row[shown] for row in rows]

    assert column("folder_name") == ["Zinc", "Chaux", "Bois", "Ardoise"]
    for sort in ("folder_name", "issued_on", "due_on", "number", "total"):
        down, up = column(sort), column(sort, direction="asc")
        assert up == down[::-1]
        assert all(before <= after for before, after in pairwise(up))
    assert column("folder", direction="asc") == column("folder")[::-1]


@pytest.mark.feature("S2-13")
def test_pages_keep_their_order_whatever_is_added(books: Books) -> None:
    made = [validate(books) for _ in range(5)]
    first = ok(books.get("invoicing", ENTERPRISE, limit=2))
    validate(books)
    second = ok(books.get("invoicing", ENTERPRISE, limit=2, cursor=first["next_cursor"]))
    validate(books)
    third = ok(books.get("invoicing", ENTERPRISE, limit=2, cursor=second["next_cursor"]))
    shown = [row for page in (first, second, third) for row in page["items"]]
    assert of(*shown) == of(*made)[::-1]
    assert third["next_cursor"] is None


@pytest.mark.feature("S2-30")
def test_the_rows_of_a_page_are_remembered_for_every_list_and_session(
    stack: Stack, books: Books, bob: Books
) -> None:
    for place in range(4):
        validate(books)
        books.register(uuid4(), code=f"P{place}")
        folder(books, f"Dossier {place}")
    ok(books.put("invoicing", "/preferences/page-size", {"rows": 3}))
    lists = (ATELIER, ENTERPRISE, "/documents", "/customers", "/folders")
    with Books(stack, books.ledger) as later:
        for path in lists:
            assert len(ok(later.get("invoicing", path))["items"]) == 3
            assert len(ok(later.get("invoicing", path, limit=1))["items"]) == 1
            assert len(ok(bob.get("invoicing", path))["items"]) > 3
    refused(books.put("invoicing", "/preferences/page-size", {"rows": 0}), 422, "malformed")


# ── filters ─────────────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-18")
def test_the_current_fiscal_year_is_shown_unless_all_are_asked_for(books: Books) -> None:
    current = validate(books)
    before = validate(books, issued_on=f"{THIS_YEAR - 1}-12-31")
    counted_now = validate(books, issued_on=f"{THIS_YEAR - 1}-12-30", fiscal_year=THIS_YEAR)
    for path in (ATELIER, ENTERPRISE):
        assert ids(books, path) == of(counted_now, current)
        assert ids(books, path, fiscal_year="current") == of(counted_now, current)
        assert ids(books, path, fiscal_year=THIS_YEAR - 1) == of(before)
        assert ids(books, path, fiscal_year="all") == of(counted_now, before, current)
    refused(books.get("invoicing", ATELIER, fiscal_year="toutes"), 422, "malformed")


@pytest.mark.feature("S2-16", "S2-19", "S2-20")
def test_filters_apply_together_and_bounds_may_be_left_out(books: Books) -> None:
    days = [f"{THIS_YEAR}-02-0{day}" for day in (1, 2, 3)]
    a, b, c = (
        validate(books, issued_on=day, net=net)
        for day, net in zip(days, ("10.00", "20.00", "30.00"), strict=True)
    )
    for path in (ATELIER, ENTERPRISE):
        assert ids(books, path, total_from="20.00") == of(c, b)
        assert ids(books, path, total_to="20.00") == of(b, a)
        assert ids(books, path, total_from="15.00", total_to="20.00") == of(b)
        assert ids(books, path, issued_from=days[1]) == of(c, b)
        assert ids(books, path, issued_to=days[1]) == of(b, a)
        assert ids(books, path, issued_from=days[1], issued_to=days[1]) == of(b)
        assert ids(books, path, issued_from=days[1], total_to="20.00") == of(b)
        assert ids(books, path, issued_from=days[1], total_to="10.00") == []
    refused(books.get("invoicing", ATELIER, total_from="ten"), 422, "malformed")


@pytest.mark.feature("S2-23")
def test_each_status_is_found(books: Books) -> None:
    found = {"draft": draft(books), "validated": validate(books)}
    for status in ("waiting_for_validation", "rejected"):
        found[status] = draft(books)
        step(books, found[status], "submission")
    step(books, found["rejected"], "rejection", reason="TVA fausse")
    for status, document in found.items():
        (row,) = everything(books, "invoicing", ATELIER, document_status=status)
        assert (row["document_id"], row["document_status"]) == (*of(document), status)
    two = ids(books, document_status=["draft", "rejected"])
    assert set(two) == set(of(found["draft"], found["rejected"]))
    assert len(ids(books)) == 4


@pytest.mark.feature("S2-24")
def test_what_is_open_is_unpaid_or_partially_paid(books: Books) -> None:
    unpaid, partly, settled = (validate(books) for _ in range(3))
    drawn_up, quoted = draft(books), validate(books, kind="quote")
    books.wait_until_caught_up()
    ok(books.pay(partly, amount="40.00"))
    ok(books.pay(settled))
    books.wait_until_caught_up()
    assert set(ids(books)) == set(of(unpaid, partly, settled, drawn_up, quoted))
    for path in (ATELIER, ENTERPRISE):
        assert ids(books, path, payment_status="open") == of(partly, unpaid)
        assert ids(books, path, payment_status="settled") == of(settled)


@pytest.mark.feature("S2-25")
def test_any_part_of_a_number_finds_the_document(books: Books) -> None:
    template = {"template": "ATELIER-{yyyy}-{n:5}", "brand": "atelier"}
    ok(books.put("invoicing", "/numbering/invoice", template))
    documents = [validate(books) for _ in range(12)]
    last = documents[-1]["number"]
    assert last == f"ATELIER-{THIS_YEAR}-00012"
    for part in (last, "00012", "-00012", f"{THIS_YEAR}-00012", "12"):
        for path in (ATELIER, ENTERPRISE):
            assert ids(books, path, number=part) == of(documents[-1])
    assert set(ids(books, number="LIER-")) == set(of(*documents))
    assert ids(books, number="%") == []


@pytest.mark.feature("S2-26")
def test_kinds_are_found_one_or_several_at_once(books: Books) -> None:
    forms = {
        "quote.normal": validate(books, kind="quote"),
        "quote.internal": validate(books, kind="quote", variant="internal"),
        "invoice.normal": validate(books),
        "invoice.internal": validate(books, variant="internal"),
        "credit_note": validate(books, kind="credit_note"),
    }
    for path in (ATELIER, ENTERPRISE):
        for kind, document in forms.items():
            assert ids(books, path, kind=kind) == of(document)
        quotes = of(forms["quote.normal"], forms["quote.internal"])
        assert set(ids(books, path, kind="quote")) == set(quotes)
        mixed = ids(books, path, kind=["quote.internal", "invoice.normal", "credit_note"])
        assert len(mixed) == 3
        assert not {*of(forms["quote.normal"], forms["invoice.internal"])} & {*mixed}
    refused(books.get("invoicing", ATELIER, kind="order.penalty"), 422, "malformed")


@pytest.mark.feature("S2-27")
def test_a_business_type_is_found(books: Books) -> None:
    works = folder(books, "Toiture", business_type="travaux")
    inherited = validate(books, folder_id=works)
    own = validate(books, business_type="formation")
    for path in (ATELIER, ENTERPRISE):
        assert ids(books, path, business_type="travaux") == of(inherited)
        assert ids(books, path, business_type="formation") == of(own)


@pytest.mark.feature("S2-28", "S2-29")
def test_who_validated_is_kept_and_found_and_whether_it_was_who_drew_it_up(
    books: Books, bob: Books
) -> None:
    hers = draft(books)
    step(books, hers, "submission")
    by_bob = step(bob, hers, "validation")
    assert (by_bob["drafted_by"], by_bob["validated_by"]) == ("alice", "bob")
    assert by_bob["self_validated"] is False
    own = step(books, draft(books), "validation")
    at_once = validate(books)
    assert own["self_validated"] is at_once["self_validated"] is True
    not_yet = draft(books)
    assert (not_yet["validated_by"], not_yet["self_validated"]) == (None, False)
    for path in (ATELIER, ENTERPRISE):
        assert ids(books, path, validated_by="bob") == of(by_bob)
        assert ids(books, path, validated_by="alice") == of(at_once, own)
        assert ids(books, path, self_validated="true") == of(at_once, own)
    assert set(ids(books, self_validated="false")) == set(of(by_bob, not_yet))


@pytest.mark.feature("S2-09", "S2-31")
def test_the_row_of_an_open_invoice_leads_to_its_payment(books: Books) -> None:
    validate(books)
    books.wait_until_caught_up()
    (row,) = everything(books, "invoicing", ENTERPRISE)
    assert "record_payment" in row["actions"]
    asked = books.payment_body(row)
    preview = ok(books.post("payments", "/payments/preview", asked))
    assert preview["amount"] == row["outstanding"]
    ok(books.pay(row))
    books.wait_until_caught_up()
    (row,) = everything(books, "invoicing", ENTERPRISE)
    assert row["payment_status"] == "settled"
    assert "record_payment" not in row["actions"]
    drawn_up = draft(books)
    assert "record_payment" not in drawn_up["actions"]
