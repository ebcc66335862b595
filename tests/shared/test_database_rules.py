"""If these failed, what was sealed could be changed by those who should only add to it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.stack import Stack
from tests.books import SERVICES, Books, ok
from tests.shared.databases import connected, in_database

ROLES = ("DATABASE_URL", "OWNER_DATABASE_URL")
KEPT = {
    "invoicing": ["journal"],
    "payments": ["journal", "export_files"],
    "reconciliation": ["journal"],
    "archive": ["journal", "copied_entries"],
}
CHANGES = (
    "UPDATE {table} SET ledger = 'other'",
    "UPDATE {table} SET ledger = ledger",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
    "MERGE INTO {table} USING (SELECT 1) ON true WHEN MATCHED THEN DELETE",
    """INSERT INTO {table} SELECT * FROM {table} LIMIT 1
    ON CONFLICT (ledger, {key}) DO UPDATE SET ledger = 'other'""",
)
# What the archive writes into its own journal only when it found a flaw.
FINDING = "INSERT INTO journal VALUES ($1, 1, gen_random_uuid(), 's', 't', now(), 'x', 'y')"
KEYS = {"journal": "position", "export_files": "file_sha256", "copied_entries": "place"}


def address(stack: Stack, service: str, role: str, database: str | None = None) -> str:
    """Return how a service's role reaches its database, or another."""
    url = stack.environment(service)[f"{service.upper()}_{role}"].replace("+asyncpg", "")
    return in_database(url, database) if database else url


REFUSED = asyncpg.IntegrityConstraintViolationError
TABLES = [(service, table) for service, tables in KEPT.items() for table in tables]


@pytest.fixture(scope="module")
def written(stack: Stack) -> Iterator[Books]:
    """Have a row of this ledger in every table that only grows, but for archive's journal."""
    with Books(stack, f"kept-{uuid4().hex[:8]}") as books:
        books.open()
        ok(books.pay(books.invoice("10.00"), received_on="2025-08-18"))
        books.wait_until_caught_up()
        period = {"from": "2025-08-01", "to": "2025-08-31"}
        ok(books.post("payments", "/accounting-exports", period))
        books.wait_until_caught_up()
        yield books


@pytest.mark.feature("S2-05")
@pytest.mark.parametrize("role", ROLES, ids=["application", "owner"])
@pytest.mark.parametrize(("service", "table"), TABLES)
async def test_a_kept_table_refuses_every_change(
    written: Books, service: str, table: str, role: str
) -> None:
    stored = f"SELECT * FROM {table} WHERE ledger = $1"  # noqa: S608 - named above
    async with connected(address(written.stack, service, role)) as db, undone(db):
        if (service, table) == ("archive", "journal"):
            await db.execute(FINDING, written.ledger)
        before = await db.fetch(stored, written.ledger)
        assert before
        for change in CHANGES:
            with pytest.raises((asyncpg.InsufficientPrivilegeError, REFUSED)):
                async with db.transaction():
                    await db.execute(change.format(table=table, key=KEYS[table]))
        assert await db.fetch(stored, written.ledger) == before


@asynccontextmanager
async def undone(db: asyncpg.Connection) -> AsyncIterator[None]:
    """Do a block in a transaction that is rolled back."""
    around = db.transaction()
    await around.start()
    try:
        yield
    finally:
        await around.rollback()


@pytest.mark.parametrize("service", SERVICES)
async def test_the_application_can_not_switch_the_rules_off(stack: Stack, service: str) -> None:
    async with connected(address(stack, service, "DATABASE_URL")) as db:
        for statement in (
            "ALTER TABLE journal DISABLE TRIGGER ALL",
            "DROP TRIGGER only_added_rows ON journal",
            "DROP FUNCTION refuse_change() CASCADE",
            "DROP TABLE journal",
            "CREATE TABLE other (id int)",
            "SET session_replication_role = replica",
            f"SET ROLE {service}_owner",
            f"ALTER ROLE {service}_app SUPERUSER",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute(statement)


async def test_not_even_a_replicas_role_passes_the_triggers(stack: Stack, books: Books) -> None:
    async with connected(stack.superuser_dsn("acquit_payments")) as db:
        await db.execute("SET session_replication_role = replica")
        with pytest.raises(REFUSED):
            await db.execute("DELETE FROM journal WHERE ledger = $1", books.ledger)


@pytest.mark.parametrize("role", ROLES, ids=["application", "owner"])
@pytest.mark.parametrize("service", SERVICES)
async def test_no_service_reaches_anothers_database(stack: Stack, service: str, role: str) -> None:
    others = [f"acquit_{other}" for other in SERVICES if other != service]
    for database in (*others, "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await asyncpg.connect(address(stack, service, role, database))


@pytest.mark.parametrize("service", SERVICES)
async def test_a_role_is_nobody_special(stack: Stack, service: str) -> None:
    async with connected(stack.superuser_dsn("postgres")) as db:
        rows = await db.fetch(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND (rolsuper OR rolcreaterole"
            " OR rolcreatedb OR rolbypassrls OR rolreplication)",
            [f"{service}_app", f"{service}_owner"],
        )
        members = await db.fetch(
            "SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON"
            " r.oid = m.member WHERE r.rolname = ANY($1)",
            [f"{service}_app", f"{service}_owner"],
        )
    assert not rows
    assert not members
