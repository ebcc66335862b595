"""What would be lost if these failed: pages checked elsewhere could come back in another order."""

import os
import time
from collections.abc import AsyncGenerator

import pytest

from shared.cores import cores, in_order

MANY = 10**9


async def pages(count: int, asked: list[int] | None = None) -> AsyncGenerator[tuple[int], None]:
    for number in range(count):
        if asked is not None:
            asked.append(number)
        yield (number,)


def slow_at_first(number: int) -> tuple[int, int]:
    """Take the longer, the earlier the page."""
    time.sleep(0.2 / (number + 1))
    return number, os.getpid()


def refusing(number: int) -> int:
    if number == 2:
        raise ValueError(number)
    return number


@pytest.mark.skipif((os.cpu_count() or 1) == 1, reason="there is one core only")
async def test_pages_of_a_long_walk_come_back_in_order_from_other_processes() -> None:
    async with cores(MANY) as executor:
        found = [each async for each in in_order(executor, slow_at_first, pages(12))]
    assert [number for number, _ in found] == list(range(12))
    assert os.getpid() not in {process for _, process in found}


async def test_a_short_walk_stays_in_this_process() -> None:
    async with cores(100) as executor:
        found = [each async for each in in_order(executor, slow_at_first, pages(3))]
    assert found == [(number, os.getpid()) for number in range(3)]


async def test_no_more_pages_are_read_than_are_looked_at() -> None:
    asked: list[int] = []
    async with cores(100) as executor:
        async for number in in_order(executor, refusing, pages(2, asked)):
            assert len(asked) <= number + 2


async def test_what_fails_at_a_page_is_raised_in_its_turn() -> None:
    async with cores(100) as executor:
        found = in_order(executor, refusing, pages(5))
        assert [await anext(found), await anext(found)] == [0, 1]
        with pytest.raises(ValueError, match="2"):
            await anext(found)
