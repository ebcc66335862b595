"""Opening balances, write-offs, adjustments, customers, keys, and what is left out."""

from datetime import date

import pytest

from cli.takeover import plan
from cli.takeover.leftovers import AMOUNT_IS_ZERO, NO_CUSTOMER
from tests.takeover.small_books import Entry, Post, entry, fec, planned

FIRST = date(2025, 1, 1)
OPENING = (Post("101", -100_00), Post("512", 60_00), Post("DUPONT", 50_00), Post("MARTIN", -10_00))


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("AN", "OD54"),
        ("RAN", "Journal"),
        ("A.N.", "Journal"),
        ("AN1", "Journal"),
        ("OUV", "Balance initiale"),
        ("OD", "À nouveaux"),
        ("99", "Report à nouveau"),
        ("XX", "Bilan d'ouverture"),
    ],
)
def test_an_opening_journal_brings_balances_forward(code: str, label: str) -> None:
    found = planned(entry(code, *OPENING, on=FIRST, journal_label=label))
    assert [(one.customer, one.side, one.amount_cents) for one in found.opening_balances] == [
        ("DUPONT", "debit", 5000),
        ("MARTIN", "credit", 1000),
    ]
    assert [one.effect_cents for one in found.opening_balances] == [5000, -1000]
    assert found.payments == ()


def test_an_opening_entry_is_not_cut_where_it_happens_to_balance() -> None:
    posts = (Post("DUPONT", 1000), Post("MARTIN", -1000), Post("512", 500), Post("101", -500))
    assert len(planned(entry("AN", *posts)).opening_balances) == 2


def test_labels_and_capital_tell_an_opening_entry_in_an_ordinary_journal() -> None:
    found = planned(entry("OD", *OPENING, label="A-nouveau 2024"))
    assert len(found.opening_balances) == 2
    assert planned(entry("OD", *OPENING, label="Divers")).opening_balances == ()


def test_the_account_for_opening_tells_an_opening_entry() -> None:
    found = planned(entry("OD", Post("DUPONT", 100), Post("890", -100)))
    assert len(found.opening_balances) == 1


def test_a_customer_named_like_an_opening_pays_all_the_same() -> None:
    found = planned(entry("BQ", Post("RAN", -100), Post("512", 100), label="VIR RAN A NOUVEAU"))
    assert len(found.payments) == 1


def test_an_entry_with_income_is_never_an_opening() -> None:
    found = planned(entry("AN", Post("DUPONT", 100), Post("707", -100)))
    assert (len(found.documents), len(found.opening_balances)) == (1, 0)


def test_opening_balances_keep_the_date_of_their_voucher() -> None:
    found = planned(Entry("AN", OPENING, FIRST, voucher_on=date(2024, 11, 5)))
    assert found.opening_balances[0].issued_on == date(2024, 11, 5)
    assert found.opening_balances[0].booked_on == FIRST


@pytest.mark.parametrize(
    ("account", "cents", "reason", "side"),
    [
        ("658", -2, "difference", "credit"),
        ("758", 2, "difference", "debit"),
        ("678", -2, "difference", "credit"),
        ("778", 2, "difference", "debit"),
        ("665", -200, "discount", "credit"),
        ("765", 200, "difference", "debit"),
        ("654", -5000, "bad-debt", "credit"),
        ("6714", -5000, "bad-debt", "credit"),
        ("666", -7, "difference", "credit"),
    ],
)
def test_a_charge_or_a_gain_against_a_customer_is_a_write_off(
    account: str, cents: int, reason: str, side: str
) -> None:
    found = planned(
        entry("OD", Post("DUPONT", cents), Post(account, -cents, account_label="Écart"))
    )
    (one,) = found.write_offs
    assert (one.reason, one.side, one.amount_cents) == (reason, side, abs(cents))
    assert (one.account, one.account_label, one.effect_cents) == (account, "Écart", cents)
    assert found.adjustments == ()


def test_vat_claimed_back_on_a_lost_debt_is_part_of_the_write_off() -> None:
    posts = (Post("DUPONT", -12000), Post("44571", 2000), Post("654", 10000))
    found = planned(entry("OD", *posts))
    assert found.documents == ()
    assert (found.write_offs[0].account, found.write_offs[0].amount_cents) == ("654", 12000)


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ("416", "doubtful"),
        ("413", "bill"),
        ("4191", "advance"),
        ("401", "supplier"),
        ("467", "suspense"),
        ("471", "suspense"),
        ("455", "other"),
        ("44571", "vat"),
        ("651", "other"),
    ],
)
def test_any_other_counterpart_is_an_adjustment(account: str, reason: str) -> None:
    found = planned(entry("OD", Post("DUPONT", -100), Post(account, 100)))
    assert [(one.reason, one.account, one.effect_cents) for one in found.adjustments] == [
        (reason, account, -100)
    ]


def test_a_transfer_between_customers_adjusts_both() -> None:
    posts = (Post("DUPONT", -100), Post("MARTIN", 100, collective="411100"))
    one, other = planned(entry("OD", *posts)).adjustments
    assert (one.customer, one.reason, one.account, one.account_label) == (
        "DUPONT",
        "transfer",
        "411100",
        "Martin",
    )
    assert (other.customer, other.effect_cents) == ("MARTIN", 100)


