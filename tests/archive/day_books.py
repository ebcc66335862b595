"""Journals of payments made by hand, whose entries were recorded at chosen moments."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import IO
from uuid import UUID
from zoneinfo import ZoneInfo

from services.archive.domain.period import Period
from services.archive.domain.stretch import Stretch, Until, chain_after
from services.archive.domain.totals import NEWEST, Tally
from services.archive.packages.package import Package
from shared import chains
from shared.checking import Place
from shared.events import Event
from shared.events.archive import JournalStretch, MoneyTotals, PackageFormat, PeriodClosed
from shared.money import Money
from shared.seal import Context, Entry, SealedEntry, genesis
from tests.archive.archive_books import LEDGER, PUBLIC_KEY, signed

PARIS = ZoneInfo("Europe/Paris")
Moment = tuple[datetime, Event]


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), PARIS)


def sealed(moments: Iterable[Moment]) -> list[SealedEntry]:
    """Seal facts as the payments service would, each in a commit of its own."""
    rows: list[SealedEntry] = []
    for position, (moment, fact) in enumerate(moments, start=1):
        entry = Entry(
            service="payments",
            ledger=LEDGER,
            position=position,
            entry_id=UUID(int=position),
            recorded_at=moment,
            context=Context("anna", UUID(int=7)),
            fact=fact,
        )
        before = rows[-1].hash if rows else genesis("payments", LEDGER)
        rows.append(signed(chains.seal(entry, before)))
    return rows


def covered(
    rows: Sequence[SealedEntry],
    until: Until,
    after: JournalStretch | None = None,
    page: int = 2,
    package_format: PackageFormat = NEWEST,
) -> tuple[Stretch, list[SealedEntry], tuple[MoneyTotals, ...]]:
    """Let a stretch take a journal in pages; return it, what it took and the totals of that."""
    place = Place(after.to_position, bytes.fromhex(after.head_hash)) if after else None
    chain = chain_after("payments", LEDGER, PUBLIC_KEY, place)
    stretch, tally = Stretch(chain, PUBLIC_KEY, until=until), Tally(package_format)
    rest = rows[after.to_position if after else 0 :]
    taken: list[SealedEntry] = []
    while rest and not stretch.ended:
        taken += stretch.take(rest[:page], tally)
        rest = rest[page:]
    stretch.finish()
    return stretch, taken, tally.totals()


@dataclass
class Written:
    """A package of payments alone, as it is written."""

    entries: Sequence[SealedEntry]
    page: int = 100
    package_format: PackageFormat = NEWEST

    def to(self, file: IO[bytes]) -> None:
        with Package(file, self.package_format) as package:
            with package.journal("payments") as journal:
                for start in range(0, len(self.entries), self.page):
                    journal.add(self.entries[start : start + self.page])
            package.finish({"ledger": LEDGER}, {"payments": PUBLIC_KEY})


def euros(**parts: str) -> MoneyTotals:
    """Return totals in euros; what is not named is nothing."""
    nothing = dict.fromkeys(MoneyTotals.model_fields, Money(0))
    return MoneyTotals(**(nothing | {n: Money.parse(text, "EUR") for n, text in parts.items()}))


def closed(name: str, before: PeriodClosed | None = None, count: int = 1) -> PeriodClosed:
    """Return the fact that closes a period with so many entries of payments, after another."""
    period = Period.read(name)
    start = before.journals[0].to_position if before else 0
    return PeriodClosed(
        period=name,
        kind=period.kind,
        first_on=period.first_on,
        last_on=period.last_on,
        journals=(
            JournalStretch(
                service="payments",
                from_position=start + 1,
                to_position=start + count,
                previous_hash=before.journals[0].head_hash if before else "0" * 64,
                head_hash=f"{start + count:064x}",
                public_key=PUBLIC_KEY,
            ),
        ),
        totals=(),
        year_totals=(),
        perpetual_totals=(),
        previous_period=before.period if before else None,
        previous_sha256=before.package_sha256 if before else None,
        package_sha256=hashlib.sha256(name.encode()).hexdigest(),
        package_bytes=1_000,
    )


def with_other_package(fact: PeriodClosed) -> PeriodClosed:
    return fact.model_copy(update={"package_sha256": "f" * 64})


def unsigned(row: SealedEntry) -> SealedEntry:
    return replace(row, signature=None)
