"""Everything running for a minute: what counts is when the last payment is visible everywhere."""

from bench.case import Case, Family, Goal, Sample, Trial
from bench.cases.loads import WARM_UP, single_payments
from bench.lab import Lab
from bench.sending import Pace
from shared.names import SERVICES

_CONNECTIONS = 64
_SPARE = 2.0  # more requests than the first second's rate asks for


class Sustained:
    """Loads for a minute, then waits until no service has anything left to do."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._seconds = 6.0 if lab.effort.quick else 60.0
        requests = single_payments(lab, 4 * WARM_UP)
        sent = lab.load(requests, Pace(connections=_CONNECTIONS)).sent
        self._count = int(_SPARE * self._seconds * sent.count / sent.seconds)

    def __call__(self) -> Sample:
        """Measure one round."""
        pace = Pace(connections=_CONNECTIONS, seconds_max=self._seconds)
        requests = single_payments(self._lab, self._count)
        loaded = self._lab.load(requests, pace)
        sent = loaded.sent
        return Sample(
            value=sent.count / loaded.visible_seconds,
            rate=sent.count / sent.seconds,
            count=sent.count,
            p50_ms=sent.percentile_ms(0.5),
            p99_ms=sent.percentile_ms(0.99),
            cpu={part: 1000 * used / sent.count for part, used in loaded.cpu.items()},
            client_cpu=1000 * sent.cpu_seconds / sent.count,
            more={"backlog_seconds": loaded.visible_seconds - sent.seconds},
        )


FAMILY = Family(
    name="sustained",
    services=SERVICES,
    cases=(
        Case(
            name="sustained",
            what="PUTs for 60 s, 64 connections, until every service has applied them all",
            goal=Goal(at_least=6_000),
            start=lambda lab: Trial(ours=Sustained(lab)),
        ),
    ),
)
