"""What would be lost if these failed: the day a payment counts for, or the order of facts."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.dates import Instant, IsoDate, civil_date, civil_day, instant_text, now

dates = TypeAdapter(IsoDate)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=offsets,
)


@given(st.dates())
def test_a_date_is_written_and_read_year_month_day(day: date) -> None:
    assert dates.validate_python(day.isoformat()) == day
    assert dates.validate_json(dates.dump_json(day)) == day


@pytest.mark.parametrize(
    "value",
    [
        0,
        1_723_939_200,
        True,
        None,
        "",
        "0",
        "20250818",
        "2025-8-18",
        "18/08/2025",
        "2025-08-18T00:00:00",
        "2025-08-32",
        "2025-02-29",
        "2025-W33-1",
        "2025-230",
        " 025-08-18",
        "2025-08-1 ",
        "\uff12025-08-18",
        datetime(2025, 8, 18, tzinfo=UTC),
    ],
)
def test_anything_else_is_no_date(value: object) -> None:
    with pytest.raises(ValidationError):
        dates.validate_python(value)


def test_a_date_taken_from_a_program_stays_as_it_is() -> None:
    assert dates.validate_python(date(2025, 8, 18)) == date(2025, 8, 18)


@given(instants)
def test_the_same_instant_is_the_same_text_wherever_the_clock_stands(instant: datetime) -> None:
    text = instant_text(instant)
    assert text == instant_text(instant.astimezone(UTC))
    assert datetime.fromisoformat(text) == instant


@given(instants, instants)
def test_texts_sort_as_the_instants_do(one: datetime, other: datetime) -> None:
    assert (instant_text(one) < instant_text(other)) == (one < other)


def test_a_fact_carries_its_instants_in_utc_to_the_microsecond() -> None:
    class Stamped(BaseModel):
        at: Instant

    summer = timezone(timedelta(hours=2))
    stamped = Stamped(at=datetime(2025, 8, 18, 9, 5, tzinfo=summer))
    assert stamped.model_dump(mode="json") == {"at": "2025-08-18T07:05:00.000000Z"}


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2025, 8, 17, 21, 59, tzinfo=UTC), date(2025, 8, 17)),
        (datetime(2025, 8, 17, 22, 0, tzinfo=UTC), date(2025, 8, 18)),
        (datetime(2025, 12, 31, 22, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 23, 0, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_the_civil_day_is_the_one_on_a_wall_in_france(instant: datetime, day: date) -> None:
    assert civil_date(instant) == day


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds of them
def test_a_civil_day_holds_the_instants_of_its_date_and_no_others(instant: datetime) -> None:
    begins, ends = civil_day(instant)
    assert begins <= instant < ends
    moment = timedelta(microseconds=1)
    assert civil_date(begins) == civil_date(instant) == civil_date(ends - moment)
    assert civil_date(begins - moment) < civil_date(instant) < civil_date(ends)


def test_now_is_in_utc() -> None:
    assert now().tzinfo is UTC
