"""The figures of a campaign, kept where readers look for them: in `docs/reliability.md`."""

import os
import time
from pathlib import Path
from typing import Final

from tests.faults.campaign import Outcome
from tests.faults.registry import FAULTS
from tests.faults.verdict import conclusion, summary

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN: Final = "<!-- figures: written by make faults-record -->\n"
END: Final = "<!-- end of figures -->\n"
_HEAD: Final = """\
| fault | times | away | well after, median | at most | acknowledged meanwhile | lost | doubled |
|---|---:|---:|---:|---:|---:|---:|---:|
"""


def record(outcome: Outcome, *, seed: int, seconds: float) -> None:
    """Put a campaign's figures in the place of the earlier ones."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    text = before + BEGIN + figures(outcome, seed=seed, seconds=seconds) + END + after
    PAGE.write_text(text, "utf-8")


def figures(outcome: Outcome, *, seed: int, seconds: float) -> str:
    """Return a campaign's figures as Markdown."""
    cycles, month = len(outcome.cycles), time.strftime("%B %Y")
    said = (
        f"`make faults CYCLES={cycles} SEED={seed}`, {month}, {os.cpu_count()} cores that ran "
        f"everything, {seconds / 60:.0f} minutes. Times in seconds.\n\n"
    )
    return said + _HEAD + "".join(_rows(outcome)) + "\n" + "".join(_verdict(outcome))


def _rows(outcome: Outcome) -> list[str]:
    rows = []
    for line in summary(outcome):
        name = f"{line['fault']}: {FAULTS[line['fault']].does}"
        times = ("outage_median_seconds", "recovery_median_seconds", "recovery_max_seconds")
        cells = [name, f"{line['times']}", *(f"{line[key]:.1f}" for key in times)]
        cells += [f"{line[key]:,}" for key in ("acknowledged", "lost", "doubled")]
        rows.append(f"| {' | '.join(cells)} |\n")
    return rows


def _verdict(outcome: Outcome) -> list[str]:
    return [f"* {sentence}\n" for sentence in conclusion(outcome)]
