"""The verdict of a campaign: a table to read, and the same as JSON."""

import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.faults.campaign import Cycle, Outcome

RESULTS: Final = Path(__file__).with_name("results")


def summary(outcome: Outcome) -> list[dict[str, Any]]:
    """Return one line per kind of fault."""
    kinds = sorted({cycle.fault for cycle in outcome.cycles})
    return [_line(kind, [c for c in outcome.cycles if c.fault == kind]) for kind in kinds]


def _line(kind: str, cycles: Sequence[Cycle]) -> dict[str, Any]:
    done = [cycle for cycle in cycles if not cycle.skipped]
    recoveries = [cycle.recovery_seconds for cycle in done] or [0.0]
    return {
        "fault": kind,
        "times": len(done),
        "skipped": next((cycle.skipped for cycle in cycles if cycle.skipped), None),
        "outage_median_seconds": round(median([c.outage_seconds for c in done] or [0.0]), 2),
        "recovery_median_seconds": round(median(recoveries), 2),
        "recovery_max_seconds": round(max(recoveries), 2),
        "acknowledged": sum(cycle.acknowledged for cycle in done),
        "lost": sum(cycle.lost for cycle in done),
        "doubled": sum(cycle.doubled for cycle in done),
        "not_kept": sorted({promise for cycle in done for promise in cycle.missed}),
    }


def show(outcome: Outcome, console: Console) -> None:
    """Print the table, what was not kept, and the verdict."""
    table = Table("fault", *("times", "away", "well after", "at most", "acknowledged"))
    for name in ("lost", "doubled"):
        table.add_column(name)
    for column in table.columns[1:]:
        column.justify = "right"
    for line in summary(outcome):
        times = [line["outage_median_seconds"], line["recovery_median_seconds"]]
        seconds = [f"{value:.1f} s" for value in (*times, line["recovery_max_seconds"])]
        counts = [str(line[name]) for name in ("acknowledged", "lost", "doubled")]
        table.add_row(line["fault"], str(line["times"] or "skipped"), *seconds, *counts)
    console.print(table)
    for sentence in conclusion(outcome):
        console.print(sentence, style="bold", highlight=False, markup=False)


def conclusion(outcome: Outcome) -> Iterator[str]:
    """Yield what the table does not say: what was skipped, not kept, wrong; and the verdict."""
    for line in summary(outcome):
        if line["skipped"]:
            yield f"skipped: {line['fault']}: {line['skipped']}"
        yield from (f"NOT KEPT: {line['fault']}: {promise}" for promise in line["not_kept"])
    yield from (f"WRONG: {found.wrong}: {found.sentence}" for found in outcome.findings[:20])
    different = {place: names for place, names in outcome.tables.items() if names}
    for place, names in different.items():
        yield f"WRONG: rebuilding {place} gives other {', '.join(names)}"
    if outcome.trouble:
        yield f"ENDED EARLY: {outcome.trouble}"
    elif not outcome.findings:
        yield (
            f"{outcome.payments:,} payments acknowledged in {len(outcome.cycles)} cycles: none "
            f"lost, none doubled; {outcome.proofs} ledgers proven, "
            f"{len(outcome.tables)} rebuilds compared"
        )
    yield "every promise was kept" if outcome.kept else "NOT every promise was kept"


def write(outcome: Outcome, *, seed: int, seconds: float) -> Path:
    """Write everything as JSON; return where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"seed-{seed}-cycles-{len(outcome.cycles)}.json"
    everything = {
        "machine": {"cpus": os.cpu_count(), "system": platform.platform()},
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seed": seed,
        "seconds": round(seconds),
        "kept": outcome.kept,
        "faults": summary(outcome),
        **asdict(outcome),
    }
    path.write_text(json.dumps(everything, indent=2) + "\n")
    return path
