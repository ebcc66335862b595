"""Many payments in one request: each by itself, or all or none."""

from functools import partial

from bench.case import Case, Family, Goal, Trial
from bench.cases.loads import ClosedLoop
from bench.lab import Lab, only
from bench.limits import copying
from shared.names import SERVICES
from shared.new_ids import ordered_id

_CONNECTIONS = 4
_COPIED = 20_000  # payments


def _requests(lab: Lab, count: int, *, each: int, mode: str) -> list[bytes]:
    target, path = lab.target(), f"/v1/ledgers/{lab.books.ledger}/payments/bulk"
    item = lab.payment()
    return [
        target.request(
            "POST",
            path,
            {"mode": mode, "items": [{"id": str(ordered_id()), **item} for _ in range(each)]},
        )
        for _ in range(count)
    ]


def _start(lab: Lab, *, each: int, mode: str) -> Trial:
    make = partial(_requests, lab, each=each, mode=mode)
    size = {"each": each, "connections": _CONNECTIONS, "commits": _COPIED // each}
    return Trial(
        ours=ClosedLoop(
            lab, make, connections=_CONNECTIONS, expected=only("200"), payments_each=each
        ),
        limit=partial(copying.copied, lab, **size),
    )


FAMILY = Family(
    name="bulk",
    services=SERVICES,
    cases=tuple(
        Case(
            name=f"bulk-{each}-{mode}",
            what=f"POST of {each:,} payments, mode {mode}, {_CONNECTIONS} connections",
            limit="COPY of the same rows into tables of the same shape",
            goal=Goal(at_least=40_000, ratio_at_least=0.6),
            start=partial(_start, each=each, mode=mode),
        )
        for each in (100, 1_000)
        for mode in ("each", "all")
    ),
)
