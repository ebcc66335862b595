"""If this failed, each payment that pays an invoice would be written into every index twice."""

import asyncio
from uuid import uuid4

import asyncpg

from tests.books import Books, ok
from tests.shared.databases import connected

_COUNT = 200
_CHANGED = """
SELECT n_tup_upd AS changed, n_tup_hot_upd AS in_place FROM pg_stat_user_tables
WHERE relname = 'payments'
"""


async def _changes(db: asyncpg.Connection, at_least: int) -> tuple[int, int]:
    """Return how many payments changed so far, and how many in place; counts come a moment late."""
    async with asyncio.timeout(30):
        while (found := await db.fetchrow(_CHANGED))["changed"] < at_least:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)
    return found["changed"], found["in_place"]


async def test_what_is_allocated_of_a_payment_is_changed_in_place(books: Books) -> None:
    """With all payments of a page in one commit, as a bulk request brings them."""
    invoice = books.invoice("200.00")
    applied = [{"document_id": invoice["document_id"], "amount": "1.00"}]
    items = [{"id": str(uuid4()), "amount": "1.00", "applies_to": applied} for _ in range(_COUNT)]
    async with connected(books.stack.superuser_dsn("acquit_payments")) as db:
        await asyncio.sleep(1.5)  # until what was before is counted
        before, in_place_before = await _changes(db, 0)
        ok(books.post("payments", "/payments/bulk", {"mode": "all", "items": items}))
        books.wait_until_caught_up()
        after, in_place = await _changes(db, before + _COUNT)
    assert after - before >= _COUNT
    assert in_place - in_place_before >= 0.9 * (after - before)
