"""The one table."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from bench.case import P95_MS, P99_MS
from bench.cpu import PARTS
from bench.results import Result

_RIGHT = (
    *("median", "min", "max", "rate/s", "p50 ms", "p99 ms"),
    *PARTS,
    *("peak MB", "limit", "of limit"),
)


def table(results: Sequence[Result], machine: Mapping[str, Any]) -> Table:
    """Draw all results; CPU is in seconds per 1,000 things."""
    title = "{cpu}, {cores} cores, {steal_share:.1%} taken by the host, {seconds:,} s".format(
        **machine
    )
    drawn = Table(title=title, title_justify="left", caption_justify="left")
    drawn.caption = "CPU of each part in seconds per 1,000; ratio: the median over the rounds"
    for name in ("case", "unit"):
        drawn.add_column(name, no_wrap=True)
    for name in _RIGHT:
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_column("goal")
    drawn.add_column("met", no_wrap=True)
    for result in results:
        drawn.add_row(*_cells(result))
    return drawn


def _cells(result: Result) -> list[str]:
    case, figures, plain = result.case, result.figures, result.plain()
    values = [sample.value for sample in result.ours]
    rates = [sample.rate for sample in result.ours]
    goal = case.goal.text if case.goal else ""
    if result.failure:
        goal = f"failed: {result.failure}"
    if figures is None:
        return [case.name, case.unit, *[""] * len(_RIGHT), goal, "no"]
    cpu = result.cpu or {}
    digits = 1 if case.unit in {P95_MS, P99_MS} else 0
    return [
        case.name,
        case.unit,
        *(f"{value:,.{digits}f}" for value in (figures.value, min(values), max(values))),
        f"{statistics.median(rates):,.0f}",
        number(figures.p50_ms, 2),
        number(figures.p99_ms, 2),
        *(number(cpu.get(part), 3) for part in PARTS),
        number(figures.peak_mb, 0),
        number(plain["limit"], digits),
        "" if result.ratio is None else f"{result.ratio:.0%}",
        goal,
        {None: "", True: "yes", False: "no"}[result.met],
    ]


def number(value: float | None, digits: int) -> str:
    """Return a number for readers; nothing where there is none."""
    return "" if value is None else f"{value:,.{digits}f}"
