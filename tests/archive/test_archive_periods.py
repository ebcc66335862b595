"""If these failed, an entry could be in two periods or in none, or a total miss some money."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.conservation.books import Books
from cli.conservation.documents import Documents
from cli.conservation.money import MoneyFacts
from services.archive.domain.period import Period
from services.archive.domain.totals import COUNTED, added, left
from shared.dates import civil_date
from shared.events.archive import JournalStretch, MoneyTotals
from shared.events.payments import AccountingExportClosed
from shared.money import Money
from shared.seal import SealedEntry
from tests import facts
from tests.archive.archive_books import rewritten
from tests.archive.day_books import at, covered, euros, sealed, unsigned

FRIDAY = date(2026, 11, 27)
PAYMENT = facts.payment("P1", "100.00")

days = st.dates(date(1990, 1, 1), date(2199, 12, 31))
names = st.sampled_from(["day", "month", "year"])


def named(day: date, kind: str) -> str:
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[kind]]


@given(days, names)
def test_a_period_is_the_one_of_its_name_and_follows_the_one_before_it(
    day: date, kind: str
) -> None:
    period = Period.read(named(day, kind))
    assert (period.kind, period.name) == (kind, named(day, kind))
    assert period.first_on <= day <= period.last_on
    assert period.previous.last_on + timedelta(days=1) == period.first_on
    assert period.previous == Period.read(named(period.previous.last_on, kind))


@given(days, names)
def test_the_last_part_of_a_period_ends_with_it(day: date, kind: str) -> None:
    period = Period.read(named(day, kind))
    part = period.last_part
    assert (part is None) == (kind == "day")
    if part:
        assert part.last_on == period.last_on
        assert part.first_on >= period.first_on


@pytest.mark.parametrize("name", ["2026-13", "2026-00", "2026-02-29", "2026-11-31"])
def test_there_is_no_period_that_the_calendar_does_not_have(name: str) -> None:
    with pytest.raises(ValueError, match=r"must be in|out of range"):
        Period.read(name)


# ── stretches ───────────────────────────────────────────────────────────────────


@given(st.lists(st.integers(0, 4 * 24 * 60), max_size=12))
def test_stretches_tile_a_journal_whatever_its_clock_said(minutes: list[int]) -> None:
    """Clocks may go back: what was recorded late falls into the next day, never into none."""
    begins = at(FRIDAY - timedelta(days=3), 0)
    rows = sealed((begins + timedelta(minutes=m), PAYMENT) for m in minutes)
    before: JournalStretch | None = None
    taken: list[SealedEntry] = []
    for count in range(6):
        day = FRIDAY - timedelta(days=3 - count)
        stretch, part, _ = covered(rows, day, before)
        assert stretch.flaw is None
        for row in part:
            assert civil_date(begins + timedelta(minutes=minutes[row.position - 1])) <= day
        before = stretch.covered()
        taken += part
        again, same, _ = covered(taken, before.to_position)
        assert (again.flaw, same) == (None, taken)
    assert taken == rows


def test_a_day_ends_at_midnight_in_france() -> None:
    before_midnight = datetime(2026, 11, 27, 22, 59, 59, 999_999, UTC)
    rows = sealed([(before_midnight, PAYMENT), (before_midnight + timedelta(seconds=1), PAYMENT)])
    _, taken, _ = covered(rows, FRIDAY)
    assert taken == rows[:1]


def test_what_follows_says_that_a_stretch_is_complete() -> None:
    rows = sealed([(at(FRIDAY), PAYMENT), (at(FRIDAY + timedelta(days=1)), PAYMENT)])
    assert covered(rows, FRIDAY)[0].ended
    assert not covered(rows[:1], FRIDAY)[0].ended


def test_nothing_altered_is_taken_into_a_period() -> None:
    rows = sealed((at(FRIDAY, 9, minute), PAYMENT) for minute in range(4))
    for bad, flaw in (
        ([rows[0], *altered_at(rows, 2)], (2, "altered")),
        ([rows[0], rows[2]], (2, "missing")),
        ([*rows[:3], unsigned(rows[3])], (4, "unsigned")),
        (rewritten(rows, 3), (4, "unsigned")),
    ):
        found = covered(bad, FRIDAY)[0].flaw
        assert found
        assert (found.position, found.flaw) == flaw
    cut = covered(rows[:3], 4)[0].flaw
    assert cut
    assert (cut.position, cut.flaw) == (4, "cut")


def altered_at(rows: list[SealedEntry], position: int) -> list[SealedEntry]:
    return [
        SealedEntry(r.ledger, r.position, r.sealed.replace(b"anna", b"emma"), r.hash, r.signature)
        if r.position == position
        else r
        for r in rows[1:]
    ]


# ── totals ──────────────────────────────────────────────────────────────────────


def test_totals_keep_apart_what_came_and_what_was_taken_back() -> None:
    second, third = facts.payment("P2", "30.00"), facts.payment("P3", "5.00")
    pounds = facts.payment("P4", "7.00")
    pounds = pounds.model_copy(update={"amount": Money(700, "GBP")})
    happened = [PAYMENT, second, third, pounds, facts.reversal(second), facts.bounce(third)]
    happened.append(facts.refund("R1", "12.00"))
    _, _, totals = covered(sealed((at(FRIDAY), fact) for fact in happened), FRIDAY)
    ours = euros(received="135.00", reversed="30.00", returned="5.00", refunded="12.00")
    nothing = {name: Money(0, "GBP") for name in MoneyTotals.model_fields}
    theirs = MoneyTotals(**(nothing | {"received": Money(700, "GBP")}))
    assert totals == (ours, theirs)
    assert left(ours) == Money(8_800)
    assert added(totals, totals)[0].received == Money(27_000)
    assert added() == ()


PAID = [
    facts.refund("R1", "12.00"),
    facts.refund("R2", "40.00", role="supplier"),
    facts.refund("R3", "8.00", role="employee"),
    facts.refund_reversal(facts.refund("R3", "8.00", role="employee")),
]


def test_what_is_paid_for_purchases_is_no_refund_to_a_customer() -> None:
    _, _, (totals,) = covered(sealed((at(FRIDAY), fact) for fact in PAID), FRIDAY)
    assert totals == euros(refunded="12.00", spent="48.00", spent_reversed="8.00")
    assert left(totals) == Money(-5_200)


def test_totals_of_the_first_format_stay_as_they_were() -> None:
    rows = sealed((at(FRIDAY), fact) for fact in PAID)
    _, _, old = covered(rows, FRIDAY, package_format="acquit-archive-1")
    (only,) = old
    assert (only.refunded, only.refunds_reversed) == (Money(6_000), Money(800))
    assert (only.spent, only.spent_reversed) == (None, None)
    assert left(only) == Money(-5_200)
    assert added(old, package_format="acquit-archive-1") == old
    (goes_on,) = added(old, (euros(spent="1.00"),))
    assert (goes_on.refunded, goes_on.spent) == (Money(6_000), Money(100))


def test_every_fact_that_moves_money_is_counted() -> None:
    """What the proof of conservation takes for money that moved, closings count."""
    books = Books()
    known: dict[Any, object] = {**MoneyFacts(books, Documents(books, ())).handlers()}
    known.pop(AccountingExportClosed)
    assert {kind.type for kind in known} == set(COUNTED)
