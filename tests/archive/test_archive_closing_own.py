"""If these failed, a closing could seal what is not whole, or a false receipt pass for a good one.

They run the archive's own parts on a database that nobody else writes in, so that its copies,
its journal and its third parties can be what an intruder would make of them.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from deploy.local.stack import Stack
from services.archive import closing_queries
from services.archive.closings import CopyIsBehind, NotWhole, OwnerUnreachable
from services.archive.domain.closing import PeriodNotOver, PreviousPeriodOpen
from services.archive.domain.period import Period
from shared.errors import NotFound
from shared.events.archive import MoneyTotals
from shared.seal import SealedEntry
from tests.archive.archive_books import LEDGER
from tests.archive.authority import Answer, answering
from tests.archive.closed_books import BY
from tests.archive.day_books import euros
from tests.archive.hand_made import CHANGE_SECOND, D0, D1, D2, DAYS, LATER, ROWS, filled_archive
from tests.archive.own_archive import OwnArchive, own_archive


@pytest.fixture
async def archive(stack: Stack) -> AsyncIterator[OwnArchive]:
    """Return an archive whose copies of payments go on beyond the days to close.

    The other services' journals are empty, and their owners say so.
    """
    async with filled_archive(stack) as opened:
        yield opened


def owner_says(row: SealedEntry) -> Callable[..., Answer]:
    head = {"position": row.position, "hash": row.hash.hex(), "signature": None}

    return lambda *_: (200, json.dumps(head).encode())


async def package_of(archive: OwnArchive, name: str) -> bytes:
    async with archive.closer.package(Period.read(name)) as path:
        return path.read_bytes()


def totals(closing: Any, which: str) -> tuple[MoneyTotals, ...]:
    found: tuple[MoneyTotals, ...] = getattr(closing.fact, which)
    return found


# ── closing ─────────────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-07")
async def test_days_a_month_and_a_year_close_with_totals_that_go_on(archive: OwnArchive) -> None:
    first = await archive.close(D0, LATER)
    second = await archive.close(D1, LATER)
    month = await archive.close("2025-12", LATER)
    year = await archive.close("2025", LATER)
    january = await archive.close(D2, LATER)
    before = euros(received="130.00")
    old_year = euros(received="130.00", reversed="30.00")
    assert totals(first, "totals") == (before,)
    assert totals(second, "totals") == (euros(reversed="30.00"),)
    assert totals(second, "perpetual_totals") == totals(second, "year_totals") == (old_year,)
    assert totals(month, "totals") == totals(year, "totals") == (old_year,)
    assert totals(january, "totals") == totals(january, "year_totals") == (euros(received="7.00"),)
    forever = euros(received="137.00", reversed="30.00")
    assert totals(january, "perpetual_totals") == (forever,)
    assert january.previous_sha256 == second.package_sha256
    (stretch,) = [s for s in month.fact.journals if s.service == "payments"]
    assert (stretch.from_position, stretch.to_position) == (1, 3)
    for closing in (first, second, month, year, january):
        assert (await archive.verdicts())[closing.period].verdict == "intact"


# What the first version made of the days D0 and D1.
FIRST_FORMAT = {
    D0: "52bc7cdfc75f7b29bece759aae81fe16ead65b86e006088dbfb6183d08c6b654",
    D1: "e4fd093ff531c047fdfcaf0af5802d826855230b5318deaa0cda2dfcbd462909",
}


async def close_in_the_first_format(archive: OwnArchive, name: str) -> None:
    """Close a period as the first version did, to the byte."""
    command = await archive.closer.prepare(Period.read(name), LATER)
    assert command
    closed = command.closed.model_copy(update={"package_format": "acquit-archive-1"})
    before = closed.previous_period
    previous = Period.read(before) if before else None
    engine = archive.journal.engine
    found = await closing_queries.closing(engine, LEDGER, previous) if previous else None
    async with archive.closer.again(closed, found.fact if found else None) as (packed, _):
        assert packed.closed.package_sha256 == FIRST_FORMAT[name]
        await archive.journal.execute(LEDGER, replace(command, closed=packed.closed), BY)


async def test_what_was_closed_in_the_first_format_stays_so_and_the_next_goes_on(
    archive: OwnArchive,
) -> None:
    await close_in_the_first_format(archive, D0)
    await close_in_the_first_format(archive, D1)
    january = await archive.close(D2, LATER)
    assert totals(january, "perpetual_totals") == (euros(received="137.00", reversed="30.00"),)
    assert b"acquit-archive-1" in await package_of(archive, D1)
    assert b"acquit-archive-2" in await package_of(archive, D2)
    assert {v.verdict for v in (await archive.verdicts()).values()} == {"intact"}


async def test_a_package_is_the_same_whenever_it_is_made(archive: OwnArchive) -> None:
    closing = await archive.close(D0, LATER)
    first = await package_of(archive, D0)
    await archive.close(D1, LATER)
    assert await package_of(archive, D0) == first
    assert hashlib.sha256(first).hexdigest() == closing.package_sha256
    assert len(first) == closing.package_bytes


async def test_closing_again_changes_nothing(archive: OwnArchive) -> None:
    first = await archive.close(D0, LATER)
    assert await archive.close(D0, LATER) == first


async def test_a_period_is_not_closed_before_its_end_or_past_a_hole(archive: OwnArchive) -> None:
    with pytest.raises(PeriodNotOver):
        await archive.close(D0, DAYS[0])
    with pytest.raises(PreviousPeriodOpen):
        await archive.close(D2, LATER)
    with pytest.raises(NotFound):
        await package_of(archive, D0)


async def test_a_day_without_entries_is_closed_like_any_other(archive: OwnArchive) -> None:
    for name in (D0, D1, D2):
        await archive.close(name, LATER)
    empty = await archive.close("2026-01-02", LATER)
    assert totals(empty, "totals") == ()
    assert totals(empty, "perpetual_totals") == (euros(received="137.00", reversed="30.00"),)
    assert (await archive.verdicts())["2026-01-02"].verdict == "intact"


# ── only what is whole, and all of it ───────────────────────────────────────────


async def test_what_the_owner_recorded_has_to_be_copied_first(stack: Stack) -> None:
    async with own_archive(stack) as archive:
        await archive.take(ROWS[:2])
        with pytest.raises(OwnerUnreachable):
            await archive.close(D0, DAYS[1])
        for head, refusal in ((ROWS[2], CopyIsBehind), (ROWS[0], NotWhole)):
            with answering(owner_says(head)) as owner:
                archive.reads_owners_at(owner)
                with pytest.raises(refusal):
                    await archive.close(D0, DAYS[1])


async def test_what_is_altered_is_not_sealed(archive: OwnArchive) -> None:
    await archive.sql(CHANGE_SECOND)
    with pytest.raises(NotWhole) as refused:
        await archive.close(D0, LATER)
    assert (refused.value.flaw.position, refused.value.flaw.flaw) == (2, "altered")


async def test_a_first_entry_that_is_no_envelope_is_named(archive: OwnArchive) -> None:
    await archive.sql("ALTER TABLE copied_entries DISABLE TRIGGER USER")
    await archive.sql("UPDATE copied_entries SET sealed = '\\xff' WHERE position = 1")
    for asked in (archive.close(D0, LATER), archive.closer.due(LATER)):
        with pytest.raises(NotWhole) as refused:
            await asked
        flaw = refused.value.flaw
        assert (flaw.service, flaw.position, flaw.flaw) == ("payments", 1, "altered")


@pytest.mark.feature("S2-07")
async def test_a_package_whose_entries_were_altered_is_found_and_named(archive: OwnArchive) -> None:
    closing = await archive.close(D0, LATER)
    await archive.close(D1, LATER)
    await archive.sql(CHANGE_SECOND)
    verdicts = await archive.verdicts()
    flaw = verdicts[D0].flaw
    assert flaw
    assert (flaw.service, flaw.position, flaw.flaw) == ("archive", closing.position, "package")
    assert f"period {D0}: it can't be made again. payments, position 2: altered" in flaw.detail
    assert verdicts[D1].verdict == "intact"
    with pytest.raises(NotWhole):
        await package_of(archive, D0)


async def test_a_closing_that_says_something_else_is_found_and_named(archive: OwnArchive) -> None:
    """Somebody with our key closes a period with totals of his own."""
    command = await archive.closer.prepare(Period.read(D0), LATER)
    assert command
    false = command.closed.model_copy(update={"totals": (euros(received="1.00"),)})
    await archive.journal.execute(LEDGER, replace(command, closed=false), BY)
    flaw = (await archive.verdicts())[D0].flaw
    assert flaw
    assert "differs in totals" in flaw.detail
    with pytest.raises(NotWhole):
        await package_of(archive, D0)
