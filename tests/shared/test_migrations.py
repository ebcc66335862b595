"""If these failed, code and schema could part, and a service could start on the wrong one."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.stack import Stack
from shared.database import SchemaOutOfDateError, check_schema
from shared.migrations import last_revision, migrate
from tests.books import SERVICES
from tests.services import service_of
from tests.shared.databases import in_database

LAST = last_revision(Path("services/payments/migrations"))
HELD = """
SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database
WHERE locktype = 'advisory' AND datname = current_database()
"""


@pytest.fixture
async def empty(stack: Stack) -> AsyncIterator[str]:
    """Return the address of a new database that belongs to payments' owner."""
    name = f"empty_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(stack.superuser_dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name} OWNER payments_owner")
    await admin.execute(f"GRANT CONNECT ON DATABASE {name} TO payments_app")
    owner = stack.environment("payments")["PAYMENTS_OWNER_DATABASE_URL"]
    yield in_database(owner, name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def rows(url: str, query: str) -> list[tuple[object, ...]]:
    db = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return [tuple(row) for row in await db.fetch(query)]
    finally:
        await db.close()


@pytest.mark.parametrize("name", SERVICES)
async def test_migrations_and_tables_agree(stack: Stack, name: str) -> None:
    service = service_of(name)

    def difference(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, service.tables.metadata))

    url = stack.environment(name)[f"{name.upper()}_OWNER_DATABASE_URL"]
    engine = create_async_engine(url)
    try:
        async with engine.connect() as db:
            found = await db.run_sync(difference)
    finally:
        await engine.dispose()
    assert found == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_primary_key_starts_with_the_ledger(name: str) -> None:
    local = {"relay_checkpoints", "topic_offsets"}  # of this service's processes, not of its books
    for table in service_of(name).tables.metadata.tables.values():
        first = next(iter(table.primary_key.columns)).name
        assert first == "ledger" or table.name in local


@pytest.mark.parametrize("name", SERVICES)
def test_migrations_are_one_line_of_numbers(name: str) -> None:
    folder = service_of(name).migrations
    numbers = sorted(path.name[1:5] for path in folder.glob("v*.py"))
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]
    assert last_revision(folder) == numbers[-1]


async def test_migrating_again_or_at_the_same_time_changes_nothing(empty: str) -> None:
    folder = service_of("payments").migrations
    await asyncio.gather(*(migrate(empty, folder) for _ in range(3)))
    tables = "SELECT relname, oid FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    before = await rows(empty, tables)
    await migrate(empty, folder)
    assert await rows(empty, tables) == before
    assert await rows(empty, "SELECT version_num FROM alembic_version") == [(LAST,)]
    assert await rows(empty, HELD) == []


def start(stack: Stack, role: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Start payments with some settings changed; it should not stay."""
    settings = {**os.environ, **stack.environment("payments"), **changed}
    command = [sys.executable, "-m", "services.payments", role]
    return subprocess.run(
        command, env=settings, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_service_does_not_start_on_a_schema_that_is_not_its_own(stack: Stack, empty: str) -> None:
    app = stack.environment("payments")["PAYMENTS_DATABASE_URL"]
    url = in_database(app, re.findall(r"/(empty_\w+)", empty)[0])
    ended = start(stack, "worker", PAYMENTS_DATABASE_URL=url)
    assert ended.returncode == 2
    assert ended.stderr == (
        f"the database's schema was never made and this version needs {LAST}: run `migrate` first\n"
    )


async def test_an_older_schema_is_named(empty: str) -> None:
    await migrate(empty, service_of("payments").migrations)
    await rows(empty, "UPDATE alembic_version SET version_num = '0000' RETURNING 1")
    engine = create_async_engine(empty)
    with pytest.raises(SchemaOutOfDateError, match=f"is at 0000 and this version needs {LAST}"):
        await check_schema(engine, LAST)
    await engine.dispose()


AWAY = "postgresql+asyncpg://payments_app:x@127.0.0.1:1/acquit_payments"


def test_what_keeps_a_service_from_starting_is_one_sentence(stack: Stack) -> None:
    changes = [{"PAYMENTS_DATABASE_URL": AWAY}, {"PAYMENTS_ENVIRONMENT": "production"}]
    with ThreadPoolExecutor(len(changes)) as pool:
        for ended in pool.map(lambda changed: start(stack, "serve", **changed), changes):
            assert ended.returncode == 2
            assert ended.stderr.count("\n") == 1, ended.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_migration_never_goes_back(name: str) -> None:
    folder = service_of(name).migrations
    for path in folder.glob("v*.py"):
        module = import_module(f"services.{name}.migrations.{path.stem}")
        with pytest.raises(NotImplementedError):
            module.downgrade()
