"""If these failed, a table that somebody dropped would be gone until somebody wrote it by hand."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.stack import Stack
from shared.dropped import TablesMissingError, dropped, make_again, refuse_dropped
from shared.history import Source
from shared.migrations import migrate
from shared.rebuild import rebuild
from shared.service import Service
from tests.books import SERVICES, Books
from tests.services import service_of, settings_of
from tests.shared.databases import connected, in_database

# What makes a table what it is, order of columns apart; of every table but alembic's own.
_SHAPES = """
SELECT c.relname, 'column ' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
       a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind = 'r' AND {ours}
UNION ALL SELECT c.relname, 'index', pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE {ours}
UNION ALL SELECT c.relname, 'constraint', pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE {ours}
UNION ALL SELECT c.relname, 'statistics', pg_get_statisticsobjdef(s.oid)
FROM pg_statistic_ext s JOIN pg_class c ON c.oid = s.stxrelid WHERE {ours}
UNION ALL SELECT c.relname, 'trigger', pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND {ours}
UNION ALL SELECT c.relname, 'storage', reloptions::text
FROM pg_class c WHERE c.relkind = 'r' AND {ours}
UNION ALL SELECT c.relname, 'rights', acl::text
FROM pg_class c, unnest(c.relacl) acl WHERE c.relkind = 'r' AND {ours}
ORDER BY 1, 2, 3
""".replace("{ours}", "c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'")


@dataclass(frozen=True)
class Schema:
    """A service's schema in a database of its own, as migrations made it."""

    service: Service
    owner_url: str

    async def shapes(self) -> list[tuple[str, ...]]:
        return [tuple(row) for row in await self.sql(_SHAPES)]

    async def sql(self, statement: str) -> list[asyncpg.Record]:
        async with connected(self.owner_url.replace("+asyncpg", "")) as db:
            return list(await db.fetch(statement))


@pytest.fixture(params=SERVICES)
async def schema(stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Schema]:
    service = service_of(request.param)
    name = f"empty_{uuid4().hex[:8]}"
    grant = (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {service.name}_owner IN SCHEMA public "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {service.name}_app"
    )
    admin = await asyncpg.connect(stack.superuser_dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name} OWNER {service.name}_owner")
    async with connected(stack.superuser_dsn(name)) as db:
        await db.execute(grant)
    variable = f"{service.name.upper()}_OWNER_DATABASE_URL"
    url = in_database(stack.environment(service.name)[variable], name)
    await migrate(url, service.migrations)
    yield Schema(service, url)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.mark.feature("S2-03")
async def test_dropped_tables_are_made_again_as_migrations_made_them(schema: Schema) -> None:
    before = await schema.shapes()
    tables = schema.service.tables
    names = sorted(table.name for table in tables.row_tables)
    await schema.sql(f"DROP TABLE {', '.join(names)}")
    assert await schema.shapes() != before
    engine = create_async_engine(schema.owner_url)
    gone = await dropped(engine, tables)
    assert sorted(table.name for table in gone) == names
    with pytest.raises(TablesMissingError, match=f"{', '.join(names)}: dropped; run `rebuild`"):
        await refuse_dropped(engine, tables)
    async with engine.begin() as tx:
        await make_again(tx, gone)
    await refuse_dropped(engine, tables)
    await engine.dispose()
    assert await schema.shapes() == before


@pytest.mark.parametrize("table", ["journal", "checkpoints"])
async def test_what_no_fact_fills_only_a_backup_brings_back(schema: Schema, table: str) -> None:
    await schema.sql(f"DROP TABLE {table}")
    engine = create_async_engine(schema.owner_url)
    with pytest.raises(TablesMissingError, match=f"^{table}: dropped, .*; restore a backup$"):
        await dropped(engine, schema.service.tables)
    await engine.dispose()


def payments(stack: Stack, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of payments."""
    return subprocess.run(
        [sys.executable, "-m", "services.payments", *command],
        env={**os.environ, **stack.environment("payments")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def rebuilt(stack: Stack, *, ledger: str | None = None, **changed: Any) -> list[str]:
    """Rebuild payments' tables as the command does, but sooner."""
    settings = settings_of(stack, "payments").model_copy(update=changed)
    return await rebuild(
        service_of("payments"), settings, source=Source.JOURNAL, check_only=False, ledger=ledger
    )


@pytest.mark.feature("S2-03")
async def test_a_rebuild_brings_a_dropped_table_back_row_for_row(books: Books) -> None:
    """Only a rebuild of all ledgers may: of the others' rows nothing would be left."""
    said = "setting_changes: dropped; run `rebuild`, of all ledgers and with OWNER_DATABASE_URL"
    stack = books.stack
    async with connected(stack.superuser_dsn("acquit_payments")) as db:
        every = "SELECT s::text FROM setting_changes s ORDER BY 1"
        before = await db.fetch(every)
        assert before
        await db.execute("DROP TABLE setting_changes")
        for command in (["worker"], ["rebuild", "--check"]):
            ended = payments(stack, *command)
            assert (ended.returncode, ended.stderr) == (2, f"{said}\n"), ended
        for less in ({"ledger": books.ledger}, {"owner_database_url": None}):
            with pytest.raises(TablesMissingError, match=f"^{said}$"):
                await rebuilt(stack, **less)
        nobody = dict.fromkeys(("invoicing", "reconciliation"), "http://127.0.0.1:1")
        with pytest.raises(httpx.ConnectError):
            await rebuilt(stack, journal_urls=nobody)
        assert await db.fetchval("SELECT to_regclass('setting_changes')") is None
        ended = payments(stack, "rebuild")
        assert ended.returncode == 0, ended
        _, _, differed = ended.stdout.strip().rpartition("what the journals say: ")
        assert "setting_changes" in differed.split(", ")  # other tests may leave more
        assert await db.fetch(every) == before
    books.wait_until_caught_up()
