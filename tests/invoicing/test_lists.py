"""If these failed, a document would be there and nobody would find it, or see another's."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.stack import Stack
from tests.books import Books, ok, refused
from tests.invoicing.filing import (
    ATELIER,
    ENTERPRISE,
    THIS_YEAR,
    draft,
    folder,
    ids,
    of,
    step,
    validate,
)
from tests.reading import everything

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


def test_drafts_of_no_brand_are_found_by_who_may_see_all_brands(stack: Stack, books: Books) -> None:
    validate(books)
    ours, waiting, nobodys = draft(books), draft(books), draft(books, brand=None)
    step(books, waiting, "submission")
    assert ids(books, "/drafts", limit=2) == of(nobodys, waiting, ours)
    assert ids(books, "/drafts", document_status="waiting_for_validation") == of(waiting)
    assert ids(books, "/drafts", brand="atelier", sort="number") == sorted(
        of(ours, waiting), reverse=True
    )
    assert ids(books, kind="invoice", document_status=["draft", "rejected"]) == of(ours)
    refused(books.get("invoicing", "/drafts", document_status="validated"), 422, "malformed")
    with Books(stack, books.ledger) as clerk:
        token = stack.mint_token("clerk", {books.ledger: ["documents:read@atelier"]}, 1)
        clerk.http.headers["authorization"] = f"Bearer {token}"
        refused(clerk.get("invoicing", "/drafts"), 403, "forbidden")


def test_a_row_says_that_a_draft_may_be_deleted_and_what_is_paid(books: Books) -> None:
    def row(document: dict[str, Any]) -> Any:
        rows = everything(books, "invoicing", ATELIER)
        return next(r for r in rows if r["document_id"] == document["document_id"])

    drawn_up, sent_back, final = draft(books), draft(books), validate(books)
    step(books, sent_back, "submission")
    step(books, sent_back, "rejection", reason="TVA fausse")
    assert row(drawn_up)["actions"] == ["record_prepayment", "delete_draft"]
    assert row(sent_back)["actions"] == ["delete_draft"]
    for document in (drawn_up, sent_back):
        path = f"/documents/{document['document_id']}/cancellation"
        ok(books.put("invoicing", path, {"reason": "double"}))
        assert row(document)["actions"] == []
    assert ids(books, "/drafts") == []
    books.wait_until_caught_up()
    ok(books.pay(final, amount="30.00"))
    books.wait_until_caught_up()
    shown = row(final)
    assert "delete_draft" not in shown["actions"]
    assert (shown["total"], shown["paid"], shown["outstanding"]) == ("100.00", "30.00", "70.00")


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

    def column(sort: str, **asked: str) -> list[Any]:
        rows = everything(books, "invoicing", ATELIER, limit=3, sort=sort, **asked)
        shown = "document_id" if sort == "folder" else sort
        return [float(row[shown]) if sort == "total" else row[shown] for row in rows]

    assert column("folder_name") == ["Zinc", "Chaux", "Bois", "Ardoise"]
    for sort in ("folder_name", "issued_on", "due_on", "number", "total"):
        down, up = column(sort), column(sort, direction="asc")
        assert up == down[::-1]
        assert all(before <= after for before, after in pairwise(up))
        days = {"issued_from": f"{THIS_YEAR}-01-01", "issued_to": f"{THIS_YEAR}-12-31"}
        assert column(sort, **days) == down
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
