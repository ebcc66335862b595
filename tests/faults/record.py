"""The figures of campaigns, kept where readers look for them: in `docs/reliability.md`.

A thousand faults take hours, so they may come from several campaigns, each with a seed of its own.
What each found is kept in `docs/faults/`, one file per seed, and the page shows all together.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from tests.faults.campaign import Outcome
from tests.faults.registry import FAULTS
from tests.faults.verdict import conclusion, summary
from tests.figures import replace_figures

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
KEPT: Final = Path(__file__).parents[2] / "docs" / "faults"
BEGIN: Final = "<!-- figures: written by make faults-record -->\n"
END: Final = "<!-- end of figures -->\n"
_HEAD: Final = """\
| fault | times | away | well after, median | at most | acknowledged meanwhile | lost | doubled |
|---|---:|---:|---:|---:|---:|---:|---:|
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A campaign that counts: when and on what it ran, and what came of it."""

    seed: int
    month: str
    cores: int
    seconds: float
    outcome: Outcome


def record(outcome: Outcome, *, seed: int, seconds: float) -> None:
    """Keep a campaign, in the place of an earlier one of this seed, and show all that are kept."""
    campaign = Recorded(
        seed=seed,
        month=time.strftime("%B %Y"),
        cores=os.cpu_count() or 1,
        seconds=round(seconds),
        outcome=outcome,
    )
    KEPT.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(campaign), indent=1)
    (KEPT / f"seed-{seed}.json").write_bytes(text + b"\n")
    paths = sorted(KEPT.glob("seed-*.json"))
    write([msgspec.json.decode(path.read_bytes(), type=Recorded) for path in paths])


def write(campaigns: Sequence[Recorded]) -> None:
    """Put the figures of campaigns on the page, in the place of those that were there."""
    replace_figures(PAGE, BEGIN, figures(campaigns), END)


def figures(campaigns: Sequence[Recorded]) -> str:
    """Return the figures of campaigns as Markdown."""
    said = "".join(
        f"* `make faults CYCLES={len(c.outcome.cycles)} SEED={c.seed}`, {c.month}, {c.cores} cores "
        f"that ran everything, {c.seconds / 60:.0f} minutes\n"
        for c in campaigns
    )
    together = _together(campaigns)
    verdict = "".join(f"* {sentence}\n" for sentence in conclusion(together))
    return f"{said}\nTimes in seconds.\n\n{_HEAD}{_rows(together)}\n{verdict}"


def _together(campaigns: Sequence[Recorded]) -> Outcome:
    outcomes = [campaign.outcome for campaign in campaigns]
    return Outcome(
        cycles=list(chain.from_iterable(o.cycles for o in outcomes)),
        findings=list(chain.from_iterable(o.findings for o in outcomes)),
        trouble="; ".join(o.trouble for o in outcomes if o.trouble) or None,
        payments=sum(o.payments for o in outcomes),
        proofs=sum(o.proofs for o in outcomes),
        tables={
            f"{place}, seed {campaign.seed}": names
            for campaign in campaigns
            for place, names in campaign.outcome.tables.items()
        },
    )


def _rows(outcome: Outcome) -> str:
    rows = []
    for line in summary(outcome):
        name = f"{line['fault']}: {FAULTS[line['fault']].does}"
        times = ("outage_median_seconds", "recovery_median_seconds", "recovery_max_seconds")
        cells = [name, f"{line['times']}", *(f"{line[key]:.1f}" for key in times)]
        cells += [f"{line[key]:,}" for key in ("acknowledged", "lost", "doubled")]
        rows.append(f"| {' | '.join(cells)} |\n")
    return "".join(rows)
