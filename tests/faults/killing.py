"""Killing, without warning, whatever takes part; and starting it again."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from deploy.local.stack import Stack

Answers = Callable[[], int]


async def one_by_one(stack: Stack, names: Sequence[str], progress: Answers) -> None:
    """Kill and restart each in turn; in between the work goes on."""
    for name in names:
        await _some_work(progress)
        await asyncio.to_thread(stack.kill, name)
        await asyncio.to_thread(stack.restart, name)


async def all_at_once(stack: Stack, names: Sequence[str], progress: Answers) -> None:
    """Kill all, then start all again."""
    await _some_work(progress)
    for name in names:
        await asyncio.to_thread(stack.kill, name)
    for name in sorted(names, key=_servers_first):
        await asyncio.to_thread(stack.restart, name)


async def at_random(
    stack: Stack, names: Sequence[str], progress: Answers, chance: random.Random
) -> None:
    """Kill some of them at any moment."""
    chosen = chance.sample(list(names), chance.randint(1, len(names)))
    how: Callable[[Stack, Sequence[str], Answers], Awaitable[None]] = chance.choice(
        [one_by_one, all_at_once]
    )
    await asyncio.sleep(chance.random())
    await how(stack, chosen, progress)


def _servers_first(name: str) -> int:
    return ("postgres", "kafka").index(name) if name in ("postgres", "kafka") else 2


async def _some_work(progress: Answers, answers: int = 6, seconds: float = 60) -> None:
    """Wait until the client got some answers, so that the next kill meets work."""
    wanted, loop = progress() + answers, asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while progress() < wanted:
        assert loop.time() < deadline, "the client is not answered any more"
        await asyncio.sleep(0.02)
