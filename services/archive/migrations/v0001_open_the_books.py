"""Open the books of the archive: its journal, its copies of the others, what it found.

Lock: none, everything is new. Old code: there is none.
"""

from alembic import op

from shared.migrations import create_journal, protect

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create the journal and the tables derived from journals."""
    create_journal()
    op.execute("""
CREATE TABLE copied_entries (
    ledger TEXT NOT NULL,
    place TEXT NOT NULL,
    source TEXT NOT NULL,
    position BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    signature BYTEA,
    PRIMARY KEY (ledger, place)
)
""")
    op.execute("""
CREATE UNIQUE INDEX copied_entries_in_order ON copied_entries (ledger, source, position)
""")
    op.execute("""
CREATE TABLE findings (
    ledger TEXT NOT NULL,
    name TEXT NOT NULL,
    found_in TEXT NOT NULL,
    service TEXT NOT NULL,
    flawed_position BIGINT NOT NULL,
    flaw TEXT NOT NULL,
    detail TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, name)
)
""")
    protect("copied_entries")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
