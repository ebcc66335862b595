"""How long a payment takes to settle its invoice: from the 201 to the row in invoicing.

Open loop: payments are sent at fixed times whether or not earlier ones are settled. The
settled row is seen in invoicing's database, in whose commit it becomes visible to readers,
looked for every two milliseconds.
"""

import asyncio
import time
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.books import Books

_LOOK_SECONDS = 0.002
_GRACE_SECONDS = 20
_SETTLED = """
SELECT position, stream FROM journal
WHERE ledger = $1 AND position > $2 AND type = 'invoicing.invoice-settled.v1' ORDER BY position
"""


def measure_settling(books: Books, *, per_second: int, seconds: int) -> dict[str, float]:
    """Return p50 and p99 in milliseconds at a rate."""
    return asyncio.run(_Measurement(books, per_second, seconds).run())


class _Measurement:
    def __init__(self, books: Books, per_second: int, seconds: int) -> None:
        self._books = books
        self._per_second = per_second
        self._count = per_second * seconds
        self._answered: dict[UUID, float] = {}
        self._settled: dict[UUID, float] = {}
        self._http = httpx.AsyncClient(
            headers=dict(books.http.headers), limits=httpx.Limits(max_connections=64), timeout=30
        )

    async def run(self) -> dict[str, float]:
        documents = [uuid4() for _ in range(self._count)]
        await self._validate(documents)
        await asyncio.to_thread(self._books.wait_until_caught_up)
        watcher = asyncio.create_task(self._watch())
        await self._pay(documents)
        async with asyncio.timeout(_GRACE_SECONDS):
            await watcher
        await self._http.aclose()
        waits = sorted(
            1000 * max(0.0, self._settled[document] - answered)
            for document, answered in self._answered.items()
        )
        return {
            "per_second": self._per_second,
            "count": len(waits),
            "p50_ms": waits[len(waits) // 2],
            "p99_ms": waits[int(len(waits) * 0.99)],
        }

    async def _validate(self, documents: list[UUID]) -> None:
        body: dict[str, Any] = {
            "kind": "invoice",
            "customer_id": str(self._books.customer_id),
            "issued_on": "2025-08-18",
            "lines": [{"label": "Prestation", "net": "100.00", "vat_rate": "20"}],
        }
        waiting = iter(documents)

        async def work() -> None:
            for document in waiting:
                url = self._books.url("invoicing", f"/documents/{document}")
                (await self._http.put(url, json=body)).raise_for_status()

        await asyncio.gather(*(work() for _ in range(16)))

    async def _pay(self, documents: list[UUID]) -> None:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number, document in enumerate(documents):
                due = started + number / self._per_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(self._pay_one(document))

    async def _pay_one(self, document: UUID) -> None:
        body = {"applies_to": [{"document_id": str(document)}]}
        url = self._books.url("payments", f"/payments/{uuid4()}")
        (await self._http.put(url, json=body)).raise_for_status()
        self._answered[document] = time.perf_counter()

    async def _watch(self) -> None:
        dsn = self._books.stack.superuser_dsn("acquit_invoicing")
        connection = await asyncpg.connect(dsn)
        seen = 0
        while len(self._settled) < self._count:
            for position, stream in await connection.fetch(_SETTLED, self._books.ledger, seen):
                seen = position
                self._settled[UUID(stream.rpartition("/")[2])] = time.perf_counter()
            await asyncio.sleep(_LOOK_SECONDS)
        await connection.close()
