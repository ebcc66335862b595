"""Three days of payments made by hand, and one much later: what closings are tried on."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta

from deploy.local.stack import Stack
from tests import facts
from tests.archive.authority import answering
from tests.archive.day_books import at, sealed
from tests.archive.own_archive import OwnArchive, own_archive

DAYS = [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1)]
D0, D1, D2 = (day.isoformat() for day in DAYS)
LATER = DAYS[-1] + timedelta(days=60)
_P2 = facts.payment("P2", "30.00")
ROWS = sealed(
    [
        (at(DAYS[0]), facts.payment("P1", "100.00")),
        (at(DAYS[0], 11), _P2),
        (at(DAYS[1]), facts.reversal(_P2)),
        (at(DAYS[2]), facts.payment("P3", "7.00")),
        (at(LATER), facts.payment("P4", "1.00")),
    ]
)
CHANGE_SECOND = """
ALTER TABLE copied_entries DISABLE TRIGGER USER;
UPDATE copied_entries SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
WHERE position = 2
"""
_EMPTY_HEAD = json.dumps({"position": 0, "hash": None, "signature": None}).encode()


@asynccontextmanager
async def filled_archive(stack: Stack) -> AsyncIterator[OwnArchive]:
    """Make an archive that copied all of it; the other services say that they wrote nothing."""
    async with own_archive(stack) as archive:
        await archive.take(ROWS)
        with answering(lambda *_: (200, _EMPTY_HEAD)) as owners:
            archive.reads_owners_at(owners)
            yield archive