def test_customers_whose_sale_cancels_out_are_adjusted() -> None:
    posts = (Post("DUPONT", -100), Post("707", 50), Post("MARTIN", 100), Post("708", -50))
    found = planned(entry("OD", *posts))
    assert [one.effect_cents for one in found.adjustments] == [-100, 100]


def test_entries_without_a_customer_are_left_out_compactly() -> None:
    purchase = (Post("607", 100), Post("401", -100))
    found = planned(
        entry("AC", *purchase, journal_label="Achats"),
        entry("VE", Post("DUPONT", 100), Post("707", -100)),
        entry("AC", *purchase, journal_label="Achats"),
        entry("AC", *purchase, journal_label="Achats"),
    )
    (left,) = found.not_taken_over
    assert (left.reason, left.journal_code, left.journal_label) == (NO_CUSTOMER, "AC", "Achats")
    assert (left.entry_count, left.line_count) == (3, 6)
    assert left.line_ranges == ((2, 3), (6, 9))


def test_a_customer_line_of_zero_is_left_out_with_its_reason() -> None:
    found = planned(
        entry("VE", Post("DUPONT", 100), Post("MARTIN", 0), Post("707", -100)),
        entry("VE", Post("DUPONT", 0), Post("707", 0)),
    )
    (left,) = found.not_taken_over
    assert (left.reason, left.line_ranges, left.entry_count) == (
        AMOUNT_IS_ZERO,
        ((3, 3), (5, 5)),
        2,
    )
    assert len(found.documents) == 1


def test_a_customer_is_an_auxiliary_under_whatever_account() -> None:
    found = planned(
        entry("VE", Post("DUPONT", 100), Post("707", -100)),
        entry("VE", Post("DUPONT", 50, collective="411200"), Post("707", -50)),
    )
    (customer,) = found.customers
    assert (customer.key, customer.code, customer.accounts) == (
        "DUPONT",
        "DUPONT",
        ("411000", "411200"),
    )
    assert found.balances == {"DUPONT": 150}


def test_a_customer_without_an_auxiliary_is_an_account() -> None:
    posts = (Post("411DUPONT", 100, account_label="Mme Dupont"), Post("707", -100))
    (customer,) = planned(entry("VE", *posts)).customers
    assert (customer.key, customer.name, customer.kind) == (
        "411DUPONT",
        "Mme Dupont",
        "particulier",
    )


def test_homonyms_in_different_accounts_are_different_customers() -> None:
    found = planned(
        entry("VE", Post("X01", 100, name="Dupont"), Post("707", -100)),
        entry("VE", Post("X01", 50, name="Martin", collective="411200"), Post("707", -50)),
    )
    assert {customer.key: customer.name for customer in found.customers} == {
        "411000/X01": "Dupont",
        "411200/X01": "Martin",
    }
    assert {customer.code for customer in found.customers} == {"X01"}


def test_a_customer_has_the_name_met_most_often() -> None:
    names = ("Dupond", "Dupont", "Dupont")
    found = planned(*(entry("VE", Post("D1", 100, name=name), Post("707", -100)) for name in names))
    assert found.customers[0].name == "Dupont"


@pytest.mark.parametrize(
    "name",
    ["M. Dupont", "M DUPONT", "Mme Dupont", "MME. DUPONT", "Mlle Dupont", "Monsieur Dupont",
     "M. et Mme Dupont", "M./Mme Dupont", "Dupont Mme", "CLIENTS PARTICULIERS"],
)  # fmt: skip
def test_a_title_makes_a_person(name: str) -> None:
    found = planned(entry("VE", Post("D1", 100, name=name), Post("707", -100)))
    assert found.customers[0].kind == "particulier"


@pytest.mark.parametrize(
    "name", ["Dupont", "SARL Dupont", "MMA Assurances", "SARL Madame Rêve", "Marie de la Mer"]
)
def test_without_a_title_a_customer_is_a_company(name: str) -> None:
    found = planned(entry("VE", Post("D1", 100, name=name), Post("707", -100)))
    assert found.customers[0].kind == "societe"


def test_keys_do_not_depend_on_other_lines_or_on_order() -> None:
    one = entry("VE", Post("DUPONT", 100, voucher="A"), Post("707", -100), number="7")
    twin = entry("VE", Post("DUPONT", 100, voucher="B"), Post("707", -100), number="7")
    other = entry("BQ", Post("DUPONT", -100), Post("512", 100), number="8")
    forward, backward = plan(fec(one, twin, other)), plan(fec(other, twin, one))
    assert {item.key: item.reference for item in forward.items if item.key.startswith("VE")} == {
        item.key: item.reference for item in backward.items if item.key.startswith("VE")
    }
    assert {item.key for item in forward.items} == {item.key for item in backward.items}


def test_keys_keep_their_parts_apart() -> None:
    posts = (Post("A%B", 100), Post("707", -100))
    (document,) = planned(entry("V", *posts, number="1")).documents
    assert document.key == "V|1|20250310|411000|A%25B|100|1"
