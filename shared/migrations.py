"""Migrations: small numbered steps per service, forward only, written by hand.

`upgrade` runs what a service's `migrations/` folder holds beyond the database's state,
each step in its own transaction with a short lock timeout; whoever comes meanwhile waits
and then finds nothing left to do. `protect` is the one place that says how a table that
only grows is guarded.
"""

from pathlib import Path

from alembic import op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

_GUARD = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a journal is only ever added to: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


_JOURNAL = (
    """
CREATE TABLE journal (
    ledger TEXT NOT NULL,
    position BIGINT NOT NULL,
    entry_id UUID NOT NULL,
    stream TEXT NOT NULL,
    type TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    sealed BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    signature BYTEA,
    PRIMARY KEY (ledger, position)
)""",
    """
CREATE TABLE chain_heads (
    ledger TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    signature BYTEA
)""",
    """
CREATE TABLE checkpoints (
    ledger TEXT NOT NULL,
    source TEXT NOT NULL,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (ledger, source)
)""",
    """
CREATE TABLE relay_checkpoints (
    ledger TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    topic_partition BIGINT NOT NULL,
    topic_offset BIGINT NOT NULL
)""",
    """
CREATE TABLE topic_offsets (
    topic TEXT NOT NULL,
    topic_partition BIGINT NOT NULL,
    next_offset BIGINT NOT NULL,
    PRIMARY KEY (topic, topic_partition)
)""",
    _GUARD,
)


def create_journal() -> None:
    """Create what every service has; the journal only grows from its first day."""
    for statement in _JOURNAL:
        op.execute(statement)
    protect("journal")


def count_revisions() -> None:
    """Let each head say how often its ledger's entries or rows were changed."""
    op.execute("ALTER TABLE chain_heads ADD COLUMN revision BIGINT NOT NULL DEFAULT 0")


def name_last_record() -> None:
    """Let each offset say which record was before it; NULL is known to none."""
    op.execute("ALTER TABLE topic_offsets ADD COLUMN last_hash BYTEA")


def protect(table: str) -> None:
    """Let a table only grow: triggers refuse changes to everyone, grants to the application.

    Source: BOFiP BOI-TVA-DECLA-30-10-30 §90-100; S2-05.
    """
    op.execute(
        f"CREATE TRIGGER only_added_rows BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER only_added BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER only_added_rows")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER only_added")
    op.execute(
        f"DO $$ BEGIN EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I', "
        "replace(current_user, '_owner', '_app')); END $$"
    )


def script_directory(folder: Path) -> ScriptDirectory:
    """Return a service's migrations."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def last_revision(folder: Path) -> str:
    """Return the revision the code needs."""
    return script_directory(folder).get_current_head() or ""


def upgrade(connection: Connection, folder: Path) -> None:
    """Apply every migration the database does not have yet; the session ends afterwards."""
    script = script_directory(folder)
    environment = EnvironmentContext(
        Config(),
        script,
        fn=lambda revision, _context: script._upgrade_revs("head", revision),  # noqa: SLF001 - alembic's own env.py does this
    )
    connection.execute(text("SELECT pg_advisory_lock(hashtext('acquit.migrate'))"))
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.commit()
    environment.configure(
        connection=connection, target_metadata=MetaData(), transaction_per_migration=True
    )
    with environment.begin_transaction():
        environment.run_migrations()


async def migrate(owner_url: str, folder: Path) -> None:
    """Bring a database to the code's schema, with the owner's role."""
    engine = create_async_engine(owner_url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(upgrade, folder)
    await engine.dispose()
