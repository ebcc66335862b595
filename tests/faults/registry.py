"""The faults there are: each a function that breaks something and puts it right again.

A fault is handed a `Scene`: the plant, the watch, the importing client, and the chance that its
cycle was given. It says `broken()` when the harm is done and `lifted()` when its cause is gone;
what follows until all is well is the recovery. What it finds to be against the promises goes
into `scene.missed`; a promise about money needs no such check, since the journals are held
against the client's notes afterwards.
"""

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.faults.client import ImportingClient
from tests.faults.plant import Plant
from tests.faults.watching import Watch


class SkippedError(Exception):
    """This machine does not allow this fault: why not is in the text."""


@dataclass
class Scene:
    """One cycle: what a fault acts on, and what it leaves to tell."""

    plant: Plant
    watch: Watch
    importer: ImportingClient
    chance: random.Random
    short: bool
    details: dict[str, Any] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    broken_at: float = 0.0
    lifted_at: float = 0.0

    def broken(self) -> None:
        """The harm is done."""
        self.broken_at = time.monotonic()
        self.lifted_at = 0.0

    def lifted(self) -> None:
        """Its cause is gone: from here on it is recovery."""
        self.lifted_at = time.monotonic()

    def expect(self, condition: object, promise: str) -> None:
        """Note a promise that was not kept."""
        if not condition and promise not in self.missed:
            self.missed.append(promise)

    def seconds(self, *, short: float, usual: float) -> float:
        return short if self.short else usual


Act: TypeAlias = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to break things. A rare one takes long, and comes once in a hundred cycles."""

    name: str
    does: str
    meanwhile: str
    act: Act
    rare: bool = False
    last: bool = False  # fills the journals, and so comes at the end, once


FAULTS: dict[str, Fault] = {}


def fault(name: str, *, does: str, meanwhile: str, **kind: bool) -> Callable[[Act], Act]:
    """Register a fault under its name; `kind` are the flags of a Fault."""

    def register(act: Act) -> Act:
        assert name not in FAULTS, name
        FAULTS[name] = Fault(name=name, does=does, meanwhile=meanwhile, act=act, **kind)
        return act

    return register
