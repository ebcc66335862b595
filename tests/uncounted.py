"""A ledger of which PostgreSQL has counted no row yet, as after a company was taken over.

It counts a table's rows from time to time. Until then the ledger looks empty to it, so that any
index which begins with the ledger seems as good as the key.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.local.stack import Stack
from tests.shared.databases import connected, empty_database

LEDGER: Final = "new"
ROWS: Final = 5_000  # who reads all of them for each of them takes longer than is allowed:
SECONDS: Final = 2
NAME: Final = "lpad(to_hex(n), 32, '0')::uuid"  # SQL of the identifier of row n
FIRST: Final = "lpad('1', 32, '0')::uuid"  # of row 1
_EXTENSIONS: Final = ("pg_trgm", "btree_gin")


Filled = tuple[str, Mapping[str, str]]  # a table, and SQL by column for row n


@asynccontextmanager
async def uncounted(
    stack: Stack, metadata: MetaData, rows: Sequence[Filled]
) -> AsyncIterator[AsyncEngine]:
    """Lend a database in which one ledger was counted before another came, as large."""
    async with empty_database(stack) as dsn:
        url = dsn.replace("postgresql://", "postgresql+asyncpg://")
        engine = create_async_engine(url, connect_args={"command_timeout": SECONDS})
        async with engine.begin() as tx:
            for extension in _EXTENSIONS:
                await tx.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
            await tx.run_sync(metadata.create_all)
        async with connected(dsn) as db:
            for table, _ in rows:
                await db.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
            for ledger, after in (("counted", "ANALYZE"), (LEDGER, "SELECT")):
                for table, columns in rows:
                    await db.execute(_filling(table, columns), ledger, ROWS)
                await db.execute(after)
        try:
            yield engine
        finally:
            await engine.dispose()


def _filling(table: str, columns: Mapping[str, str]) -> str:
    names, values = (", ".join(part) for part in (columns, columns.values()))
    return (
        f"INSERT INTO {table} (ledger, {names}) "  # noqa: S608 - ours
        f"SELECT $1, {values} FROM generate_series(1, $2::int) n"
    )
