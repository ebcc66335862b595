"""If this failed, putting yesterday's dumps back would undo a day of payments, unseen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from deploy.local.stack import Stack
from tests.archive.tampering import tampered
from tests.books import Books, ok, until

pytestmark = pytest.mark.fuzz  # the archive starts anew, and whoever shares the stack waits
LEDGER = "yesterday"
KEPT = {
    "payments": ("journal", "chain_heads", "relay_checkpoints"),
    "archive": ("copied_entries", "checkpoints"),
}
PROTECTED = ("journal", "copied_entries")
Dump = dict[str, list[Any]]


@asynccontextmanager
async def superuser(stack: Stack, service: str) -> AsyncIterator[asyncpg.Connection]:
    db = await asyncpg.connect(stack.superuser_dsn(f"acquit_{service}"))
    try:
        yield db
    finally:
        await db.close()


async def dumped(stack: Stack, service: str) -> Dump:
    """Return a ledger's rows as they stand, as a dump holds them."""
    async with superuser(stack, service) as db:
        return {
            table: await db.fetch(f"SELECT * FROM {table} WHERE ledger = $1", LEDGER)  # noqa: S608 - our tables
            for table in KEPT[service]
        }


async def put_back(stack: Stack, service: str, dump: Dump) -> None:
    """Put a dump's rows in the place of today's; the archive forgets how far it read, too."""
    async with superuser(stack, service) as db, db.transaction():
        for table, rows in dump.items():
            if table in PROTECTED:
                await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            await db.execute(f"DELETE FROM {table} WHERE ledger = $1", LEDGER)  # noqa: S608 - ours
            await db.copy_records_to_table(table, records=[tuple(row) for row in rows])
            if table in PROTECTED:
                for trigger in ("only_added_rows", "only_added"):
                    await db.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
        if service == "archive":
            await db.execute("DELETE FROM topic_offsets")


def test_yesterday_s_dump_of_the_books_and_of_the_archive_is_known_from_kafka(
    stack: Stack,
) -> None:
    with Books(stack, LEDGER) as books, tampered(stack, "payments", LEDGER):
        books.open()
        ok(books.pay(amount="10.00"))
        books.wait_until_caught_up()
        yesterday = {name: asyncio.run(dumped(stack, name)) for name in KEPT}
        known = int(ok(books.get("payments", "/positions"))["position"])
        ok(books.pay(amount="20.00"))
        books.wait_until_caught_up()
        stack.kill("archive")
        for name, dump in yesterday.items():
            asyncio.run(put_back(stack, name, dump))
        stack.restart("archive")

        def flaw() -> Any:
            return ok(books.post("archive", "/verifications", {}))["first_flaw"]

        until(lambda: flaw() is not None)
        found = flaw()
        assert (found["found_in"], found["service"]) == ("journal", "payments")
        assert (found["position"], found["flaw"]) == (known + 1, "cut")
