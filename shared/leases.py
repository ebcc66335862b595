"""Leases: who works on what, among all workers of one service.

The invariant: a lease is an advisory lock of a database session that belongs to nobody
else and is closed, never pooled, so it ends with the process or with the session,
whichever goes first. Whoever lost the session finds out with its next statement.
"""

import math
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_TAKE = text("SELECT pg_try_advisory_lock(hashtext(:name), :number)")
_GIVE_BACK = text("SELECT pg_advisory_unlock(hashtext(:name), :number)")
_COME = text("SELECT pg_advisory_lock_shared(hashtext(:name) & 2147483647)")
_PRESENT = text("""
SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
WHERE datname = current_database() AND locktype = 'advisory' AND mode = 'ShareLock'
    AND classid = 0 AND objsubid = 1 AND objid = hashtext(:name) & 2147483647 AND granted
""")


@asynccontextmanager
async def own_session(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open a session whose advisory locks end with the block; each statement commits itself."""
    async with engine.connect() as session:
        await session.execution_options(isolation_level="AUTOCOMMIT")
        try:
            yield session
        finally:
            await session.invalidate()


async def take(session: AsyncConnection, name: str, number: int = 0) -> bool:
    """Take a lease unless somebody else has it."""
    return bool((await session.execute(_TAKE, {"name": name, "number": number})).scalar_one())


class Shares:
    """The numbered parts of one thing, shared out fairly among those who came for it."""

    def __init__(self, session: AsyncConnection, name: str) -> None:
        self._session = session
        self._name = name
        self.mine: set[int] = set()

    async def come(self) -> None:
        """Be counted, from now until the session ends."""
        await self._session.execute(_COME, {"name": self._name})

    async def share(self, numbers: Collection[int]) -> bool:
        """Give back what is more than our share, take what we lack; return whether it changed."""
        present = (await self._session.execute(_PRESENT, {"name": self._name})).scalar_one()
        fair = math.ceil(len(numbers) / max(1, present))
        before = set(self.mine)
        for number in sorted(self.mine, reverse=True)[: max(0, len(self.mine) - fair)]:
            await self._session.execute(_GIVE_BACK, {"name": self._name, "number": number})
            self.mine.remove(number)
        for number in sorted(set(numbers) - self.mine - before):
            if len(self.mine) < fair and await take(self._session, self._name, number):
                self.mine.add(number)
        return self.mine != before
