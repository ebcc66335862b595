"""What came of a case: its rounds, its medians, its verdict."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.case import Case, Figures, Sample
from bench.cpu import PARTS


@dataclass(slots=True)
class Result:
    """The rounds of a case as they come in; `failure` says why there are no more."""

    case: Case
    ours: list[Sample] = field(default_factory=list)
    limit: list[Sample] = field(default_factory=list)
    failure: str | None = None

    @property
    def ratio(self) -> float | None:
        """Return ours by the limit: the median over the rounds, since both drift together."""
        pairs = zip(self.ours, self.limit, strict=False)
        ratios = [ours.value / limit.value for ours, limit in pairs]
        return statistics.median(ratios) if ratios else None

    @property
    def figures(self) -> Figures | None:
        """Return the medians; None without a round."""
        if not self.ours:
            return None
        return Figures(
            value=statistics.median(sample.value for sample in self.ours),
            ratio=self.ratio,
            p50_ms=_median([sample.p50_ms for sample in self.ours]),
            p99_ms=_median([sample.p99_ms for sample in self.ours]),
            peak_mb=_median([sample.peak_mb for sample in self.ours]),
        )

    @property
    def met(self) -> bool | None:
        """Return whether the goal is met; None where there is none, False after a failure."""
        if self.case.goal is None:
            return None
        figures = self.figures
        return bool(figures and not self.failure and self.case.goal.met(figures))

    @property
    def cpu(self) -> dict[str, float] | None:
        """Return the CPU seconds of each part per 1,000 things; None where they don't matter."""
        used = [sample.cpu for sample in self.ours if sample.cpu]
        if not used:
            return None
        return {part: statistics.median(sample[part] for sample in used) for part in PARTS}

    def plain(self) -> dict[str, Any]:
        """Return it for JSON."""
        figures = self.figures
        return {
            "name": self.case.name,
            "what": self.case.what,
            "unit": self.case.unit,
            "ours": figures and _rounded(figures.value),
            "limit": _rounded(_median([sample.value for sample in self.limit])),
            "limit_what": self.case.limit,
            "ratio": _rounded(self.ratio, 4),
            "goal": self.case.goal.text if self.case.goal else None,
            "met": self.met,
            "failure": self.failure,
            "p50_ms": figures and _rounded(figures.p50_ms),
            "p99_ms": figures and _rounded(figures.p99_ms),
            "peak_mb": figures and _rounded(figures.peak_mb),
            "cpu_seconds_per_1000": self.cpu,
            "rounds": {
                "ours": [asdict(sample) for sample in self.ours],
                "limit": [asdict(sample) for sample in self.limit],
            },
        }


def kept(record: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with cases measured apart from it, in the place of what it had of them.

    Each says on which day and with what. A case has its limit from its own rounds, so it compares
    as before.
    """
    about = measured["machine"]
    apart_from = {"measured_on": about["date"][:10], "measured_with": about["cpu"]}
    apart = {case["name"]: {**case, **apart_from} for case in measured["cases"]}
    cases = [apart.pop(case["name"], case) for case in record["cases"]]
    return {**record, "cases": [*cases, *apart.values()]}


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)
