"""What several families share: a closed loop of requests that finds its own size."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from bench.case import Sample
from bench.lab import CREATED, Expected, Lab
from bench.sending import Pace
from shared.new_ids import ordered_id

WARM_UP = 400  # requests
_SPARE = 1.4  # more requests than the last rate asks for, so that time ends a round


class ClosedLoop:
    """Sends as many requests as get answered in a round's time; each stands for some payments."""

    def __init__(
        self,
        lab: Lab,
        make: Callable[[int], Sequence[bytes]],
        *,
        connections: int,
        expected: Expected = CREATED,
        payments_each: int = 1,
    ) -> None:
        self._lab = lab
        self._make = make
        self._connections = connections
        self._expected = expected
        self._each = payments_each
        self._per_second = self._warm_up()

    def __call__(self) -> Sample:
        """Measure one round."""
        seconds = self._lab.effort.seconds
        count = max(2 * self._connections, int(self._per_second * seconds * _SPARE))
        pace = Pace(connections=self._connections, seconds_max=seconds)
        loaded = self._lab.load(list(self._make(count)), pace, expected=self._expected)
        sent = loaded.sent
        self._per_second = sent.count / sent.seconds
        payments = sent.count * self._each
        return Sample(
            value=payments / sent.seconds,
            rate=payments / sent.seconds,
            count=payments,
            p50_ms=sent.percentile_ms(0.5),
            p99_ms=sent.percentile_ms(0.99),
            cpu={part: 1000 * used / payments for part, used in loaded.cpu.items()},
            client_cpu=1000 * sent.cpu_seconds / payments,
        )

    def _warm_up(self) -> float:
        """Make connections, plans and caches as they are in a running system."""
        count = max(self._connections, WARM_UP // self._each)
        pace = Pace(connections=self._connections)
        sent = self._lab.load(list(self._make(count)), pace, expected=self._expected).sent
        return sent.count / sent.seconds


def single_payments(
    lab: Lab, count: int, *, new_name: Callable[[], UUID] = ordered_id, **fields: Any
) -> list[bytes]:
    """Return requests for as many new payments, all alike but for their names.

    Names are of the kind that docs/api.md asks of clients, unless said otherwise.
    """
    target, path = lab.target(), f"/v1/ledgers/{lab.books.ledger}/payments/"
    hole = "0" * 36
    before, after = target.request("PUT", path + hole, lab.payment(**fields)).split(hole.encode())
    return [before + str(new_name()).encode() + after for _ in range(count)]
