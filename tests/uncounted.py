"""A ledger of which PostgreSQL has counted no row yet, as after a company was taken over.

It counts a table's rows from time to time. Until then the ledger looks empty to it, so that any
index which begins with the ledger seems as good as the key.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.local.stack import Stack
from shared.migrations import migrate
from tests.services import service_of
from tests.shared.databases import connected, empty_database

LEDGER: Final = "new"
ROWS: Final = 5_000  # who reads all of them for each of them takes longer than is allowed:
SECONDS: Final = 2
NAME: Final = "lpad(to_hex(n), 32, '0')::uuid"  # SQL of the identifier of row n
FIRST: Final = "lpad('1', 32, '0')::uuid"  # of row 1

Filled = tuple[str, Mapping[str, str]]  # a table, and SQL by column for row n


@asynccontextmanager
async def uncounted(
    stack: Stack, service: str, rows: Sequence[Filled]
) -> AsyncIterator[AsyncEngine]:
    """Lend a service's database in which one ledger was counted before another came, as large."""
    async with empty_database(stack) as dsn:
        url = dsn.replace("postgresql://", "postgresql+asyncpg://")
        await migrate(url, service_of(service).migrations)
        async with connected(dsn) as db:
            for table, _ in rows:
                await db.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
            await _fill(db, "counted", rows)
            await db.execute("ANALYZE")
            await _fill(db, LEDGER, rows)
        engine = create_async_engine(url, connect_args={"command_timeout": SECONDS})
        try:
            yield engine
        finally:
            await engine.dispose()


async def _fill(db: asyncpg.Connection, ledger: str, rows: Sequence[Filled]) -> None:
    for table, columns in rows:
        names, values = (", ".join(part) for part in (columns, columns.values()))
        await db.execute(
            f"INSERT INTO {table} (ledger, {names}) "  # noqa: S608 - ours
            f"SELECT $1, {values} FROM generate_series(1, $2::int) n",
            ledger,
            ROWS,
        )
