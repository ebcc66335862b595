"""Periods: a civil day, a month or a year, named as ISO 8601 writes it."""

from dataclasses import dataclass
from datetime import date, timedelta

from shared.events.archive import PeriodKind

PATTERN = r"[12][0-9]{3}(-[0-9]{2}){0,2}"
_KINDS: tuple[PeriodKind, ...] = ("year", "month", "day")


@dataclass(frozen=True, slots=True)
class Period:
    """A period; `last_on` belongs to it."""

    kind: PeriodKind
    first_on: date
    last_on: date

    @classmethod
    def read(cls, name: str) -> "Period":
        """Read a period's name; raise ValueError if the calendar has none of that name.

        >>> Period.read("2024-02").last_on
        datetime.date(2024, 2, 29)
        """
        year, *smaller = map(int, name.split("-"))
        kind = _KINDS[len(smaller)]
        first_on = date(year, *[*smaller, 1, 1][:2])
        return cls(kind, first_on, _last(kind, first_on))

    @classmethod
    def holding(cls, kind: PeriodKind, day: date) -> "Period":
        """Return the period of a kind that a day is in."""
        if kind == "year":
            first_on = day.replace(month=1, day=1)
        else:
            first_on = day.replace(day=1) if kind == "month" else day
        return cls(kind, first_on, _last(kind, first_on))

    @property
    def name(self) -> str:
        """Return its name.

        >>> [Period.read(name).name for name in ("2026", "2026-11", "2026-11-27")]
        ['2026', '2026-11', '2026-11-27']
        """
        return self.first_on.isoformat()[: {"year": 4, "month": 7, "day": 10}[self.kind]]

    @property
    def previous(self) -> "Period":
        """Return the period of the same kind before it.

        >>> Period.read("2026-01").previous.name
        '2025-12'
        """
        return self.holding(self.kind, self.first_on - timedelta(days=1))

    @property
    def following(self) -> "Period":
        """Return the period of the same kind after it.

        >>> Period.read("2025").following.name
        '2026'
        """
        return self.holding(self.kind, self.last_on + timedelta(days=1))

    @property
    def last_part(self) -> "Period | None":
        """Return the last day of a month, the last month of a year; a day has no parts.

        >>> last = Period.read("2026").last_part
        >>> last.name, last.last_part.name
        ('2026-12', '2026-12-31')
        """
        if self.kind == "day":
            return None
        return self.holding("month" if self.kind == "year" else "day", self.last_on)


def _last(kind: PeriodKind, first_on: date) -> date:
    if kind == "year":
        return first_on.replace(month=12, day=31)
    if kind == "day":
        return first_on
    return (first_on + timedelta(days=31)).replace(day=1) - timedelta(days=1)
