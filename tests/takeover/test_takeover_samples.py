"""The demo's year: the same bytes each time, in good order, and with every case it promises."""

from collections import Counter
from itertools import pairwise

import pytest

from cli.takeover import Plan, plan
from cli.takeover.plan import contradictions
from samples.generate import PATH, generate
from shared.fec import Fec, check, read


@pytest.fixture(scope="module")
def file() -> Fec:
    return read(PATH)


@pytest.fixture(scope="module")
def made(file: Fec) -> Plan:
    return plan(file)


def test_generating_gives_the_committed_bytes() -> None:
    assert generate() == PATH.read_bytes(), "run `python -m samples.generate` and commit its file"


def test_the_file_has_nothing_to_remark() -> None:
    assert check(read(PATH)) == []


def test_the_file_is_small_enough_to_keep() -> None:
    assert PATH.stat().st_size < 600_000


def test_the_year_is_large_enough_to_show(made: Plan) -> None:
    kinds = Counter(document.kind for document in made.documents)
    assert kinds["invoice"] >= 500
    assert kinds["credit_note"] >= 2
    assert Counter(customer.kind for customer in made.customers) == {
        "societe": 42,
        "particulier": 20,
    }
    assert {line.rate for document in made.documents for line in document.vat_lines} == {
        "20",
        "10",
        "5.5",
    }
    assert {payment.received_on.month for payment in made.payments} == set(range(1, 13))
    assert {payment.method for payment in made.payments} == {
        "cash",
        "cheque",
        "card",
        "direct-debit",
        "transfer",
    }


def test_invoices_are_numbered_in_the_order_of_their_dates(made: Plan) -> None:
    for kind in ("invoice", "credit_note"):
        numbered = sorted(
            (document.reference[-4:], document.issued_on)
            for document in made.documents
            if document.kind == kind
        )
        assert all(one[1] <= other[1] for one, other in pairwise(numbered))


def test_every_episode_is_told(made: Plan) -> None:
    assert Counter(back.cause for back in made.returned_payments) == {"returned": 2, "reversed": 1}
    assert {refund.bank_account for refund in made.refunds} == {"512100", "530000"}
    assert {one.reason for one in made.write_offs} == {"difference", "discount", "bad-debt"}
    assert 250 in {one.amount_cents for one in made.write_offs}
    assert {one.side for one in made.opening_balances} == {"debit", "credit"}
    slips = Counter(payment.reference for payment in made.payments)
    assert 3 in slips.values()


def test_payments_are_partial_and_for_several_invoices(made: Plan) -> None:
    invoices = {document.key for document in made.documents}
    payments = {payment.key for payment in made.payments}
    shapes = Counter(
        (
            sum(key in invoices for key in group.item_keys) > 1,
            sum(key in payments for key in group.item_keys) > 1,
        )
        for group in made.matchings
    )
    assert shapes[True, False] >= 10
    assert shapes[False, True] >= 10


def test_the_plan_is_true_to_the_file(made: Plan) -> None:
    assert contradictions(made) == {}
    assert all(group.balanced for group in made.matchings)
    assert any(made.balances.values())
    assert all(line.gap_cents == 0 for document in made.documents for line in document.vat_lines)


def test_purchases_and_wages_are_left_out(made: Plan) -> None:
    assert {left.journal_code for left in made.not_taken_over} == {
        "AC",
        "BQ1",
        "BQ2",
        "CAISSE",
        "OD",
    }
