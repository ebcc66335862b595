"""If these failed, requests would pile up behind a slow commit, and be answered when too late."""

import asyncio

from shared.errors import Overloaded
from shared.units import Outcome
from tests.shared.databases import connected
from tests.shared.notes import Put
from tests.shared.shelf import CONTEXT, LEDGER, Shelf, until

_WAIT_SECONDS_MAX = 4


async def test_who_comes_while_others_wait_too_long_is_refused_at_once(owner: Shelf) -> None:
    journal = await owner.writing()
    await journal.execute(LEDGER, Put("first"), CONTEXT)
    waiting: list[asyncio.Task[Outcome]] = []

    async def refused() -> bool:
        put = journal.execute(LEDGER, Put(f"n{len(waiting)}"), CONTEXT)
        waiting.append(asyncio.create_task(put))
        done, _ = await asyncio.wait(waiting, timeout=0.1)
        return any(isinstance(task.exception(), Overloaded) for task in done)

    async with connected(owner.dsn) as other, other.transaction():
        await other.execute("SELECT 1 FROM chain_heads FOR UPDATE")
        await until(refused, seconds=_WAIT_SECONDS_MAX)
    await asyncio.gather(*waiting, return_exceptions=True)
