"""The same work on a short journal and on a long one: it should not be felt.

The limit is a second stack whose journal stays short. Both run, so that what an idle stack
costs is the same for both, and each round measures one after the other. Every journal is made
by COPY of sealed entries that verify; the product's own rebuild proves that the tables made
with the short one are what its facts say.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from bench import sealed
from bench.case import PAYMENTS, REQUESTS, Case, Family, Goal, Sample, Trial
from bench.cases.loads import single_payments
from bench.lab import Effort, Lab, only
from bench.sending import Pace
from bench.timed import timed

SERVICES: Final = ("invoicing", "payments")
SHORT: Final = 10_000
SIZES: Final = {"30k": 30_000, "100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
_CONNECTIONS: Final = 16
_PUTS: Final = 2_000  # few, so that the short journal stays short
_GETS: Final = 1_000
_FLAT: Final = 0.85

Make = Callable[[Lab, int], Sequence[bytes]]


def _list(lab: Lab, count: int, *, query: str) -> list[bytes]:
    path = f"/v1/ledgers/{lab.books.ledger}/payments?limit=50{query}"
    return [lab.target().request("GET", path)] * count


def _customers(lab: Lab, count: int) -> list[bytes]:
    return _list(lab, count, query=f"&customer_id={lab.books.customer_id}")


def _last_number(lab: Lab, count: int) -> list[bytes]:
    found = lab.books.get("payments", "/payments", limit=1).json()["items"][0]
    return _list(lab, count, query=f"&text={found['number']}")


WORK: Final[dict[str, tuple[str, Make, str, int]]] = {
    "put": ("PUT of a payment", single_payments, "201", _PUTS),
    "list": ("the latest 50 payments", partial(_list, query=""), "200", _GETS),
    "customer": ("a customer's latest 50 payments", _customers, "200", _GETS),
    "text": ("payments found by their number", _last_number, "200", _GETS // 50),
}


def _measure(lab: Lab, *, work: str) -> Sample:
    _, make, status, count = WORK[work]
    count = count // 4 if lab.effort.quick else count
    loaded = lab.load(list(make(lab, count)), Pace(connections=_CONNECTIONS), only(status))
    sent = loaded.sent
    rate = sent.count / sent.seconds
    return Sample(
        value=rate,
        rate=rate,
        count=sent.count,
        p50_ms=sent.percentile_ms(0.5),
        p99_ms=sent.percentile_ms(0.99),
        cpu={part: 1000 * used / sent.count for part, used in loaded.cpu.items()},
    )


def _start(lab: Lab, *, size: str, work: str) -> Trial:
    short = lab.beside(SERVICES)
    if _lengthen(short, SHORT):
        timed(short, "rebuild", "payments", "kafka")  # fails if a table came out different
    _lengthen(lab, SIZES[size])
    for one in (lab, short):
        _measure(one, work=work)  # warm
    return Trial(ours=partial(_measure, lab, work=work), limit=partial(_measure, short, work=work))


def _lengthen(lab: Lab, entries: int) -> bool:
    """Make a journal so long; say whether there was anything to do."""
    if lab.positions()["payments"]["position"] >= entries:
        return False
    lab.end_followers()
    sealed.lengthen(lab, entries)
    return True


def _wanted(effort: Effort, size: str) -> bool:
    """Say whether a journal gets so long."""
    if effort.quick:
        return size == "30k"
    return size in {"100k", "1m"} or (size == "10m" and effort.large)


FAMILY = Family(
    name="growth",
    services=SERVICES,
    cases=tuple(
        Case(
            name=f"growth-{work}-{size}",
            what=f"{what}, {SIZES[size]:,} entries in the journal, {_CONNECTIONS} connections",
            limit=f"the same with {SHORT:,} entries",
            unit=PAYMENTS if work == "put" else REQUESTS,
            goal=Goal(ratio_at_least=_FLAT),
            start=partial(_start, size=size, work=work),
            wanted=partial(_wanted, size=size),
        )
        for size in SIZES
        for work, (what, *_) in WORK.items()
    ),
)
