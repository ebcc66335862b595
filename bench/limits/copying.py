"""The limit of bulk: the rows that ours wrote, written again by COPY alone.

The same bytes into tables of the same shape with the same keys, as many in a transaction
and over as many connections, by a client that has them ready in PostgreSQL's own format.
"""

import asyncio
import io
import time
from typing import Final

import asyncpg

from bench.case import Sample
from bench.lab import Lab

TABLES: Final = ("journal", "payments", "movements")  # what one payment adds a row to
_MAKE: Final = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.{table} (LIKE public.{table} INCLUDING ALL);
TRUNCATE bench.{table};
"""
_ROWS: Final = "SELECT * FROM {table} WHERE ledger = $1 AND position > $2 AND position <= $3"

Commit = tuple[bytes, ...]  # what goes into each table


def copied(lab: Lab, *, each: int, connections: int, commits: int) -> Sample:
    """Measure how many payments' rows COPY commits per second."""
    return asyncio.run(_copied(lab, each, connections, commits))


async def _copied(lab: Lab, each: int, connections: int, commits: int) -> Sample:
    pool = await asyncpg.create_pool(
        lab.stack.superuser_dsn("acquit_payments"), min_size=connections, max_size=connections
    )
    async with pool:
        waiting = await _ready(pool, lab.books.ledger, each, commits)
        count = each * len(waiting)
        started = time.perf_counter()
        await asyncio.gather(*(_write(pool, waiting) for _ in range(connections)))
        seconds = time.perf_counter() - started
    return Sample(value=count / seconds, rate=count / seconds, count=count)


async def _ready(pool: asyncpg.Pool, ledger: str, each: int, commits: int) -> list[Commit]:
    """Empty the tables, and read the last rows that ours wrote."""
    async with pool.acquire() as db:
        for table in TABLES:
            await db.execute(_MAKE.format(table=table))
        last = await db.fetchval("SELECT max(position) FROM journal WHERE ledger = $1", ledger)
        ends = range(last, max(0, last - each * commits), -each)
        return [
            tuple([await _read(db, table, ledger, end - each, end) for table in TABLES])
            for end in ends
            if end >= each
        ]


async def _read(db: asyncpg.Connection, table: str, ledger: str, after: int, upto: int) -> bytes:
    content = io.BytesIO()
    await db.copy_from_query(
        _ROWS.format(table=table), ledger, after, upto, output=content, format="binary"
    )
    return content.getvalue()


async def _write(pool: asyncpg.Pool, waiting: list[Commit]) -> None:
    async with pool.acquire() as db:
        while waiting:
            commit = waiting.pop()
            async with db.transaction():
                for table, content in zip(TABLES, commit, strict=True):
                    await db.copy_to_table(
                        table, schema_name="bench", source=io.BytesIO(content), format="binary"
                    )
