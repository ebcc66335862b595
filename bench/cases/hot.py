"""What is harder than the plain case: one document for all, repeats, refusals, random names.

Each is held against the plain case, single payments over as many connections, in the same
run: none may cost more than a fifth of its rate.
"""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

from bench.case import Case, Family, Goal, Trial
from bench.cases.loads import ClosedLoop, single_payments
from bench.lab import Counts, Lab
from shared.names import SERVICES
from shared.new_ids import random_id
from tests.books import ok

_CONNECTIONS = 64
_CREATED, _REFUSED = "201", "422"
_REPEATED = 2_000  # different requests, sent again and again
_REFUSED_ONE_IN = 10


def _start(lab: Lab, *, ours: Callable[[Lab], ClosedLoop]) -> Trial:
    plain = ClosedLoop(lab, partial(single_payments, lab), connections=_CONNECTIONS)
    return Trial(ours=ours(lab), limit=plain)


def _one_document(lab: Lab) -> ClosedLoop:
    """Pay an invoice that is large enough for every payment of the run, a cent each time."""
    body = {
        "kind": "invoice",
        "customer_id": str(lab.books.customer_id),
        "issued_on": "2025-08-18",
        "lines": [{"label": "Prestation", "net": "9000000.00", "vat_rate": "0"}],
    }
    document = ok(lab.books.put("invoicing", f"/documents/{uuid4()}", body))
    lab.wait_until_caught_up()
    paid = [{"document_id": document["document_id"], "amount": "0.01"}]
    make = partial(single_payments, lab, amount="0.01", applies_to=paid)
    return ClosedLoop(lab, make, connections=_CONNECTIONS)


def _repeats(lab: Lab) -> ClosedLoop:
    """Send what was accepted before, and nothing else."""
    known = single_payments(lab, _REPEATED)

    def make(count: int) -> list[bytes]:
        return [known[number % _REPEATED] for number in range(count)]

    return ClosedLoop(lab, make, connections=_CONNECTIONS)


def _random_names(lab: Lab) -> ClosedLoop:
    """Name payments at random: each lands somewhere else in every index."""
    make = partial(single_payments, lab, new_name=random_id)
    return ClosedLoop(lab, make, connections=_CONNECTIONS)


def _refusals(lab: Lab) -> ClosedLoop:
    """Send one in ten that must be refused: there is no such payment method."""

    def make(count: int) -> list[bytes]:
        refused = count // _REFUSED_ONE_IN
        good = single_payments(lab, count - refused)
        bad = single_payments(lab, refused, method="nobody")
        for number, request in enumerate(bad):
            good.insert(number * _REFUSED_ONE_IN, request)
        return good

    def expected(statuses: Counts) -> bool:
        tenth = sum(statuses.values()) / _REFUSED_ONE_IN
        close = abs(statuses.get(_REFUSED, 0) - tenth) <= _CONNECTIONS  # some never came back
        return set(statuses) == {_CREATED, _REFUSED} and close

    return ClosedLoop(lab, make, connections=_CONNECTIONS, expected=expected)


FAMILY = Family(
    name="hot",
    services=SERVICES,
    cases=tuple(
        Case(
            name=f"hot-{name}",
            what=f"PUT of a payment, {_CONNECTIONS} connections: {what}",
            limit="the plain case, single payments over as many connections",
            goal=Goal(ratio_at_least=0.8),
            start=partial(_start, ours=ours),
        )
        for name, what, ours in (
            ("document", "all pay one invoice", _one_document),
            ("repeats", "each was accepted before", _repeats),
            ("refusals", "one in ten is refused", _refusals),
            ("random", "named at random (UUIDv4)", _random_names),
        )
    ),
)
