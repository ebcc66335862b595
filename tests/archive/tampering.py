"""Changes behind the services' backs: as PostgreSQL's superuser, with the triggers off."""

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import asyncpg

from deploy.local.stack import Stack

T = TypeVar("T")
_TABLES = ("journal", "chain_heads", "copied_entries", "checkpoints", "findings")


@contextmanager
def tampered(stack: Stack, service: str, ledger: str, *statements: str) -> Iterator[None]:
    """Run statements on one ledger (`$1`), and put everything back as it was at the end."""
    dsn = stack.superuser_dsn(f"acquit_{service}")
    before = _done(_rows(dsn, ledger))
    _done(change(dsn, ledger, *statements))
    try:
        yield
    finally:
        _done(_restore(dsn, ledger, before))


def _done(work: Coroutine[Any, Any, T]) -> T:
    """Finish some work aside, wherever it is asked for: in a test with a loop or without."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


async def _rows(dsn: str, ledger: str) -> dict[str, list[tuple[Any, ...]]]:
    db = await asyncpg.connect(dsn)
    try:
        return {
            table: [
                tuple(row)
                for row in await db.fetch(f"SELECT * FROM {table} WHERE ledger = $1", ledger)  # noqa: S608 - our tables
            ]
            for table in await _present(db)
        }
    finally:
        await db.close()


async def change(dsn: str, ledger: str, *statements: str) -> None:
    """Run statements on one ledger (`$1`), all or none, and leave it so."""
    db = await asyncpg.connect(dsn)
    try:
        async with db.transaction():
            await _switch_triggers(db, "DISABLE")
            for statement in statements:
                await db.execute(statement, ledger)
            await _switch_triggers(db, "ENABLE ALWAYS")
    finally:
        await db.close()


async def _restore(dsn: str, ledger: str, before: dict[str, list[tuple[Any, ...]]]) -> None:
    db = await asyncpg.connect(dsn)
    try:
        async with db.transaction():
            await _switch_triggers(db, "DISABLE")
            for table, rows in before.items():
                await db.execute(f"DELETE FROM {table} WHERE ledger = $1", ledger)  # noqa: S608 - our tables
                await db.copy_records_to_table(table, records=rows)
            await _switch_triggers(db, "ENABLE ALWAYS")
    finally:
        await db.close()


async def _present(db: asyncpg.Connection) -> list[str]:
    found = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = {row["tablename"] for row in found}
    return [table for table in _TABLES if table in names]


async def _switch_triggers(db: asyncpg.Connection, how: str) -> None:
    for table in {"journal", "copied_entries"} & set(await _present(db)):
        for trigger in ("only_added_rows", "only_added"):
            await db.execute(f"ALTER TABLE {table} {how} TRIGGER {trigger}")
