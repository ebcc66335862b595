"""An event loop whose clock and order are drawn from a seed, and processes that can die in it.

Which of the tasks that could go on does so next is drawn; time passes when nothing can, and
now and then before. A process that crashes loses its tasks at whatever await each of them
is; nothing of what they would have done afterwards happens.
"""

import asyncio
import contextvars
import heapq
import itertools
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

_EARLY = 0.01  # chance of each step that the next timer goes off though others could go on


@dataclass(eq=False)
class Process:
    """One run of a program: its tasks, and what ends with it."""

    name: str
    alive: bool = True
    frozen: bool = False
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    parked: list["Handle"] = field(default_factory=list)
    at_end: list[Callable[[], None]] = field(default_factory=list)

    def crash(self) -> None:
        """End without another word."""
        self.alive = False
        self.parked.clear()
        for end in self.at_end:
            end()
        for task in self.tasks:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined] # noqa: SLF001 - it is meant to die
                cast("Any", task.get_coro()).close()


OUTSIDE = Process("outside")
PROCESS: contextvars.ContextVar[Process] = contextvars.ContextVar("process", default=OUTSIDE)


class Turn:
    """Awaited, it lets others go on."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Handle:
    """Something that is to be called, on behalf of a process."""

    __slots__ = ("_args", "_callback", "_context", "cancelled_", "process", "when_")

    def __init__(
        self,
        callback: Callable[..., Any],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
        when: float = 0.0,
    ) -> None:
        self._callback = callback
        self._args = args
        self._context = context or contextvars.copy_context()
        self.process = self._context.get(PROCESS, OUTSIDE)
        self.cancelled_ = False
        self.when_ = when

    def run(self) -> None:
        self._context.run(self._callback, *self._args)

    def cancel(self) -> None:
        self.cancelled_ = True

    def cancelled(self) -> bool:
        return self.cancelled_

    def when(self) -> float:
        return self.when_


class Loop:
    """As much of an event loop as the core needs."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.steps = 0
        self.defects: list[str] = []
        self._now = 0.0
        self._ready: list[Handle] = []
        self._timers: list[tuple[float, int, Handle]] = []
        self._numbers = itertools.count()

    def run(self, steps: int) -> bool:
        """Let so many of those that can go on do so; return False when nothing is left."""
        draw, ready, timers = self.chance.random, self._ready, self._timers
        for _ in range(steps):
            self.steps += 1
            if timers and (not ready or draw() < _EARLY):
                self._now, _, timer = heapq.heappop(timers)
                ready.append(timer)
            if not ready:
                return False
            place = int(draw() * len(ready))
            handle, ready[place] = ready[place], ready[-1]
            ready.pop()
            process = handle.process
            if process.frozen:
                process.parked.append(handle)
            elif process.alive and not handle.cancelled_:
                handle.run()
        return True

    def thaw(self, process: Process) -> None:
        """Let a frozen process go on where it was."""
        process.frozen = False
        self._ready += process.parked
        process.parked.clear()

    def spawn(self, process: Process, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task of a process."""
        context = contextvars.Context()
        context.run(PROCESS.set, process)
        return self.create_task(work, context=context)

    # ── what asyncio asks of a loop ─────────────────────────────────────────────

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        handle = Handle(callback, args, context)
        self._ready.append(handle)
        return handle

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
        handle = Handle(callback, args, context, when)
        heapq.heappush(self._timers, (max(when, self._now), next(self._numbers), handle))
        return handle

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=cast("Any", self))

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=cast("Any", self), name=name, context=context)
        owner = context.get(PROCESS, OUTSIDE) if context else PROCESS.get()
        owner.tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Note what nobody looked at, unless who would have is dead."""
        future = context.get("future")
        error = context.get("exception")
        if PROCESS.get().alive and isinstance(future, asyncio.Task):
            self.defects.append(repr(error))
