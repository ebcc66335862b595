"""Filling a service's tables again from the facts: read, check, apply, write, compare."""

from functools import partial

from bench import sealed
from bench.case import EVENTS, Case, Family, Goal, Sample, Trial
from bench.lab import Lab
from bench.timed import timed

_SERVICE = "payments"


def _entries(lab: Lab) -> int:
    return 10_000 if lab.effort.quick else 100_000


def _rebuild(lab: Lab, source: str, entries: int) -> Sample:
    sealed.tidy(lab)  # each rebuild leaves as many dead rows as there are rows
    found = timed(lab, "rebuild", _SERVICE, source)
    rate = entries / found["seconds"]
    return Sample(value=rate, rate=rate, count=entries, peak_mb=found["peak_mb"])


def _read(lab: Lab, source: str) -> Sample:
    found = timed(lab, "read", _SERVICE, source)
    rate = found["entries"] / found["seconds"]
    return Sample(value=rate, rate=rate, count=found["entries"])


def _start(lab: Lab, *, source: str) -> Trial:
    if lab.positions()[_SERVICE]["position"] < _entries(lab):
        sealed.lengthen(lab, _entries(lab))
    entries = sum(report["position"] for report in lab.positions().values())
    return Trial(ours=partial(_rebuild, lab, source, entries), limit=partial(_read, lab, source))


FAMILY = Family(
    name="rebuild",
    services=("invoicing", "payments"),
    cases=tuple(
        Case(
            name=f"rebuild-{source}",
            what=f"payments' tables from {words}, every link and signature checked",
            limit="reading the same entries and nothing else",
            unit=EVENTS,
            goal=Goal(at_least=30_000),
            start=partial(_start, source=source),
        )
        for source, words in (("journal", "the journals"), ("kafka", "Kafka alone"))
    ),
)
