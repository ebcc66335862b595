"""The queue before the writer: bounded in length and in time.

The invariant: what is accepted is taken, in order. Whoever would wait too long, because the first
in the queue does already or because too much is ahead for the writer's pace, is refused at once
and loses nothing.
"""

import asyncio
import time
from collections import deque
from typing import NamedTuple

from shared.errors import Overloaded
from shared.units import Unit

_LENGTH_MAX = 50_000  # units
_SECONDS_MAX = 2.0
_PACE_OF = 32  # batches
_TELLING = 50  # commands or facts: the time of a smaller batch is that of its commit
_BATCH_MAX = 500  # commands or facts after which a batch takes no further unit


class _Placed(NamedTuple):
    unit: Unit
    at: float


class _Carried(NamedTuple):
    seconds: float
    size: int


class Waiting:
    """Units that wait for the writer."""

    def __init__(self) -> None:
        self._units: deque[_Placed] = deque()
        self._size = 0  # commands or facts of all of them
        self._carried: deque[_Carried] = deque(maxlen=_PACE_OF)
        self._seconds_each = 0.0  # the writer's pace lately
        self._taken = (0.0, 0)  # when the writer took its last batch, and how large
        self._news = asyncio.Event()
        self._closed = False

    def add(self, unit: Unit) -> None:
        """Accept a unit, or raise Overloaded."""
        self.check()
        self._units.append(_Placed(unit, time.monotonic()))
        self._size += unit.size
        self._news.set()

    def check(self) -> None:
        """Raise Overloaded if who comes now could not be served in time."""
        if self._closed or len(self._units) >= _LENGTH_MAX or self._wait() > _SECONDS_MAX:
            raise Overloaded(retry_after_seconds=1)

    def _wait(self) -> float:
        """Return the seconds that who comes now will wait at least, or nearly so."""
        if not self._units:
            return 0.0
        waited = time.monotonic() - self._units[0].at
        return max(waited, self._size * self._seconds_each)

    async def take(self) -> list[Unit]:
        """Wait for units, and take as many as make a batch; none once it is closed and empty."""
        self._note_pace()
        await self._news.wait()
        await asyncio.sleep(0)  # who arrived together goes together
        batch: list[Unit] = []
        size = 0
        while self._units and size < _BATCH_MAX:
            batch.append(self._units.popleft().unit)
            size += batch[-1].size
        self._size -= size
        self._taken = (time.monotonic(), size)
        if not self._units and not self._closed:
            self._news.clear()
        return batch

    def _note_pace(self) -> None:
        """Note how long the writer was busy with the batch it took last, if that tells anything."""
        at, size = self._taken
        if size >= _TELLING:
            self._carried.append(_Carried(time.monotonic() - at, size))
            seconds = sum(carried.seconds for carried in self._carried)
            self._seconds_each = seconds / sum(carried.size for carried in self._carried)

    def close(self) -> None:
        """Accept nothing more."""
        self._closed = True
        self._news.set()
