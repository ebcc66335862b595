"""Closing a period: read what it covers, write its package, and say what the fact will say.

The invariant: what is sealed was checked. Each entry is held against its chain while it is
written, and a period is only closed once the copies hold all that their owners recorded in it.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive import closing_queries
from services.archive.domain.closing import Circumstances, ClosePeriod, Closing, refuse_unless_due
from services.archive.domain.copy import SOURCES
from services.archive.domain.due import due
from services.archive.domain.period import Period
from services.archive.domain.stretch import (
    NO_ENVELOPE,
    UNREADABLE,
    Stretch,
    Until,
    chain_after,
    recorded_on,
)
from services.archive.domain.totals import NEWEST, Tally, added
from services.archive.packages.package import Journal, Package
from services.archive.settings import Settings
from shared.bus import UnusableMessageError
from shared.checking import Flaw, Place
from shared.errors import Refusal
from shared.events.archive import JournalStretch, MoneyTotals, PackageFormat, PeriodClosed
from shared.names import SERVICES
from shared.refill import Refill
from shared.seal import SealedEntry


class NotWhole(Refusal):
    """The archive does not hold whole what the period covers, so nothing is sealed: verify."""

    def __init__(self, flaw: Flaw) -> None:
        """Name the first bad entry."""
        super().__init__(
            service=flaw.service, position=flaw.position, flaw=flaw.flaw, detail=flaw.detail
        )
        self.flaw = flaw


class CopyIsBehind(Refusal):
    """The archive has not copied yet all that was recorded in the period: try again."""


class OwnerUnreachable(Refusal):
    """Whether the archive has copied all of the period can't be told without its owner: try again.

    An owner that recorded something after the period, which was copied, need not be asked.
    """

    status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a package is to hold: of each service the entries after a place, and until when."""

    ledger: str
    period: Period
    previous: PeriodClosed | None
    until: Mapping[str, Until]
    public_keys: Mapping[str, str]
    package_format: PackageFormat = NEWEST

    def stretch(self, service: str) -> Stretch:
        """Return the stretch of a service, before its first entry."""
        place = None
        for before in self.previous.journals if self.previous else ():
            if before.service == service:
                place = Place(before.to_position, bytes.fromhex(before.head_hash))
        key = self.public_keys[service]
        chain = chain_after(service, self.ledger, key, place)
        return Stretch(chain, key, until=self.until[service])


@dataclass(frozen=True, slots=True)
class Packed:
    """A package that was written, and the services whose stretch nothing follows yet."""

    closed: PeriodClosed
    open_ended: Sequence[str]


