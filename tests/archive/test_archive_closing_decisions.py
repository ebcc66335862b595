"""If these failed, a period could be closed too early, twice, or past a hole."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given as for_all
from hypothesis import strategies as st

from services.archive.domain.closing import (
    Circumstances,
    ClosePeriod,
    Closing,
    DoesNotFollow,
    NothingRecorded,
    PartsOpen,
    PeriodIsClosed,
    PeriodNotOver,
    PreviousPeriodOpen,
)
from services.archive.domain.deposit import AnotherPackage, Deposit, RecordDeposit
from services.archive.domain.due import due
from services.archive.domain.period import Period
from services.archive.projections import PROJECTION
from shared.errors import NotFound
from shared.events import Event
from shared.events.archive import PackageDeposited, PeriodClosed, PeriodKind
from tests.archive.day_books import at, closed, with_other_package
from tests.given import Memory, given

FIRST = date(2026, 11, 26)
TODAY = date(2026, 11, 28)
THURSDAY = closed("2026-11-26")
FRIDAY = closed("2026-11-27", THURSDAY)
RECEIPT = PackageDeposited(
    period="2026-11-26",
    package_sha256=THURSDAY.package_sha256,
    third_party="tsa",
    kind="timestamp",
    receipt="AA==",
    certified_at=at(TODAY),
    certified_by="CN=Horodatage",
)


def books(*facts: Event) -> Memory:
    return given(PROJECTION, *facts)


def close(fact: PeriodClosed, **circumstances: Any) -> ClosePeriod:
    known: dict[str, Any] = {"today": TODAY, "first_on": FIRST}
    return ClosePeriod(closed=fact, circumstances=Circumstances(**(known | circumstances)))


def test_a_day_that_is_over_is_closed_and_the_next_one_after_it() -> None:
    books().when(close(THURSDAY)).then(THURSDAY)
    books(THURSDAY).when(close(FRIDAY)).then(FRIDAY)


def test_a_closed_period_is_closed_again_only_with_the_same_content() -> None:
    books(THURSDAY).when(close(THURSDAY)).then_nothing()
    other = with_other_package(THURSDAY)
    said = {"period": "2026-11-26", "package_sha256": THURSDAY.package_sha256}
    books(THURSDAY).when(close(other)).then_refused(PeriodIsClosed, **said)


def test_a_period_is_over_only_when_its_last_day_is() -> None:
    books().when(close(THURSDAY, today=FIRST)).then_refused(PeriodNotOver, last_on=FIRST)
    month = closed("2026-11")
    last_day = date(2026, 11, 30)
    books().when(close(month, today=last_day)).then_refused(PeriodNotOver, last_on=last_day)


def test_periods_are_closed_in_order_from_the_first_entry_on() -> None:
    books().when(close(FRIDAY)).then_refused(PreviousPeriodOpen, previous="2026-11-26")
    before = closed("2026-11-25")
    books().when(close(before)).then_refused(NothingRecorded, first_recorded_on=FIRST)
    books().when(close(before, first_on=None)).then_refused(NothingRecorded)


def test_a_month_is_closed_after_its_last_day_and_a_year_after_its_last_month() -> None:
    day, month, year = closed("2026-12-31"), closed("2026-12"), closed("2026")
    later: dict[str, Any] = {"first_on": day.first_on, "today": date(2027, 1, 1)}
    books().when(close(month, **later)).then_refused(PartsOpen, open="2026-12-31")
    books(day).when(close(month, **later)).then(month)
    books(day).when(close(year, **later)).then_refused(PartsOpen, open="2026-12")
    books(day, month).when(close(year, **later)).then(year)


def test_a_closing_begins_where_the_one_before_it_ended() -> None:
    books(THURSDAY).when(close(closed("2026-11-27"))).then_refused(DoesNotFollow, position=2)
    (stretch,) = FRIDAY.journals
    for update in (
        {"journals": (stretch.model_copy(update={"previous_hash": "e" * 64}),)},
        {"previous_sha256": "e" * 64},
    ):
        books(THURSDAY).when(close(FRIDAY.model_copy(update=update))).then_refused(DoesNotFollow)


def test_a_row_says_what_the_fact_says() -> None:
    assert books(THURSDAY).row(Closing, "2026-11-26").fact == THURSDAY


@for_all(st.lists(st.integers(-3, 8), max_size=30))
def test_in_whatever_order_closings_are_asked_for_there_is_never_a_hole(asked: list[int]) -> None:
    memory = books()
    facts: dict[date, PeriodClosed] = {}
    for offset in asked:
        day = FIRST + timedelta(days=offset)
        before = facts.get(day - timedelta(days=1))
        done = memory.when(close(closed(day.isoformat(), before), today=FIRST + timedelta(days=6)))
        if done.refusal is None and done.facts:
            facts[day] = done.only(PeriodClosed)
    kept = sorted(facts)
    assert kept == [FIRST + timedelta(days=n) for n in range(len(kept))]
    assert not kept or kept[-1] < FIRST + timedelta(days=6)
    assert [Period.read(row.period).first_on for row in memory.rows(Closing)] == kept


@for_all(st.dates(date(2024, 1, 1), date(2026, 3, 1)), st.integers(0, 70), st.integers(0, 70))
def test_all_that_is_due_can_be_closed_in_that_order(first: date, then: int, later: int) -> None:
    memory = books()
    facts: dict[tuple[str, date], PeriodClosed] = {}
    latest: dict[PeriodKind, Period] = {}
    for today in (first + timedelta(days=then), first + timedelta(days=then + later)):
        for period in due(first, today, dict(latest)):
            before = facts.get((period.kind, period.previous.first_on))
            fact = closed(period.name, before)
            memory.when(close(fact, today=today, first_on=first)).then(fact)
            facts[period.kind, period.first_on] = fact
            latest[period.kind] = period
        assert list(due(first, today, dict(latest))) == []
        for kind in ("day", "month", "year"):
            coming = latest[kind].following if kind in latest else Period.holding(kind, first)
            assert coming.last_on >= today


# ── deposits ────────────────────────────────────────────────────────────────────


def test_a_receipt_is_on_record_once_for_each_third_party() -> None:
    record = RecordDeposit(deposited=RECEIPT)
    books(THURSDAY).when(record).then(RECEIPT)
    books(THURSDAY, RECEIPT).when(record).then_nothing()
    other = RECEIPT.model_copy(update={"third_party": "coffre"})
    memory = books(THURSDAY, RECEIPT)
    memory.when(RecordDeposit(deposited=other)).then(other)
    assert [row.name for row in memory.rows(Deposit)] == ["2026-11-26@coffre", "2026-11-26@tsa"]


def test_a_receipt_is_of_the_package_that_closed_the_period() -> None:
    books().when(RecordDeposit(deposited=RECEIPT)).then_refused(NotFound)
    other = RECEIPT.model_copy(update={"package_sha256": "e" * 64})
    books(THURSDAY).when(RecordDeposit(deposited=other)).then_refused(AnotherPackage)
