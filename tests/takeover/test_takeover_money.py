"""Money that comes in: payments, and where it was put."""

from datetime import date

import pytest

from cli.takeover import Plan, plan
from tests.takeover.small_books import Post, entry, fec, planned, with_method

EARLY = date(2025, 3, 1)


def received(cents: int, label: str = "VIR DUPONT", *, code: str = "", on: date = EARLY) -> Plan:
    return planned(
        entry("BQ", Post("DUPONT", -cents, code=code), Post("512", cents), on=on, label=label)
    )


def test_a_credit_against_a_bank_is_a_payment() -> None:
    (payment,) = received(12000).payments
    assert (payment.customer, payment.amount_cents, payment.received_on) == ("DUPONT", 12000, EARLY)
    assert (payment.method, payment.bank_account) == ("transfer", "512")
    assert (payment.reference, payment.payer, payment.label) == ("P1", "Dupont", "VIR DUPONT")
    assert (payment.effect_cents, payment.lines) == (-12000, (2,))


@pytest.mark.parametrize(
    ("label", "account", "method"),
    [
        ("VIR SEPA DUPONT", "512", "transfer"),
        ("Règlement FA12", "512", "transfer"),
        ("CHQ 0001234", "512", "cheque"),
        ("Remise de chèques n° 12", "512", "cheque"),
        ("Chèque Dupont", "512", "cheque"),
        ("Dupont", "511200", "cheque"),
        ("Dupont", "511500", "card"),
        ("REMISE CB 12/03", "512", "card"),
        ("Carte bancaire", "512", "card"),
        ("PRLV SEPA DUPONT", "512", "direct-debit"),
        ("Prélèvement mensuel", "512", "direct-debit"),
        ("Espèces", "512", "cash"),
        ("Dupont", "530", "cash"),
        ("CHQ DUPONT", "530", "cash"),
    ],
)
def test_the_method_is_told_by_account_and_words(label: str, account: str, method: str) -> None:
    posts = (Post("DUPONT", -100), Post(account, 100))
    (payment,) = planned(entry("BQ", *posts, label=label)).payments
    assert payment.method == method


def test_a_bank_called_postal_cheques_does_not_make_cheques() -> None:
    posts = (Post("DUPONT", -100), Post("514", 100, account_label="Chèques postaux"))
    assert planned(entry("BQ", *posts)).payments[0].method == "transfer"


def test_the_words_of_the_journal_are_heard_last() -> None:
    posts = (Post("DUPONT", -100), Post("512", 100))
    journal_label = "Remises de chèques"
    assert planned(entry("BQ", *posts, journal_label=journal_label)).payments[0].method == "cheque"
    posts = (Post("DUPONT", -100, label="VIR"), Post("512", 100))
    assert (
        planned(entry("BQ", *posts, journal_label=journal_label)).payments[0].method == "transfer"
    )


def test_the_method_column_of_treasury_accounting_is_heard_first() -> None:
    file = fec(entry("BQ", Post("DUPONT", -100, label="VIR"), Post("512", 100)))
    assert plan(with_method(file, "CHQ")).payments[0].method == "cheque"


def test_one_bank_line_for_several_customers_is_several_payments() -> None:
    posts = (Post("512", 300), Post("DUPONT", -100), Post("MARTIN", -200))
    payments = planned(entry("BQ", *posts)).payments
    assert [(one.customer, one.amount_cents) for one in payments] == [
        ("DUPONT", 100),
        ("MARTIN", 200),
    ]


def test_several_banks_in_one_entry_each_get_their_payment() -> None:
    posts = (Post("512", 100), Post("530", 250), Post("MARTIN", -250), Post("DUPONT", -100))
    payments = planned(entry("BQ", *posts)).payments
    assert {one.customer: one.bank_account for one in payments} == {
        "DUPONT": "512",
        "MARTIN": "530",
    }


def test_the_bank_with_most_left_is_chosen_where_no_amount_is_equal() -> None:
    posts = (Post("512", 100), Post("530", 250), Post("MARTIN", -200), Post("DUPONT", -150))
    payments = planned(entry("BQ", *posts)).payments
    assert {one.customer: one.bank_account for one in payments} == {
        "DUPONT": "512",
        "MARTIN": "530",
    }


def test_a_month_under_one_number_is_cut_into_its_payments() -> None:
    posts = (
        Post("512", 100),
        Post("DUPONT", -100),
        Post("401", 50),
        Post("512", -50),
        Post("MARTIN", -200),
        Post("530", 200),
    )
    payments = planned(entry("BQ", *posts)).payments
    assert [(one.customer, one.bank_account) for one in payments] == [
        ("DUPONT", "512"),
        ("MARTIN", "530"),
    ]


