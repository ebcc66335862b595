"""What is due: the periods that are over and open, in the order in which they can be closed."""

from collections.abc import Iterator, Mapping
from datetime import date

from services.archive.domain.period import Period
from shared.events.archive import PeriodKind

_LARGEST_FIRST: tuple[PeriodKind, ...] = ("year", "month", "day")


def due(first_on: date, today: date, closed: Mapping[PeriodKind, Period]) -> Iterator[Period]:
    """Yield every period to close before today, each month right after its last day.

    `closed` holds the latest closed period of each kind, `first_on` is the day of the ledger's
    first entry.

    >>> last = {"day": Period.read("2025-12-30")}
    >>> [p.name for p in due(date(2025, 12, 30), date(2026, 1, 2), last)]
    ['2025-12-31', '2025-12', '2025', '2026-01-01']
    """
    coming = {
        kind: closed[kind].following if kind in closed else Period.holding(kind, first_on)
        for kind in _LARGEST_FIRST
    }

    def is_due(period: Period) -> bool:
        part = period.last_part
        return period.last_on < today and (
            part is None or coming[part.kind].first_on > part.last_on
        )

    while found := next(filter(is_due, map(coming.__getitem__, _LARGEST_FIRST)), None):
        yield found
        coming[found.kind] = found.following
