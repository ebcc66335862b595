"""Databases of the running PostgreSQL: connections to them, and empty ones to borrow."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg

from deploy.local.stack import Stack

_IDLE: dict[Stack, list[str]] = {}
_END_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def in_database(url: str, name: str) -> str:
    """Return the address of another database on the same server, for the same role."""
    return re.sub(r"/acquit_[a-z]+", f"/{name}", url)


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection for a block."""
    db = await asyncpg.connect(dsn)
    try:
        yield db
    finally:
        await db.close()


def altered(setting: str) -> str:
    """Return the statement that alters the database one is connected to."""
    return f"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {setting}', current_database()); END $$"


@asynccontextmanager
async def empty_database(stack: Stack) -> AsyncIterator[str]:
    """Lend an empty database, by its superuser's address.

    It is emptied and lent again, since PostgreSQL takes a checkpoint to drop one.
    """
    idle = _IDLE.setdefault(stack, [])
    if not idle:
        name = f"shelf_{uuid4().hex[:8]}"
        async with connected(stack.superuser_dsn("postgres")) as admin:
            await admin.execute(f"CREATE DATABASE {name}")
        idle.append(stack.superuser_dsn(name))
    dsn = idle.pop()
    yield dsn
    async with connected(dsn) as db:
        await db.execute(_END_OTHERS)
        await db.execute(altered("RESET ALL"))
        await db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    idle.append(dsn)
