"""If these failed, a takeover that can't go on would go on, or would hide why."""

import asyncio

import pytest

from cli.client import ProblemError
from cli.takeover.replay import side_by_side


async def test_the_first_that_fails_ends_the_others_and_is_raised() -> None:
    ended = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def refused() -> None:
        raise ProblemError({"type": "/problems/forbidden", "title": "No right"})

    with pytest.raises(ProblemError, match="No right"):
        await side_by_side(endless(), refused())
    async with asyncio.timeout(1):
        await ended.wait()
