"""Single payments, one durable PUT each, over more and more connections."""

from functools import partial

from bench.case import Case, Family, Goal, Trial
from bench.cases import ceiling
from bench.cases.loads import ClosedLoop, single_payments
from bench.lab import Lab
from bench.limits import pgbench
from shared.names import SERVICES

_GOALS = {
    1: Goal(p50_ms_at_most=2),
    64: Goal(at_least=10_000, ratio_at_least=1),
}


def _start(lab: Lab, *, connections: int) -> Trial:
    row_bytes = lab.row_bytes()
    return Trial(
        ours=ClosedLoop(lab, partial(single_payments, lab), connections=connections),
        limit=partial(pgbench.inserts, lab, row_bytes, connections=connections),
    )


FAMILY = Family(
    name="single",
    services=SERVICES,
    cases=(
        ceiling.CASE,
        *(
            Case(
                name=f"single-{connections}",
                what=f"PUT of a payment, {connections} connections, closed loop",
                limit="pgbench inserting such rows, one a transaction, over as many connections",
                goal=_GOALS.get(connections),
                start=partial(_start, connections=connections),
            )
            for connections in (1, 16, 64, 256)
        ),
    ),
)
