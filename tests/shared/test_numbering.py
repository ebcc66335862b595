"""What would be lost if these failed: numbering without a hole, without a repeat (S1-23)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.numbering import Template, TemplateError

counters = st.integers(1, 6).map(lambda n: f"{{n:{n}}}") | st.just("{n}")
letters = st.text(st.characters(codec="ascii", categories=["Lu"]), max_size=4)
calendars = st.sampled_from(["", "{yyyy}", "{yy}", "{yyyy}{mm}", "{yy}{mm}", "{yy}-{mm}-"])
templates = st.builds(
    lambda *parts: Template.parse("".join(parts)), letters, calendars, letters, counters, letters
)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
counts = st.integers(1, 10**6)


@pytest.mark.parametrize(
    ("text", "period", "number"),
    [
        ("FA{yy}{mm}-{n:4}", "FA2508-{n}", "FA2508-0007"),
        ("RC-{n:6}", "RC-{n}", "RC-000007"),
        ("{yyyy}/{n}", "2025/{n}", "2025/7"),
        ("{n:3}.{mm}.{yyyy}", "{n}.08.2025", "007.08.2025"),
    ],
)
def test_a_template_gives_period_and_number(text: str, period: str, number: str) -> None:
    template = Template.parse(text)
    assert template.period(date(2025, 8, 18)) == period
    assert template.number(date(2025, 8, 18), 7) == number


def test_a_count_that_outgrows_its_digits_is_written_in_full() -> None:
    assert Template.parse("FA{n:2}").number(date(2025, 1, 1), 1234) == "FA1234"


@given(templates, days, days, counts, counts)
def test_a_series_never_gives_a_number_twice(
    template: Template, one_day: date, other_day: date, one: int, other: int
) -> None:
    same_number = template.number(one_day, one) == template.number(other_day, other)
    same_run = template.period(one_day) == template.period(other_day)
    assert same_number == (same_run and one == other)


@given(templates, days, counts)
def test_the_period_is_the_number_without_its_count(
    template: Template, day: date, count: int
) -> None:
    before, after = template.period(day).split("{n}")
    number = template.number(day, count)
    assert number.startswith(before)
    assert number.endswith(after)
    assert int(number[len(before) : len(number) - len(after)]) == count


@given(days, counts)
def test_changing_the_digits_goes_on_in_the_same_run(day: date, count: int) -> None:
    assert Template("FA{n:4}").period(day) == Template("FA{n}").period(day)
    assert int(Template("{n:4}").number(day, count)) == int(Template("{n}").number(day, count))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "exactly one counter"),
        ("FA", "exactly one counter"),
        ("{n}{n}", "exactly one counter"),
        ("{n:0}", "exactly one counter"),
        ("{n:10}", "exactly one counter"),
        ("{N}", "exactly one counter"),
        ("{n}{dd}", "knows"),
        ("{n}{", "knows"),
        ("{n}}", "knows"),
        ("{{n}}", "knows"),
        ("{y{n}y}", "knows"),
        ("{n}{ mm }", "knows"),
        ("{mm}-{n}", "needs its year"),
        ("A" * 35 + "{n}", "at most 35"),
    ],
)
def test_a_text_that_is_no_template_is_refused_with_its_reason(text: str, complaint: str) -> None:
    with pytest.raises(TemplateError, match=complaint):
        Template.parse(text)


def test_the_longest_number_allowed_is_allowed() -> None:
    assert len(Template.parse("A" * 34 + "{n}").number(date(2025, 1, 1), 1)) == 35
