"""The figures of a record where readers look for them: in `docs/performance.md`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.table import number
from tests.figures import replace_figures

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN: Final = "<!-- figures: written by make bench -->\n"
END: Final = "<!-- end of figures -->\n"
_HEAD: Final = """\
| case | unit | median (min to max) | p50, p99 ms | peak MB | limit | of limit | goal | met |
|---|---|---:|---:|---:|---:|---:|---|---|
"""


def write(record: Mapping[str, Any]) -> None:
    """Put the figures of a record on the page, in the place of those that were there."""
    replace_figures(PAGE, BEGIN, figures(record), END)


def figures(record: Mapping[str, Any]) -> str:
    """Return the figures of a record as Markdown."""
    machine = record["machine"]
    said = (
        f"`make bench`, {machine['date'][:10]}, {machine['seconds'] / 60:.0f} minutes, "
        f"{machine['cores']} cores that ran everything; {machine['steal_share']:.1%} of their "
        "time was taken by the host. Medians of the rounds. A case with a day was measured apart.\n"
    )
    return f"{said}\n{_HEAD}{''.join(map(_row, record['cases']))}"


def _row(case: Mapping[str, Any]) -> str:
    values = [sample["value"] for sample in case["rounds"]["ours"]]
    middle = number(case["ours"], 0)
    times = ", ".join(number(case[key], 1) for key in ("p50_ms", "p99_ms") if case[key])
    cells = [
        f"`{case['name']}`" + (f" ({case['measured_on']})" if "measured_on" in case else ""),
        case["unit"],
        f"{middle} ({min(values):,.0f} to {max(values):,.0f})" if values else "",
        times,
        number(case["peak_mb"], 0),
        number(case["limit"], 0),
        "" if case["ratio"] is None else f"{case['ratio']:.0%}",
        f"failed: {case['failure']}" if case["failure"] else case["goal"] or "",
        {None: "", True: "yes", False: "**no**"}[case["met"]],
    ]
    return f"| {' | '.join(cells)} |\n"
