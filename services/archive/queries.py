"""What the archive shows of a copy: entries as copied, and where it ends."""

from dataclasses import dataclass

from sqlalchemy import func, select, true
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.domain.copy import CopiedEntry
from services.archive.tables import TABLES, copied_entries
from shared.database import transaction
from shared.tables import Checkpoint

PAGE = 1_000
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_ENTRIES = f"""
SELECT {", ".join(CopiedEntry.__struct_fields__)} FROM copied_entries
WHERE ledger = $1 AND source = $2 AND position > $3 AND position <= $4
ORDER BY position LIMIT $5
"""  # noqa: S608 - names are ours


@dataclass(frozen=True, slots=True)
class CopyEnd:
    """Where a copy ends, and what was followed last: the same entry unless rows were changed."""

    position: int
    followed: int
    followed_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy of one service's journal in one ledger."""

    engine: AsyncEngine
    ledger: str
    source: str

    async def entries(
        self, *, after: int | None, upto: int | None = None, limit: int = PAGE
    ) -> list[CopiedEntry]:
        """Return a page in order of position; `after=None` starts with the very first row."""
        bounds = (_LOWEST if after is None else after, _HIGHEST if upto is None else upto)
        async with transaction(self.engine) as db:
            rows = await db.fetch(_ENTRIES, self.ledger, self.source, *bounds, limit)
        return [CopiedEntry(*row) for row in rows]

    async def entry(self, position: int) -> CopiedEntry | None:
        """Return the entry at a position; None where there is none."""
        found = await self.entries(after=position - 1, upto=position)
        return found[0] if found else None

    async def end(self) -> CopyEnd:
        """Return the last position and the checkpoint, as of one moment."""
        c, checkpoints = copied_entries.c, TABLES.of(Checkpoint).c
        last = select(func.coalesce(func.max(c.position), 0)).where(
            c.ledger == self.ledger, c.source == self.source
        )
        followed = (
            select(checkpoints.position, checkpoints.hash)
            .where(checkpoints.ledger == self.ledger, checkpoints.source == self.source)
            .subquery()
        )
        ends = select(last.scalar_subquery(), followed.c.position, followed.c.hash)
        async with self.engine.connect() as db:
            joined = ends.select_from(select(1).subquery().outerjoin(followed, true()))
            position, checkpoint, checkpoint_hash = (await db.execute(joined)).one()
        return CopyEnd(position, checkpoint or 0, checkpoint_hash)
