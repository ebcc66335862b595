"""From a payment to its settled invoice, open loop: sent when due, whatever became of others.

Latency counts from the time at which a request was due until invoicing's commit that settles
the invoice can be read. So it holds the answer of payments, reconciliation's allocation and
two hops through Kafka. Seen in invoicing's journal, looked at every few milliseconds.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from bench.case import P99_MS, Case, Family, Goal, Sample, Trial
from bench.lab import Lab
from bench.limits import hops
from bench.sending import Pace, percentile_ms
from shared.names import SERVICES
from tests.books import ok

RATES: Final = (100, 500, 1_000, 2_000)
_CONNECTIONS: Final = 64
_PART: Final = 1_000  # documents in one request
_LOOK_SECONDS: Final = 0.004
_SETTLED: Final = """
SELECT position, stream FROM journal
WHERE ledger = $1 AND position > $2 AND type = 'invoicing.invoice-settled.v1' ORDER BY position
"""


class Settling:
    """Pays one invoice with each payment, at a rate."""

    def __init__(self, lab: Lab, *, per_second: int) -> None:
        self._lab = lab
        self._per_second = per_second
        self._pace = Pace(connections=_CONNECTIONS, per_second=per_second)
        warming_up = self._requests(self._validated(_CONNECTIONS))
        lab.load(warming_up, self._pace)

    @property
    def seconds(self) -> float:
        """Return how long requests are sent in one round."""
        return 1 if self._lab.effort.quick else 10

    def __call__(self) -> Sample:
        """Measure one round."""
        documents = self._validated(int(self._per_second * self.seconds))
        requests = self._requests(documents)
        with ThreadPoolExecutor(1) as aside:
            over = Event()
            watching = aside.submit(asyncio.run, self._watch(over))
            try:
                loaded = self._lab.load(requests, self._pace)
            finally:
                over.set()
            settled = watching.result()
        sent = loaded.sent
        pairs = list(zip(documents, sent.begun, sent.latency, strict=True))
        waited = [settled[document] - due for document, due, _ in pairs]
        after_answer = [settled[document] - due - latency for document, due, latency in pairs]
        return Sample(
            value=percentile_ms(waited, 0.99),
            rate=sent.count / (max(settled.values()) - sent.begun[0]),
            count=sent.count,
            p50_ms=percentile_ms(waited, 0.5),
            p99_ms=percentile_ms(waited, 0.99),
            cpu={part: 1000 * used / sent.count for part, used in loaded.cpu.items()},
            client_cpu=1000 * sent.cpu_seconds / sent.count,
            more={
                "answer_p50_ms": sent.percentile_ms(0.5),
                "answer_p99_ms": sent.percentile_ms(0.99),
                "after_answer_p50_ms": percentile_ms(after_answer, 0.5),
                "after_answer_p99_ms": percentile_ms(after_answer, 0.99),
            },
        )

    def _validated(self, count: int) -> list[UUID]:
        """Return as many invoices that every service knows."""
        documents = [uuid4() for _ in range(count)]
        body = {
            "kind": "invoice",
            "customer_id": str(self._lab.books.customer_id),
            "issued_on": "2025-08-18",
            "lines": [{"label": "Prestation", "net": "100.00", "vat_rate": "20"}],
        }
        for start in range(0, count, _PART):
            items = [{"id": str(name), **body} for name in documents[start : start + _PART]]
            made = ok(self._lab.books.post("invoicing", "/documents/bulk", {"items": items}))
            assert made["accepted"] == len(items), made
        self._lab.wait_until_caught_up()
        return documents

    def _requests(self, documents: Sequence[UUID]) -> list[bytes]:
        target, path = self._lab.target(), f"/v1/ledgers/{self._lab.books.ledger}/payments"
        return [
            target.request(
                "PUT", f"{path}/{uuid4()}", {"applies_to": [{"document_id": str(document)}]}
            )
            for document in documents
        ]

    async def _watch(self, over: Event) -> dict[UUID, float]:
        """Return when each invoice was first seen settled."""
        settled: dict[UUID, float] = {}
        connection = await asyncpg.connect(self._lab.stack.superuser_dsn("acquit_invoicing"))
        ledger = self._lab.books.ledger
        seen = self._lab.positions()["invoicing"]["position"]
        last_look = False
        while not last_look:
            last_look = over.is_set()
            for position, stream in await connection.fetch(_SETTLED, ledger, seen):
                seen = position
                settled[UUID(stream.rpartition("/")[2])] = time.perf_counter()
            await asyncio.sleep(_LOOK_SECONDS)
        await connection.close()
        return settled


def _start(lab: Lab, *, per_second: int) -> Trial:
    ours = Settling(lab, per_second=per_second)
    limit = partial(
        hops.two_hops, lab, lab.row_bytes(), per_second=per_second, seconds=ours.seconds
    )
    return Trial(ours=ours, limit=limit)


FAMILY = Family(
    name="settling",
    services=SERVICES,
    cases=tuple(
        Case(
            name=f"settling-{per_second}",
            what=f"payment due to invoice settled and visible, open loop at {per_second:,}/s",
            limit="two hops through Kafka alone, at the same rate",
            unit=P99_MS,
            goal=Goal(at_most=100) if per_second == 1_000 else None,  # noqa: PLR2004 - the issue's
            start=partial(_start, per_second=per_second),
        )
        for per_second in RATES
    ),
)
