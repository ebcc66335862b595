"""Closings (clôtures): a period is closed once, when it is over, after the one before it (S2-07).

The invariant: the closings of one kind follow one another without a hole, from the period of
the ledger's first entry on, and each begins where the one before it ended. A month is closed
with its last day and ends where that day ends, a year with its last month.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.archive.domain.period import Period
from shared.decider import Need, Picture, Row, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.archive import PeriodClosed

# ── remembered ──────────────────────────────────────────────────────────────────


class Closing(Row, frozen=True):
    """A period that is closed: what the fact says, and where it stands in our journal."""

    key = "period"

    period: str
    kind: str
    first_on: date
    last_on: date
    journals: tuple[Any, ...]
    totals: tuple[Any, ...]
    year_totals: tuple[Any, ...]
    perpetual_totals: tuple[Any, ...]
    previous_period: str | None
    previous_sha256: str | None
    package_sha256: str
    package_bytes: int
    closed_at: datetime
    closed_by: str
    position: int
    package_format: str = "acquit-archive-1"

    @property
    def fact(self) -> PeriodClosed:
        """Return the fact that closed it."""
        said = {name: getattr(self, name) for name in PeriodClosed.model_fields}
        return PeriodClosed.model_validate(said)


# ── refused ─────────────────────────────────────────────────────────────────────


class PeriodNotOver(Refusal):
    """A period is closed once its last day is over in France; this one is not."""


class NothingRecorded(Refusal):
    """Nothing was recorded in this ledger before the end of the period."""


class PreviousPeriodOpen(Refusal):
    """Periods are closed one after the other, and the one before this is open."""


class PartsOpen(Refusal):
    """A month is closed after its days and a year after its months; the last of them is open."""


class PeriodIsClosed(Refusal):
    """The period is closed, with other content than this."""


class DoesNotFollow(Refusal):
    """The closing does not begin where the one before it ended."""


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What decides whether a period may be closed, beside the closings that there are."""

    today: date  # in France
    first_on: date | None  # when the first entry of the ledger was recorded


def refuse_unless_due(
    period: Period,
    circumstances: Circumstances,
    *,
    previous: Closing | None,
    last_part: Closing | None,
) -> None:
    """Raise the refusal of a period that may not be closed now."""
    first_on = circumstances.first_on
    if period.last_on >= circumstances.today:
        raise PeriodNotOver(period=period.name, last_on=period.last_on)
    if first_on is None or period.last_on < first_on:
        raise NothingRecorded(period=period.name, first_recorded_on=first_on)
    before, part = period.previous, period.last_part
    if previous is None and before.last_on >= first_on:
        raise PreviousPeriodOpen(period=period.name, previous=before.name)
    if part and last_part is None:
        raise PartsOpen(period=period.name, open=part.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePeriod:
    """Close a period with the content that its package has."""

    closed: PeriodClosed
    circumstances: Circumstances

    @property
    def _period(self) -> Period:
        return Period.read(self.closed.period)

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the closing itself, the one before it and the one of its last part."""
        yield one(Closing, self.closed.period)
        yield one(Closing, self._period.previous.name)
        if part := self._period.last_part:
            yield one(Closing, part.name)

    def decide(self, picture: Picture) -> list[Event]:
        """Close it unless it is closed with this very content."""
        if found := picture.find(Closing, self.closed.period):
            if found.package_sha256 != self.closed.package_sha256:
                raise PeriodIsClosed(period=found.period, package_sha256=found.package_sha256)
            return []
        previous = picture.find(Closing, self._period.previous.name)
        part = self._period.last_part
        last_part = picture.find(Closing, part.name) if part else None
        refuse_unless_due(self._period, self.circumstances, previous=previous, last_part=last_part)
        self._refuse_unless_following(previous.fact if previous else None)
        return [self.closed]

    def _refuse_unless_following(self, previous: PeriodClosed | None) -> None:
        ended = {s.service: s for s in previous.journals} if previous else {}
        for stretch in self.closed.journals:
            before = ended.get(stretch.service)
            begins = before.to_position + 1 if before else 1
            if stretch.from_position != begins or (
                before and stretch.previous_hash != before.head_hash
            ):
                raise DoesNotFollow(service=stretch.service, position=begins)
        if previous and self.closed.previous_sha256 != previous.package_sha256:
            raise DoesNotFollow(previous_sha256=previous.package_sha256)
