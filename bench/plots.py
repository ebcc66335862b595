"""The plots of the documentation, drawn from a record; the same record gives the same bytes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_SIZE: Final = (6.4, 3.6)  # inches
_OURS, _LIMIT, _GOAL = "#1f5fa8", "#8a8a8a", "#c0392b"
_CONNECTIONS: Final = (1, 16, 64, 256)
_RATES: Final = (100, 500, 1_000, 2_000)
_SHORT: Final = 10_000
_LENGTHS: Final = {"30k": 30_000, "100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}

Cases = Mapping[str, Mapping[str, Any]]
Points = Sequence[tuple[float, float]]


def draw(record: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what this record has at least two points of; return the files."""
    cases = {case["name"]: case for case in record["cases"] if case["ours"] is not None}
    drawn = []
    with mpl.rc_context({"svg.hashsalt": "acquit", "svg.fonttype": "none", "font.size": 10}):
        for name, plot in _PLOTS.items():
            figure = Figure(figsize=_SIZE, layout="constrained")
            if plot(figure.subplots(), cases):
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"{name}.svg"
                figure.savefig(path, metadata={"Date": None})
                drawn.append(path)
    return drawn


def _throughput(axes: Axes, cases: Cases) -> bool:
    axes.set(title="Single payments", xlabel="connections", ylabel="per second", xscale="log")
    axes.set_xticks(_CONNECTIONS, labels=[str(number) for number in _CONNECTIONS])
    axes.minorticks_off()
    _line(axes, _values(cases, "single-{}", _CONNECTIONS, "limit"), "pgbench", _LIMIT)
    return _line(axes, _values(cases, "single-{}", _CONNECTIONS, "ours"), "payments", _OURS)


def _latency(axes: Axes, cases: Cases) -> bool:
    axes.set(title="Latency of single payments", xlabel="connections", ylabel="ms")
    axes.set(xscale="log", yscale="log")
    axes.set_xticks(_CONNECTIONS, labels=[str(number) for number in _CONNECTIONS])
    axes.minorticks_off()
    _line(axes, _values(cases, "single-{}", _CONNECTIONS, "p99_ms"), "99 % within", _LIMIT)
    return _line(axes, _values(cases, "single-{}", _CONNECTIONS, "p50_ms"), "half within", _OURS)


def _settling(axes: Axes, cases: Cases) -> bool:
    axes.set(title="From due to settled, open loop", xlabel="payments per second", ylabel="ms")
    axes.set(yscale="log")
    axes.axhline(100, color=_GOAL, linewidth=1, linestyle=":", label="goal at 1,000/s")
    _line(axes, _values(cases, "settling-{}", _RATES, "limit"), "two hops alone, p99", _LIMIT)
    _line(axes, _values(cases, "settling-{}", _RATES, "p50_ms"), "p50", _OURS, "--")
    return _line(axes, _values(cases, "settling-{}", _RATES, "p99_ms"), "p99", _OURS)


def _growth(axes: Axes, cases: Cases) -> bool:
    axes.set(title="Cost by size of the journal", xlabel="entries", ylabel="times the cost at 10 k")
    axes.set(xscale="log")
    axes.axhline(1 / 0.85, color=_GOAL, linewidth=1, linestyle=":", label="goal")
    shown = False
    for work, words, colour in (
        ("put", "record a payment", _OURS),
        ("list", "list the latest", "#2e8b57"),
        ("customer", "list a customer's", "#8e5ea2"),
        ("text", "find by number", "#d08a2e"),
    ):
        points = [(float(_SHORT), 1.0)]
        for name, entries in _LENGTHS.items():
            case = cases.get(f"growth-{work}-{name}")
            if case and case["ratio"]:
                points.append((float(entries), 1 / case["ratio"]))
        shown = _line(axes, points, words, colour) or shown
    return shown


_PLOTS: Final[dict[str, Callable[[Axes, Cases], bool]]] = {
    "throughput": _throughput,
    "latency": _latency,
    "settling": _settling,
    "growth": _growth,
}


def _values(cases: Cases, pattern: str, places: Sequence[int], key: str) -> Points:
    found = [(float(place), cases.get(pattern.format(place), {}).get(key)) for place in places]
    return [(place, value) for place, value in found if value is not None]


def _line(axes: Axes, points: Points, label: str, colour: str, style: str = "-") -> bool:
    """Add a line, if it is one; what the axes hold starts at zero unless they are logarithmic."""
    if len(points) < 2:  # noqa: PLR2004 - a line has two ends
        return False
    axes.plot(*zip(*points, strict=True), marker="o", label=label, color=colour, linestyle=style)
    if axes.get_yscale() == "linear":
        axes.set_ylim(0, 1.1 * axes.dataLim.ymax)
    else:
        axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend(frameon=False)
    return True
