"""CPU time of the parts of a stack, and what else the machine did meanwhile."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from deploy.local.stack import Stack

PARTS: Final = ("payments", "postgres", "workers", "kafka")
Seconds = dict[str, float]  # by part


def part_of(name: str) -> str:
    """Return under which heading a part of the stack is counted."""
    return name if name in PARTS else "workers"


def seconds_used(stack: Stack) -> Seconds:
    """Return the CPU seconds that each part has used, ended children included."""
    used = dict.fromkeys(PARTS, 0.0)
    for name, part in stack.parts.items():
        used[part_of(name)] += sum(_seconds(process) for process in _family(part.pid))
    return used


def difference(before: Seconds, after: Seconds) -> Seconds:
    """Return what was used in between; a child that ended is its parent's from then on."""
    return {name: max(0.0, after[name] - before[name]) for name in PARTS}


def _family(pid: int) -> Iterator[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        yield process
        yield from process.children(recursive=True)


def _seconds(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


class Steal:
    """How much of the machine's time its host gave to others, from here on."""

    def __init__(self) -> None:
        self._before = _ticks()

    def share(self) -> float:
        """Return the share of all CPU time since the start."""
        stolen, total = (now - then for now, then in zip(_ticks(), self._before, strict=True))
        return stolen / total if total else 0.0


def _ticks() -> tuple[int, int]:
    fields = Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:9]
    ticks = [int(field) for field in fields]
    return ticks[7], sum(ticks)