@dataclass(frozen=True, slots=True)
class Closer:
    """Closes the periods of one ledger, and makes their packages again."""

    engine: AsyncEngine
    refill: Refill
    settings: Settings
    ledger: str

    async def due(self, today: date) -> Iterator[Period]:
        """Return the periods that are over and open, in the order in which to close them.

        Raises NotWhole.
        """
        first_on = await self._first_on()
        if first_on is None:
            return iter(())
        return due(first_on, today, await closing_queries.latest(self.engine, self.ledger))

    async def prepare(self, period: Period, today: date) -> ClosePeriod | None:
        """Return the command that closes a period; None where it is closed.

        Raises the refusals of `refuse_unless_due`, NotWhole, CopyIsBehind, OwnerUnreachable.
        """
        picture = await closing_queries.pictured(self.engine, self.ledger, period)
        if picture.find(Closing, period.name):
            return None
        first_on = await self._first_on()
        circumstances = Circumstances(today=today, first_on=first_on)
        part = period.last_part
        last_part = picture.find(Closing, part.name) if part else None
        previous = picture.find(Closing, period.previous.name)
        refuse_unless_due(period, circumstances, previous=previous, last_part=last_part)
        plan = Plan(
            ledger=self.ledger,
            period=period,
            previous=previous.fact if previous else None,
            until=_positions(last_part.fact)
            if last_part
            else dict.fromkeys(SERVICES, period.last_on),
            public_keys={service: self.settings.public_keys[service] for service in SERVICES},
        )
        async with self.packed(plan) as (packed, _):
            if not last_part:
                for stretch in packed.closed.journals:
                    if stretch.service in packed.open_ended:
                        await self._refuse_unless_all_copied(stretch)
            return ClosePeriod(closed=packed.closed, circumstances=circumstances)

    async def _first_on(self) -> date | None:
        """Return the civil day on which the ledger's first entry was recorded; None before it."""
        days = []
        for service, first in (await closing_queries.firsts(self.engine, self.ledger)).items():
            try:
                days.append(recorded_on(first))
            except UNREADABLE:
                flaw = Flaw(service, self.ledger, first.position, "altered", NO_ENVELOPE)
                raise NotWhole(flaw) from None
        return min(days, default=None)

    async def _refuse_unless_all_copied(self, stretch: JournalStretch) -> None:
        """Raise unless the owner's journal, after the period, ends where our copy of it does."""
        if stretch.service not in SOURCES:
            return
        try:
            head = await self.refill.head(stretch.service, self.ledger)
        except (httpx.HTTPError, UnusableMessageError, KeyError) as error:
            raise OwnerUnreachable(service=stretch.service, detail=repr(error)) from error
        copied = stretch.to_position
        if head.position > copied:
            raise CopyIsBehind(service=stretch.service, copied=copied, recorded=head.position)
        if head.position < copied or (copied and head.hash.hex() != stretch.head_hash):
            detail = f"its owner's journal ends at position {head.position}"
            flaw = Flaw(stretch.service, self.ledger, head.position, "differs", detail)
            raise NotWhole(flaw)

    @asynccontextmanager
    async def package(self, period: Period) -> AsyncIterator[Path]:
        """Make a closed period's package again, for as long as the block takes.

        Raises NotFound where the period is not closed, and NotWhole if it comes out otherwise.
        """
        closing = await closing_queries.closing(self.engine, self.ledger, period)
        picture = await closing_queries.pictured(self.engine, self.ledger, period)
        previous = picture.find(Closing, period.previous.name)
        closed = closing.fact
        async with self.again(closed, previous.fact if previous else None) as (packed, path):
            if packed.closed != closed:
                raise NotWhole(package_flaw(self.ledger, closing.position, closed, packed.closed))
            yield path

    @asynccontextmanager
    async def again(
        self, closed: PeriodClosed, previous: PeriodClosed | None
    ) -> AsyncIterator[tuple[Packed, Path]]:
        """Make a closed period's package again, for as long as the block takes; raise NotWhole."""
        plan = Plan(
            ledger=self.ledger,
            period=Period.read(closed.period),
            previous=previous,
            until=_positions(closed),
            public_keys={stretch.service: stretch.public_key for stretch in closed.journals},
            package_format=closed.package_format,
        )
        async with self.packed(plan) as packed:
            yield packed

    @asynccontextmanager
    async def packed(self, plan: Plan) -> AsyncIterator[tuple[Packed, Path]]:
        """Write a package to a file that is there for as long as the block takes."""
        folder = self.settings.work_folder
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".zip") as file:
            packed = await self._write(plan, file)
            yield packed, Path(file.name)

    async def _write(self, plan: Plan, file: IO[bytes]) -> Packed:
        tally = Tally(plan.package_format)
        stretches = {service: plan.stretch(service) for service in plan.until}
        with Package(file, plan.package_format) as package:
            for service, stretch in stretches.items():
                with package.journal(service) as journal:
                    await self._write_journal(stretch, journal, tally)
            covered = [stretch.covered() for stretch in stretches.values()]
            said = _said(plan, covered, tally.totals())
            package.finish(_manifest(plan.ledger, said), plan.public_keys)
        await asyncio.to_thread(file.flush)
        sha256, size = await asyncio.to_thread(_measured, file)
        closed = PeriodClosed(
            **said,
            package_sha256=sha256,
            package_bytes=size,
            package_format=plan.package_format,
        )
        return Packed(closed, [name for name, s in stretches.items() if not s.ended])

    async def _write_journal(self, stretch: Stretch, journal: Journal, tally: Tally) -> None:
        chain = stretch.chain

        def write(page: Sequence[SealedEntry]) -> None:
            journal.add(stretch.take(page, tally))

        while not stretch.ended:
            page = await closing_queries.entries(
                self.engine, self.ledger, chain.service, chain.position
            )
            if not page:
                break
            await asyncio.to_thread(write, page)
        stretch.finish()
        if stretch.flaw:
            raise NotWhole(stretch.flaw)


def package_flaw(ledger: str, position: int, closed: PeriodClosed, found: PeriodClosed) -> Flaw:
    """Say in what a package made again differs from what the period was closed with."""
    said, is_now = closed.plain(), found.plain()
    differing = ", ".join(name for name in said if said[name] != is_now[name])
    detail = f"period {closed.period}: made again from the journals it differs in {differing}"
    return Flaw("archive", ledger, position, "package", detail)


def _positions(closed: PeriodClosed) -> dict[str, Until]:
    return {stretch.service: stretch.to_position for stretch in closed.journals}


def _said(
    plan: Plan, journals: Sequence[JournalStretch], totals: tuple[MoneyTotals, ...]
) -> dict[str, Any]:
    """Return what the fact says of the period, but for its package."""
    period, previous = plan.period, plan.previous
    same_year = previous and previous.last_on.year == period.first_on.year
    add = partial(added, totals, package_format=plan.package_format)
    return {
        "period": period.name,
        "kind": period.kind,
        "first_on": period.first_on,
        "last_on": period.last_on,
        "journals": tuple(journals),
        "totals": totals,
        "year_totals": add(previous.year_totals if previous and same_year else ()),
        "perpetual_totals": add(previous.perpetual_totals if previous else ()),
        "previous_period": previous.period if previous else None,
        "previous_sha256": previous.package_sha256 if previous else None,
    }


def _manifest(ledger: str, said: Mapping[str, Any]) -> dict[str, Any]:
    fact = PeriodClosed(**said, package_sha256="", package_bytes=0).plain()
    for name in ("totals", "year_totals", "perpetual_totals"):  # a part that isn't said isn't there
        fact[name] = [{k: v for k, v in each.items() if v is not None} for each in fact[name]]
    return {"ledger": ledger} | {name: fact[name] for name in said}


def _measured(file: IO[bytes]) -> tuple[str, int]:
    """Return digest and size of what was written."""
    size = file.seek(0, 2)
    file.seek(0)
    return hashlib.file_digest(cast("BytesIO", file), "sha256").hexdigest(), size
