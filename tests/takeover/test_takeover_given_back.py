"""Money that goes back: refunds, and payments taken back."""

from datetime import date

import pytest

from cli.takeover import Plan
from tests.takeover.small_books import Post, entry, planned

EARLY, LATER, LATEST = date(2025, 3, 1), date(2025, 3, 15), date(2025, 3, 30)


def test_a_debit_against_a_bank_is_a_refund() -> None:
    posts = (Post("DUPONT", 5000), Post("512", -5000))
    (refund,) = planned(entry("BQ", *posts, label="VIR REMBT DUPONT")).refunds
    assert (refund.customer, refund.amount_cents, refund.effect_cents) == ("DUPONT", 5000, 5000)
    assert (refund.method, refund.bank_account, refund.payee) == ("transfer", "512", "Dupont")
    assert not refund.looks_returned


def in_and_out(out_label: str, *, code_in: str = "", code_out: str = "", **out: int) -> Plan:
    cents = out.get("cents", 5000)
    return planned(
        entry("VE", Post("DUPONT", 5000, code="AA"), Post("707", -5000), on=EARLY),
        entry("BQ", Post("DUPONT", -5000, code=code_in), Post("512", 5000), on=EARLY, label="CHQ"),
        entry("BQ", Post("DUPONT", -5000, code=code_in), Post("512", 5000), on=LATER, label="CHQ"),
        entry(
            "BQ",
            Post("DUPONT", cents, code=code_out),
            Post("512", -cents),
            on=LATEST,
            label=out_label,
        ),
    )


@pytest.mark.parametrize(
    ("label", "cause"),
    [
        ("CHQ IMPAYE DUPONT", "returned"),
        ("Chèque impayé", "returned"),
        ("REJET PRLV AM04", "returned"),
        ("RETOUR CHQ SANS PROVISION", "returned"),
        ("EXTOURNE CHQ", "reversed"),
        ("Annulation règlement", "reversed"),
        ("Contre-passation", "reversed"),
        ("ERREUR DE SAISIE", "reversed"),
    ],
)
def test_words_tell_that_the_latest_payment_is_taken_back(label: str, cause: str) -> None:
    found = in_and_out(label)
    (back,) = found.returned_payments
    assert back.payment_key == found.payments[1].key
    assert (back.cause, back.amount_cents, back.returned_on) == (cause, 5000, LATEST)
    assert back.effect_cents == 5000
    assert found.refunds == ()


def test_a_negative_credit_takes_a_payment_back() -> None:
    plain = entry("BQ", Post("DUPONT", -5000), Post("512", 5000), on=EARLY, label="VIR")
    undone = (Post("DUPONT", 5000, negative=True), Post("512", -5000, negative=True))
    (back,) = planned(plain, entry("BQ", *undone, on=LATER, label="VIR")).returned_payments
    assert back.cause == "reversed"


def test_a_mirror_in_the_same_group_is_a_return_without_words() -> None:
    found = planned(
        entry("BQ", Post("DUPONT", -5000, code="AB"), Post("512", 5000), on=EARLY),
        entry("BQ", Post("DUPONT", -5000), Post("512", 5000), on=EARLY),
        entry("BQ", Post("DUPONT", 5000, code="AB"), Post("512", -5000), on=LATER),
    )
    assert found.returned_payments[0].payment_key == found.payments[0].key


def test_a_mirror_without_words_or_group_is_a_refund() -> None:
    assert len(in_and_out("DUPONT").refunds) == 1


def test_words_of_refund_make_a_refund_even_in_the_same_group() -> None:
    found = planned(
        entry("BQ", Post("DUPONT", -5000, code="AB"), Post("512", 5000), on=EARLY),
        entry("BQ", Post("DUPONT", 5000, code="AB"), Post("512", -5000), on=LATER, label="RBT"),
    )
    assert (len(found.refunds), len(found.returned_payments)) == (1, 0)


def test_a_return_never_tears_a_whole_group_of_the_file_apart() -> None:
    found = planned(
        entry("VE", Post("DUPONT", 5000, code="AA"), Post("707", -5000), on=EARLY),
        entry("BQ", Post("DUPONT", -5000, code="AA"), Post("512", 5000), on=EARLY),
        entry("BQ", Post("DUPONT", 5000), Post("512", -5000), on=LATER, label="CHQ IMPAYE"),
    )
    (refund,) = found.refunds
    assert refund.looks_returned
    assert found.returned_payments == ()


def test_a_return_of_another_amount_or_before_the_payment_is_a_refund_that_looks_returned() -> None:
    assert in_and_out("CHQ IMPAYE", cents=5100).refunds[0].looks_returned
    found = planned(
        entry("BQ", Post("DUPONT", 5000), Post("512", -5000), on=EARLY, label="REJET PRLV"),
        entry("BQ", Post("DUPONT", -5000), Post("512", 5000), on=LATER),
    )
    assert found.refunds[0].looks_returned


def test_a_payment_is_taken_back_once() -> None:
    out = [
        entry("BQ", Post("DUPONT", 5000), Post("512", -5000), on=on, label="CHQ IMPAYE")
        for on in (LATER, LATEST)
    ]
    found = planned(
        entry("BQ", Post("DUPONT", -5000), Post("512", 5000), on=EARLY, label="CHQ"), *out
    )
    assert (len(found.returned_payments), len(found.refunds)) == (1, 1)


def test_the_fees_of_a_return_charged_to_the_company_stay_with_the_company() -> None:
    found = planned(
        entry("BQ", Post("DUPONT", -5000), Post("512", 5000), on=EARLY),
        entry(
            "BQ",
            Post("DUPONT", 5000),
            Post("627", 15),
            Post("512", -5015),
            on=LATER,
            label="IMPAYE",
        ),
    )
    assert found.returned_payments[0].amount_cents == 5000


def test_the_fees_of_a_return_charged_to_the_customer_are_an_invoice_of_their_own() -> None:
    found = planned(
        entry("BQ", Post("DUPONT", 5015), Post("708", -15), Post("512", -5000), label="IMPAYE"),
    )
    assert sum(item.effect_cents for item in found.items) == 5015
