"""`make bench`: every case beside its limit, on this machine, in one table.

Each family of cases gets a fresh stack in a temporary folder. Ours and the limit are
measured in turn, round by round, so that what the machine does meanwhile meets both.
A case that fails says so; the others go on. Only a run of everything writes the record, its
figures in docs/performance.md and its plots; any other writes beside it.
"""

import json
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from bench import machine, page
from bench.case import Case, Family
from bench.cpu import Steal
from bench.lab import Effort, Lab, laboratory
from bench.plots import draw
from bench.registry import FAMILIES, chosen
from bench.results import Result, kept
from bench.table import table

RESULTS: Final = Path(__file__).parent / "results"
LATEST: Final = RESULTS / "latest.json"
PLOTS: Final = Path(__file__).parents[1] / "docs" / "bench"
_WIDTH: Final = 230  # where the output is no terminal
console = Console(highlight=False)
_started = time.monotonic()


def main(
    rounds: Annotated[int | None, typer.Option(help="Of each case; default 5, quick 1.")] = None,
    case: Annotated[
        list[str] | None, typer.Option(help="Only this (or list-*); repeatable.")
    ] = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Short and small, to look.")] = False,
    large: Annotated[
        bool, typer.Option("--large", help="Grow to 10 million entries: half an hour more, 40 GB.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Put the cases measured into the record, with the day.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="Name the cases, measure nothing.")] = False,
) -> None:
    """Measure, print one table, write the record, its figures and plots for the documentation."""
    if list_:
        _list()
        return
    if quick and keep:
        raise typer.BadParameter("a quick look is no record")
    effort, steal = Effort(quick=quick, large=large), Steal()
    try:
        wanted = chosen(case or [], effort)
    except KeyError as unknown:
        raise typer.BadParameter(f"there is no case {unknown}; --list names them") from None
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: in order
    results: list[Result] = []
    for family, cases in wanted.items():
        results += _measure_family(family, cases, effort, rounds or (1 if quick else 5))
    about = {
        **machine.described(),
        "steal_share": round(steal.share(), 4),
        "seconds": round(time.monotonic() - _started),
        "quick": quick,
    }
    measured = {"machine": about, "cases": [result.plain() for result in results]}
    if keep:
        measured = kept(json.loads(LATEST.read_bytes()), measured)
    _report(results, about, measured, record=keep or not (quick or case))


def _list() -> None:
    for family in FAMILIES:
        for case in family.cases:
            goal = f"; goal {case.goal.text}" if case.goal else ""
            console.print(f"{case.name:20} {case.what}; limit: {case.limit}{goal}", soft_wrap=True)


def _measure_family(
    family: Family, cases: Sequence[Case], effort: Effort, rounds: int
) -> list[Result]:
    _say(f"{family.name}: starting a stack")
    results = [Result(case) for case in cases]
    try:
        with (
            tempfile.TemporaryDirectory(prefix="acquit-bench-") as folder,
            laboratory(Path(folder) / "stack", family.services, effort) as lab,
        ):
            for result in results:
                _measure(lab, result, rounds)
    except Exception as error:  # noqa: BLE001 - the other families go on
        for result in results:
            result.failure = result.failure or _sentence(error)
        _say(f"{family.name}: {_sentence(error)}")
    return results


def _measure(lab: Lab, result: Result, rounds: int) -> None:
    """Measure ours and the limit in turn; keep why it could not be done."""
    case = result.case
    _say(f"  {case.name}: making it ready")
    try:
        trial = case.start(lab)
        for number in range(rounds):
            result.ours.append(trial.ours())
            if trial.limit:
                result.limit.append(trial.limit())
            _say(f"  {case.name}: round {number + 1} of {rounds}: {_last(result)}")
    except Exception as error:  # noqa: BLE001 - the other cases go on
        result.failure = _sentence(error)
        _say(f"  {case.name}: failed: {result.failure}")


def _last(result: Result) -> str:
    words = f"{result.ours[-1].value:,.1f} {result.case.unit}"
    return words + (f", limit {result.limit[-1].value:,.1f}" if result.limit else "")


def _say(words: str) -> None:
    seconds = time.monotonic() - _started
    console.print(f"{seconds:6,.0f} s  {words}", markup=False, soft_wrap=True)


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:400]


def _report(
    results: Sequence[Result],
    about: Mapping[str, object],
    found: Mapping[str, Any],
    *,
    record: bool,
) -> None:
    wide = console if console.is_terminal else Console(highlight=False, width=_WIDTH)
    wide.print(table(results, about))
    RESULTS.mkdir(exist_ok=True)
    path = LATEST if record else RESULTS / "look.json"
    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    written = [path, *draw(found, PLOTS if record else RESULTS)]
    if record:
        page.write(found)
        written.append(page.PAGE)
    console.print(f"written: {', '.join(map(str, written))}", soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
