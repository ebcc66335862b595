"""Sales entries become invoices and credit notes whose totals are the customers' lines."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.takeover import Document, VatLine
from cli.takeover.shares import largest_remainder, split
from tests.takeover.small_books import DAY, Entry, Post, entry, planned


def vat_of(document: Document) -> list[tuple[str, int, int]]:
    return [(line.rate, line.net_cents, line.vat_cents) for line in document.vat_lines]


def sold(*posts: Post) -> list[Document]:
    found = planned(entry("VE", *posts, label="Facture")).documents
    for document in found:
        assert document.total_cents == sum(
            line.net_cents + line.vat_cents for line in document.vat_lines
        )
        assert sum(line.net_cents for line in document.net_lines) == sum(
            line.net_cents for line in document.vat_lines
        )
    return list(found)


VAT_20 = Post("44571", -2000, account_label="TVA collectée 20 %")
VAT_10 = Post("44572", -1000, account_label="TVA collectée 10 %")
PLAIN_VAT = "TVA collectée"


def test_a_debit_against_a_sale_is_an_invoice() -> None:
    (invoice,) = sold(Post("DUPONT", 12000), Post("707", -10000), Post("44571", -2000))
    assert (invoice.kind, invoice.customer, invoice.total_cents) == ("invoice", "DUPONT", 12000)
    assert (invoice.reference, invoice.issued_on, invoice.label) == ("P1", DAY, "Facture")
    assert vat_of(invoice) == [("20", 10000, 2000)]
    assert (invoice.effect_cents, invoice.share_of_cents, invoice.lines) == (12000, None, (2,))


def test_a_credit_against_a_sale_is_a_credit_note_with_positive_amounts() -> None:
    (note,) = sold(Post("DUPONT", -12000), Post("707", 10000), Post("44571", 2000))
    assert (note.kind, note.total_cents, note.effect_cents) == ("credit_note", 12000, -12000)
    assert vat_of(note) == [("20", 10000, 2000)]
    assert note.net_lines[0].net_cents == 10000


def test_a_reversed_invoice_written_with_negative_debits_is_a_credit_note() -> None:
    posts = (Post("DUPONT", -12000), Post("707", 10000), Post("44571", 2000))
    (note,) = sold(*(Post(post.who, post.cents, negative=True) for post in posts))
    assert (note.kind, note.effect_cents) == ("credit_note", -12000)


def test_the_date_of_the_document_is_that_of_its_voucher() -> None:
    posts = (Post("DUPONT", 12000), Post("707", -12000))
    (invoice,) = planned(Entry("VE", posts, voucher_on=date(2025, 2, 28))).documents
    assert (invoice.issued_on, invoice.booked_on) == (date(2025, 2, 28), DAY)


@pytest.mark.parametrize("rate", ["20", "10", "5.5", "2.1", "8.5"])
def test_a_legal_rate_is_found_from_the_amounts_alone(rate: str) -> None:
    vat = int((Decimal(9999) * Decimal(rate) / 100).quantize(Decimal(1)))
    (invoice,) = sold(Post("DUPONT", 9999 + vat), Post("707", -9999), Post("44571", -vat))
    assert vat_of(invoice) == [(rate, 9999, vat)]


def test_a_rate_that_only_a_label_says_is_taken_if_it_computes() -> None:
    vat = Post("44571", -1900, account_label="TVA OSS Allemagne 19%")
    (invoice,) = sold(Post("DUPONT", 11900), Post("707", -10000), vat)
    assert vat_of(invoice) == [("19", 10000, 1900)]


def test_a_label_that_does_not_compute_is_not_believed() -> None:
    vat = Post("44571", -550, account_label="TVA 20 %")
    (invoice,) = sold(Post("DUPONT", 10550), Post("707", -10000), vat)
    assert vat_of(invoice) == [("5.5", 10000, 550)]


def test_a_percentage_above_all_rates_is_no_rate() -> None:
    vat = Post("44571", -2000, label="Acompte 50 %", account_label="TVA collectée")
    (invoice,) = sold(Post("DUPONT", 12000), Post("707", -10000, label="Acompte 50 %"), vat)
    assert vat_of(invoice) == [("20", 10000, 2000)]


def test_a_sale_without_vat_is_at_rate_zero() -> None:
    (invoice,) = sold(Post("DUPONT", 10000), Post("706", -10000))
    assert vat_of(invoice) == [("0", 10000, 0)]


def test_each_product_followed_by_its_vat_is_paired_in_order() -> None:
    (invoice,) = sold(
        Post("701", -10000),
        Post("44571", -2000),
        Post("701", -20000),
        Post("44571", -1100),
        Post("DUPONT", 33100),
    )
    assert vat_of(invoice) == [("20", 10000, 2000), ("5.5", 20000, 1100)]


def test_products_then_their_vat_amounts_are_paired_in_parallel() -> None:
    (invoice,) = sold(
        Post("DUPONT", 33100),
        Post("707", -10000),
        Post("707", -20000),
        Post("44571", -2000),
        Post("44571", -1100),
    )
    assert vat_of(invoice) == [("20", 10000, 2000), ("5.5", 20000, 1100)]


def test_products_and_vat_are_paired_by_the_rates_they_speak_of() -> None:
    (invoice,) = sold(
        Post("DUPONT", 28500),
        Post("7071", -3000, account_label="Ventes 20%"),
        Post("7072", -10000, account_label="Ventes 10%"),
        Post("7071", -7000, account_label="Ventes 20%"),
        Post("7080", -5500, account_label="Port"),
        VAT_10,
        VAT_20,
    )
    assert vat_of(invoice) == [("20", 10000, 2000), ("10", 10000, 1000), ("0", 5500, 0)]


@pytest.mark.parametrize("other", ["44571", "44572"])
def test_two_rates_whose_mean_is_a_rate_are_still_two(other: str) -> None:
    (invoice,) = sold(
        Post("DUPONT", 15950),
        Post("7071", -4500),
        Post("7072", -10000),
        Post("44571", -900),
        Post(other, -550),
    )
    assert vat_of(invoice) == [("20", 4500, 900), ("5.5", 10000, 550)]


def test_what_bears_no_vat_is_told_from_what_does() -> None:
    (invoice,) = sold(
        Post("DUPONT", 13500),
        Post("7085", -1500),
        Post("707", -10000),
        Post("44571", -2000, account_label=PLAIN_VAT),
    )
    assert vat_of(invoice) == [("20", 10000, 2000), ("0", 1500, 0)]


def test_a_deposit_taken_off_an_invoice_is_a_negative_line() -> None:
    (invoice,) = sold(
        Post("DUPONT", 9000), Post("4191", 3000), Post("707", -10000), Post("44571", -2000)
    )
    assert vat_of(invoice) == [("20", 10000, 2000), ("0", -3000, 0)]


def test_a_prepayment_invoice_has_vat_on_the_advance() -> None:
    (invoice,) = sold(Post("DUPONT", 12000), Post("4191", -10000), Post("44571", -2000))
    assert (invoice.kind, vat_of(invoice)) == ("invoice", [("20", 10000, 2000)])


def test_vat_that_fits_no_rate_is_kept_and_the_net_is_cut_to_it() -> None:
    (invoice,) = sold(Post("DUPONT", 11234), Post("707", -10000), Post("44571", -1234))
    assert vat_of(invoice) == [("10", 12340, 1234), ("0", -2340, 0)]
    assert invoice.vat_lines[0].gap_cents == 0


def test_vat_whose_label_says_the_rate_leaves_the_rest_without_vat() -> None:
    (invoice,) = sold(
        Post("DUPONT", 111000),
        Post("701", -50000),
        Post("702", -60000),
        Post("44571", -1000, account_label="TVA 20 %"),
    )
    assert vat_of(invoice) == [("20", 5000, 1000), ("0", 105000, 0)]


def test_the_gap_between_the_vat_given_and_computed_is_told() -> None:
    assert VatLine(rate="5.5", net_cents=7081, vat_cents=389).gap_cents == 0
    assert VatLine(rate="20", net_cents=-1000, vat_cents=-198).gap_cents == 2


def test_a_sale_to_two_customers_is_shared_to_the_cent() -> None:
    first, second = sold(
        Post("DUPONT", 3333), Post("MARTIN", 6667), Post("707", -8333), Post("44571", -1667)
    )
    assert (first.total_cents, second.total_cents) == (3333, 6667)
    assert first.share_of_cents == second.share_of_cents == 10000
    nets = [line.net_cents for document in (first, second) for line in document.vat_lines]
    vats = [line.vat_cents for document in (first, second) for line in document.vat_lines]
    assert (sum(nets), sum(vats)) == (8333, 1667)


def test_a_sale_due_on_two_dates_is_two_documents_of_one_customer() -> None:
    documents = sold(
        Post("DUPONT", 6000), Post("DUPONT", 6000), Post("707", -10000), Post("44571", -2000)
    )
    assert [vat_of(document) for document in documents] == [[("20", 5000, 1000)]] * 2
    assert len({document.key for document in documents}) == 2


def test_several_invoices_under_one_number_are_several_documents() -> None:
    first, second = sold(
        Post("DUPONT", 12000),
        Post("707", -10000),
        Post("44571", -2000),
        Post("MARTIN", 5500),
        Post("707", -5000),
        Post("44572", -500),
    )
    assert (vat_of(first), vat_of(second)) == ([("20", 10000, 2000)], [("10", 5000, 500)])
    assert first.share_of_cents is None


def test_rent_and_membership_fees_are_invoiced_and_sold_assets_too() -> None:
    for account in ("752", "756", "740", "775"):
        (invoice,) = sold(Post("DUPONT", 10000), Post(account, -10000))
        assert invoice.kind == "invoice"


def test_any_income_in_a_sales_journal_is_a_sale() -> None:
    ordinary = entry("VE", Post("DUPONT", 100), Post("707", -100))
    odd = entry("VE", Post("DUPONT", 500), Post("758", -500))
    assert len(planned(ordinary, odd).documents) == 2
    assert len(planned(odd).documents) == 0


@given(
    st.lists(st.integers(-1000, 1000), min_size=1).filter(lambda weights: sum(weights) != 0),
    st.integers(-(10**7), 10**7),
)
def test_shares_always_add_up(weights: list[int], total: int) -> None:
    shares = largest_remainder(weights, total)
    assert sum(shares) == total
    for weight, share in zip(weights, shares, strict=True):
        assert abs(share - Decimal(weight * total) / sum(weights)) < 1


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=6),
    st.lists(st.integers(1, 100), min_size=1, max_size=6),
)
def test_a_split_is_exact_in_both_directions(components: list[int], weights: list[int]) -> None:
    portions = largest_remainder(weights, sum(components))
    parts = split(components, portions)
    assert [sum(part) for part in parts] == portions
    assert [sum(column) for column in zip(*parts, strict=True)] == components


def test_weights_that_cancel_share_nothing() -> None:
    with pytest.raises(ValueError, match="add up to zero"):
        largest_remainder([1, -1], 5)
