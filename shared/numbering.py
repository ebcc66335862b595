"""Numbers of documents and receipts: a template, and a counter that leaves no hole.

A template is text with `{yyyy}`, `{yy}`, `{mm}` and one `{n}` or `{n:4}` (at least so
many digits). The counter starts again at 1 whenever the text around it changes, so
`FA{yy}{mm}-{n:4}` counts by month and `RC-{n:6}` for ever (S1-23, S3-12).
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

_PLACE = re.compile(r"\{(yyyy|yy|mm|n(?::([1-9]))?)\}")
_LENGTH_MAX = 35  # an invoice identifier of EN 16931 flows (TT-91)


class TemplateError(ValueError):
    """The template is not one: it needs exactly one counter and known places only."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number about to be given, and the count of its period that it takes."""

    text: str
    period: str
    count: int


@dataclass(frozen=True, slots=True)
class Template:
    """A numbering template that was checked.

    >>> t = Template.parse("FA{yy}{mm}-{n:4}")
    >>> t.period(date(2025, 8, 18)), t.number(date(2025, 8, 18), 1)
    ('FA2508-{n}', 'FA2508-0001')
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Check a template; raise TemplateError saying what is wrong with it."""
        counters = [m for m in _PLACE.finditer(text) if m.group(1).startswith("n")]
        if len(counters) != 1:
            raise TemplateError("a template has exactly one counter: {n} or {n:4}")
        if set("{}") & set(_PLACE.sub("", text)):
            raise TemplateError("a template knows {yyyy}, {yy}, {mm} and {n:4} only")
        if "{mm}" in text and "{yy}" not in text and "{yyyy}" not in text:
            raise TemplateError("a month needs its year, or numbers would come twice")
        if len(cls(text).number(date(2025, 1, 1), 1)) > _LENGTH_MAX:
            raise TemplateError(f"a number has at most {_LENGTH_MAX} characters")
        return cls(text)

    def period(self, on: date) -> str:
        """Return the text that one run of the counter shares."""
        return _period(self.text, on.year, on.month).period

    def number(self, on: date, count: int) -> str:
        """Return the number for a date and a count."""
        filled = _period(self.text, on.year, on.month)
        return filled.before + str(count).zfill(filled.digits) + filled.after

    def numbered(self, on: date, count: int) -> Number:
        """Return what takes this count in the period of a date."""
        return Number(self.number(on, count), self.period(on), count)


class _Period(NamedTuple):
    """A template with everything filled in but the count."""

    period: str
    before: str
    digits: int
    after: str


@lru_cache(maxsize=1_000)
def _period(template: str, year: int, month: int) -> _Period:
    dates = {"yyyy": f"{year:04}", "yy": f"{year % 100:02}", "mm": f"{month:02}"}
    filled = _PLACE.sub(lambda place: dates.get(place.group(1), place.group()), template)
    counter = _PLACE.search(filled)
    assert counter, template
    before, after = filled[: counter.start()], filled[counter.end() :]
    return _Period(f"{before}{{n}}{after}", before, int(counter.group(2) or 1), after)
