"""A case: what is measured, against what limit, and when its goal is met."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bench.cpu import Seconds

if TYPE_CHECKING:
    from bench.lab import Effort, Lab

PAYMENTS: Final = "payments/s"
REQUESTS: Final = "requests/s"
EVENTS: Final = "events/s"
ENTRIES: Final = "entries/s"
LINES: Final = "lines/s"
P95_MS: Final = "ms (p95)"  # the smaller the better
P99_MS: Final = "ms (p99)"  # the smaller the better


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One round of one side; `value` is in the case's unit, CPU seconds are per 1,000 things."""

    value: float
    count: int
    rate: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu: Seconds | None = None
    client_cpu: float | None = None
    peak_mb: float | None = None
    more: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """The medians of a case's rounds, for its goal to judge."""

    value: float
    ratio: float | None
    p50_ms: float | None
    p99_ms: float | None
    peak_mb: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is wanted; what is not named does not matter."""

    at_least: float | None = None
    at_most: float | None = None
    ratio_at_least: float | None = None
    ratio_at_most: float | None = None
    p50_ms_at_most: float | None = None
    peak_mb_at_most: float | None = None

    @property
    def text(self) -> str:
        """Return it in words.

        >>> Goal(at_least=10_000, ratio_at_least=1).text
        '≥ 10,000, ratio ≥ 100 %'
        """
        parts = (
            (self.at_least, "≥ {:,.0f}"),
            (self.at_most, "≤ {:,.0f}"),
            (self.p50_ms_at_most, "p50 ≤ {:g} ms"),
            (self.ratio_at_least, "ratio ≥ {:.0%}"),
            (self.ratio_at_most, "ratio ≤ {:.0%}"),
            (self.peak_mb_at_most, "memory ≤ {:,.0f} MB"),
        )
        texts = [pattern.format(wanted) for wanted, pattern in parts if wanted is not None]
        return ", ".join(texts).replace("%", " %")

    def met(self, found: Figures) -> bool:
        """Say whether these figures reach it."""
        lower = ((found.value, self.at_least), (found.ratio, self.ratio_at_least))
        upper = (
            (found.value, self.at_most),
            (found.ratio, self.ratio_at_most),
            (found.p50_ms, self.p50_ms_at_most),
            (found.peak_mb, self.peak_mb_at_most),
        )
        return all(
            wanted is None or (value is not None and value >= wanted) for value, wanted in lower
        ) and all(
            wanted is None or (value is not None and value <= wanted) for value, wanted in upper
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """A case made ready: each call measures one round of one side."""

    ours: Callable[[], Sample]
    limit: Callable[[], Sample] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something measured; `wanted` says with how much effort it is, if nobody names it."""

    name: str
    what: str
    limit: str = "none"
    unit: str = PAYMENTS
    goal: Goal | None = None
    start: "Callable[[Lab], Trial]"
    wanted: "Callable[[Effort], bool]" = lambda _effort: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Cases that share a stack, so that no other case's rows and backlog disturb them.

    `services` are those that the stack runs; none where there is nothing to run.
    """

    name: str
    services: tuple[str, ...]
    cases: tuple[Case, ...]
