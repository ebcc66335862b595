"""If these failed, a filter would hide what is there, or show what was not asked for."""

import pytest

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
    assert ids(books, self_validated="false") == of(by_bob)


@pytest.mark.feature("S2-09", "S2-31")
def test_the_row_of_an_open_invoice_leads_to_its_payment(books: Books) -> None:
    validate(books)
    books.wait_until_caught_up()
    (row,) = everything(books, "invoicing", ENTERPRISE)
    assert "record_payment" in row["actions"]
    asked = books.payment_body(row)
    preview = ok(books.post("payments", "/payments/preview", asked))
    assert preview["payment"]["amount"] == row["outstanding"]
    ok(books.pay(row))
    books.wait_until_caught_up()
    (row,) = everything(books, "invoicing", ENTERPRISE)
    assert row["payment_status"] == "settled"
    assert "record_payment" not in row["actions"]
    drawn_up = draft(books)
    assert "record_payment" not in drawn_up["actions"]