def test_fees_kept_by_the_bank_were_paid_by_the_customer() -> None:
    posts = (Post("512", 9700), Post("627", 250), Post("44566", 50), Post("DUPONT", -10000))
    plan_ = planned(entry("BQ", *posts))
    assert [one.amount_cents for one in plan_.payments] == [10000]
    assert plan_.write_offs == ()


def test_vat_due_on_payment_changes_nothing_for_the_customer() -> None:
    posts = (Post("512", 12000), Post("DUPONT", -12000), Post("44587", 2000), Post("44571", -2000))
    (payment,) = planned(entry("BQ", *posts)).payments
    assert payment.amount_cents == 12000
    mixed = (Post("512", 12000), Post("44587", 2000), Post("DUPONT", -12000), Post("44571", -2000))
    (payment,) = planned(entry("BQ", *mixed)).payments
    assert payment.amount_cents == 12000


def test_a_discount_in_the_same_entry_is_a_write_off_beside_the_payment() -> None:
    posts = (Post("512", 9760), Post("665", 200), Post("44571", 40), Post("DUPONT", -10000))
    found = planned(entry("BQ", *posts))
    (payment,), (discount,) = found.payments, found.write_offs
    assert (payment.amount_cents, discount.amount_cents) == (9760, 240)
    assert (discount.side, discount.reason, discount.account) == ("credit", "discount", "665")
    assert payment.lines == discount.lines
    assert payment.key != discount.key
    assert found.balances == {"DUPONT": -10000}


def test_a_gain_in_the_same_entry_adds_to_the_payment() -> None:
    posts = (Post("512", 10002), Post("758", -2), Post("DUPONT", -10000))
    found = planned(entry("BQ", *posts))
    assert found.payments[0].amount_cents == 10002
    assert (found.write_offs[0].side, found.write_offs[0].amount_cents) == ("debit", 2)


def test_a_customer_who_pays_half_in_cash_makes_two_payments() -> None:
    posts = (Post("512", 60), Post("530", 40), Post("DUPONT", -100))
    payments = planned(entry("BQ", *posts)).payments
    assert {one.bank_account: one.amount_cents for one in payments} == {"512": 60, "530": 40}
    assert len({one.key for one in payments}) == 2


def test_a_till_with_sales_and_a_customer_on_account_invoices_their_share() -> None:
    posts = (
        Post("530", 9000),
        Post("DUPONT", 3000),
        Post("707", -10000),
        Post("44571", -2000),
    )
    (invoice,) = planned(entry("CA", *posts)).documents
    assert (invoice.total_cents, invoice.share_of_cents) == (3000, 12000)
    assert [(line.rate, line.net_cents, line.vat_cents) for line in invoice.vat_lines] == [
        ("20", 2500, 500)
    ]


def test_a_sale_paid_in_its_own_entry_is_an_invoice_and_a_payment() -> None:
    posts = (
        Post("DUPONT", 12000),
        Post("707", -10000),
        Post("530", 12000),
        Post("44571", -2000),
        Post("DUPONT", -12000),
    )
    found = planned(entry("CA", *posts))
    assert [one.total_cents for one in found.documents] == [12000]
    assert [one.amount_cents for one in found.payments] == [12000]
    assert found.balances == {"DUPONT": 0}


def test_a_credit_that_no_money_came_for_is_an_adjustment_beside_money() -> None:
    posts = (Post("DUPONT", -100), Post("401", 150), Post("512", -50))
    found = planned(entry("OD", *posts))
    assert found.payments == ()
    assert (found.adjustments[0].account, found.adjustments[0].reason) == ("401", "supplier")


def test_bank_accounts_have_the_code_of_the_journal_that_uses_them_most() -> None:
    found = planned(
        entry("B1", Post("5121", 100, account_label="Banque Un"), Post("DUPONT", -100)),
        entry("B1", Post("5121", 100), Post("DUPONT", -100)),
        entry("B1", Post("5122", 100, account_label="Banque Deux"), Post("5121", -100)),
        entry("CA", Post("530", 100, account_label="Caisse"), Post("5122", -100)),
    )
    assert [(one.account, one.code, one.name) for one in found.bank_accounts] == [
        ("5121", "B1", "Banque Un"),
        ("5122", "5122", "Banque Deux"),
        ("530", "CA", "Caisse"),
    ]
