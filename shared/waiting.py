"""The queue before the writer: bounded in length and in time.

The invariant: what is accepted is taken, in order. When the first in the queue has waited too
long, whoever comes now would wait longer still, so it is refused at once and loses nothing.
"""

import asyncio
import time
from collections import deque
from typing import NamedTuple

from shared.errors import Overloaded
from shared.units import Unit

_LENGTH_MAX = 50_000  # units
_SECONDS_MAX = 3.0
_BATCH_MAX = 1_000  # commands or facts after which a batch takes no further unit


class _Placed(NamedTuple):
    unit: Unit
    at: float


class Waiting:
    """Units that wait for the writer."""

    def __init__(self) -> None:
        self._units: deque[_Placed] = deque()
        self._news = asyncio.Event()
        self._closed = False

    def add(self, unit: Unit) -> None:
        """Accept a unit, or raise Overloaded."""
        now = time.monotonic()
        late = self._units and now - self._units[0].at > _SECONDS_MAX
        if self._closed or late or len(self._units) >= _LENGTH_MAX:
            raise Overloaded(retry_after_seconds=1)
        self._units.append(_Placed(unit, now))
        self._news.set()

    async def take(self) -> list[Unit]:
        """Wait for units, and take as many as make a batch; none once it is closed and empty."""
        await self._news.wait()
        await asyncio.sleep(0)  # who arrived together goes together
        batch: list[Unit] = []
        size = 0
        while self._units and size < _BATCH_MAX:
            batch.append(self._units.popleft().unit)
            size += batch[-1].size
        if not self._units and not self._closed:
            self._news.clear()
        return batch

    def close(self) -> None:
        """Accept nothing more."""
        self._closed = True
        self._news.set()
