"""Two clocks that never mix: civil dates of the world, UTC instants of the record.

A payment is received *on* a civil date (France's calendar by default); it is recorded
*at* an instant, given by the journal's writer and written with microseconds and `Z`.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainSerializer

_PARIS = ZoneInfo("Europe/Paris")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def now() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC)


def civil_date(instant: datetime) -> date:
    """Return the calendar day of an instant in France.

    >>> civil_date(datetime(2025, 8, 17, 23, 30, tzinfo=UTC))
    datetime.date(2025, 8, 18)
    """
    return instant.astimezone(_PARIS).date()


def civil_day(instant: datetime) -> tuple[datetime, datetime]:
    """Return when the calendar day of an instant in France begins, and when it ends.

    >>> begins, ends = civil_day(datetime(2025, 10, 26, 12, tzinfo=UTC))
    >>> ends - begins
    datetime.timedelta(days=1, seconds=3600)
    """
    day = civil_date(instant)
    begins, ends = (
        datetime.combine(midnight, time.min, _PARIS).astimezone(UTC)
        for midnight in (day, day + timedelta(days=1))
    )
    return begins, ends


@lru_cache(maxsize=256)
def instant_text(instant: datetime) -> str:
    """Write an instant with fixed precision, so that the same instant is the same text.

    >>> instant_text(datetime(2025, 8, 18, 9, 5, tzinfo=UTC))
    '2025-08-18T09:05:00.000000Z'
    """
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _only_iso(value: object) -> object:
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return date.fromisoformat(value)
    if type(value) is date:
        return value
    raise ValueError("a date is written YYYY-MM-DD")


IsoDate = Annotated[date, BeforeValidator(_only_iso)]
"""A civil date at a boundary: `YYYY-MM-DD` and nothing else, so `0` is not 1970."""

Instant = Annotated[datetime, PlainSerializer(instant_text, return_type=str)]
"""An instant in a fact: serialised in UTC with microseconds and `Z`."""
