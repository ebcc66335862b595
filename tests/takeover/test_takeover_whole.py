"""Whole files: nothing is lost, nothing is counted twice, whatever the file holds."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.takeover import Document, Plan, plan
from cli.takeover.plan import contradictions
from shared.fec import Fec, read
from tests.takeover.small_books import Entry, Post, fec

REAL = Path(__file__).parents[3] / "shared/data/fec/111111111FEC20221231.TXT"
ACCOUNTS = (
    "411DURAND", "DUPONT", "MARTIN", "707000", "708500", "445710", "445800", "512000", "530000",
    "511200", "580000", "401000", "419100", "416000", "467000", "627000", "654000", "658000",
    "665000", "758000", "101000", "890000", "775000", "606000",
)  # fmt: skip
LABELS = ("", "VIR", "CHQ IMPAYE", "EXTOURNE", "REMBOURSEMENT", "A NOUVEAU", "TVA 20 %")
POSTS = st.builds(
    Post,
    who=st.sampled_from(ACCOUNTS),
    cents=st.integers(-5, 5).map(lambda euros: euros * 100) | st.integers(-100_000, 100_000),
    label=st.sampled_from(LABELS),
    code=st.sampled_from(["", "", "A", "B"]),
    matched_on=st.none() | st.just(date(2025, 6, 30)),
    negative=st.booleans(),
)


@st.composite
def files(draw: st.DrawFn) -> Fec:
    """Return a file of entries that balance and make no other sense."""
    entries = []
    for _ in range(draw(st.integers(1, 6))):
        posts = draw(st.lists(POSTS, min_size=1, max_size=6))
        closing = Post(draw(st.sampled_from(ACCOUNTS)), -sum(post.cents for post in posts))
        on = date(2025, 1, 1) + timedelta(days=draw(st.integers(0, 300)))
        journal = draw(st.sampled_from(["VE", "BQ", "AN", "OD"]))
        entries.append(Entry(journal, (*posts, closing), on))
    return fec(*entries)


def assert_nothing_is_lost(file: Fec, made: Plan) -> None:
    """Each customer line is in items that add up to it, or listed as left out; never both."""
    of_items: defaultdict[int, int] = defaultdict(int)
    for item in made.items:
        assert len(item.lines) == 1
        of_items[item.lines[0]] += item.effect_cents
    left_out = {
        line
        for left in made.not_taken_over
        for first, last in left.line_ranges
        for line in range(first, last + 1)
    }
    of_customers = [line for line in file.lines if line.account.startswith("411")]
    for line in of_customers:
        assert of_items.pop(line.number, 0) == line.cents
        assert (line.number in left_out) == (line.cents == 0)
    assert not of_items
    assert sum(made.balances.values()) == sum(line.cents for line in of_customers)


@given(files())
def test_every_customer_line_is_in_the_plan_or_left_out(file: Fec) -> None:
    assert_nothing_is_lost(file, plan(file))


@given(files())
def test_items_add_up_to_the_balance_of_each_customer(file: Fec) -> None:
    assert contradictions(plan(file)) == {}


@given(files())
def test_keys_are_unique_and_the_same_each_time(file: Fec) -> None:
    made = plan(file)
    keys = Counter(item.key for item in made.items)
    assert set(keys.values()) <= {1}
    assert plan(file) == made


@given(files())
def test_amounts_are_positive_and_documents_add_up(file: Fec) -> None:
    made = plan(file)
    for item in made.items:
        assert isinstance(item, Document) or item.amount_cents > 0
    for document in made.documents:
        nets, vats = zip(
            *((one.net_cents, one.vat_cents) for one in document.vat_lines), strict=True
        )
        assert document.total_cents == sum(nets) + sum(vats) > 0
        assert sum(line.net_cents for line in document.net_lines) == sum(nets)


@given(files())
def test_a_payment_is_taken_back_at_most_once_and_never_out_of_a_whole_group(file: Fec) -> None:
    made = plan(file)
    payments = {payment.key: payment for payment in made.payments}
    origins = [back.payment_key for back in made.returned_payments]
    assert len(set(origins)) == len(origins)
    groups = {
        key: place
        for place, group in enumerate(made.matchings)
        if group.balanced
        for key in group.item_keys
    }
    for back in made.returned_payments:
        payment = payments[back.payment_key]
        assert (payment.customer, payment.amount_cents) == (back.customer, back.amount_cents)
        assert payment.received_on <= back.returned_on
        assert groups.get(payment.key) == groups.get(back.key)


@given(files())
def test_groups_hold_the_coded_lines_of_the_file_once(file: Fec) -> None:
    coded = [
        line.number for line in file.lines if line.account.startswith("411") and line.matching_code
    ]
    grouped = [line for group in plan(file).matchings for line in group.lines]
    assert sorted(grouped) == coded


@given(files())
def test_a_whole_group_holds_items_that_cancel_out(file: Fec) -> None:
    made = plan(file)
    effects = {item.key: item.effect_cents for item in made.items}
    for group in made.matchings:
        assert sum(effects[key] for key in group.item_keys) == group.balance_cents


real = pytest.mark.skipif(not REAL.exists(), reason=f"the real file {REAL} isn't here")


@real
def test_the_real_file_is_taken_over_whole() -> None:
    file = read(REAL)
    made = plan(file)
    assert_nothing_is_lost(file, made)
    assert contradictions(made) == {}
    assert len(made.customers) == len(made.balances) == 34
    assert sum(made.balances.values()) == sum(
        line.cents for line in file.lines if line.account.startswith("411")
    )


@real
def test_the_real_file_holds_what_an_accountant_sees_in_it() -> None:
    made = plan(read(REAL))
    kinds = Counter(document.kind for document in made.documents)
    assert kinds == {"invoice": 85, "credit_note": 3}
    assert {line.rate for document in made.documents for line in document.vat_lines} == {"5.5"}
    assert (len(made.opening_balances), len(made.payments), len(made.write_offs)) == (14, 46, 3)
    assert (made.refunds, made.returned_payments, made.adjustments) == ((), (), ())
    assert {payment.bank_account for payment in made.payments} == {"51230000", "51250000"}
    assert {left.reason for left in made.not_taken_over} == {"no customer account"}


@real
def test_all_groups_of_the_real_file_are_whole() -> None:
    groups = plan(read(REAL)).matchings
    assert len(groups) == 45
    assert all(group.balanced for group in groups)
    assert sum(len(group.lines) for group in groups) == 117
