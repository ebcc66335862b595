"""Several cores: pages of a long walk, each looked at in another process, in their order.

What is sent there is bytes and small values. A thread would not do: the checks are many short
calls, between which threads of one process wait for one another.
"""

import asyncio
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")

_MANY = 200_000  # entries; processes take a second or two to start
_CORES = os.cpu_count() or 1


@asynccontextmanager
async def cores(entries: int) -> AsyncIterator[Executor | None]:
    """Lend a process for each core where so many entries are worth it; else None, a thread."""
    if entries < _MANY or _CORES == 1:
        yield None
        return
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(_CORES, mp_context=spawn, initializer=_end_with_parent)
    try:
        yield pool
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


async def in_order(
    executor: Executor | None, work: Callable[..., T], pages: AsyncGenerator[tuple[Any, ...], None]
) -> AsyncGenerator[T, None]:
    """Yield what `work` makes of each page, in order, while the next pages are read.

    At most one page for each core and one more are held.
    """
    loop, ahead = asyncio.get_running_loop(), _CORES if executor else 1
    begun: deque[asyncio.Future[T]] = deque()
    try:
        async with aclosing(pages):
            async for page in pages:
                begun.append(loop.run_in_executor(executor, work, *page))
                if len(begun) > ahead:
                    yield await begun.popleft()
        while begun:
            yield await begun.popleft()
    finally:
        for left in begun:
            left.cancel()
        await asyncio.gather(*begun, return_exceptions=True)


def _end_with_parent() -> None:
    """End as soon as the parent does, however it ends."""
    parent = multiprocessing.parent_process()
    assert parent

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
