"""If these failed, requests would pile up behind a slow commit, and be answered when too late."""

import asyncio
from itertools import count

import pytest

from shared.errors import Overloaded
from shared.units import Commands, Outcome
from shared.waiting import Waiting
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


@pytest.mark.parametrize("seconds_each", [0.001, 0.1])
async def test_no_more_is_accepted_than_the_writers_pace_allows(
    monkeypatch: pytest.MonkeyPatch, seconds_each: float
) -> None:
    """Who is accepted waits two seconds at most, however many come at once."""
    now = 0.0
    monkeypatch.setattr("shared.waiting.time.monotonic", lambda: now)
    queue = Waiting()
    for size in (1, 1, 60, 60, 1):  # what is small takes as long, and says nothing of the pace
        queue.add(_unit(size))
        assert len(await queue.take()) == 1
        now += seconds_each * 60
    closing = asyncio.create_task(queue.take())  # the writer comes back, and finds nothing
    await asyncio.sleep(0)
    accepted = next(number for number in count() if not _accepts(queue))
    assert accepted * seconds_each == pytest.approx(2, abs=2 * seconds_each)
    await closing


def _accepts(queue: Waiting) -> bool:
    try:
        queue.add(_unit(1))
    except Overloaded:
        return False
    return True


def _unit(size: int) -> Commands:
    return Commands(LEDGER, [Put(f"n{number}") for number in range(size)], CONTEXT)
