"""Say who linked what, when and why; keep what the list of links shows of customers and invoices.

Lock: ACCESS EXCLUSIVE on the three tables, catalogue only, no rewrite. Old code: ignores the
columns. New code: reads NULL as "not said". Run `rebuild` afterwards, so that what was recorded
before says it too.
"""

from alembic import op

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    """Add the columns; none has a value yet."""
    op.execute("ALTER TABLE known_customers ADD COLUMN code TEXT, ADD COLUMN name TEXT")
    op.execute("ALTER TABLE items ADD COLUMN variant TEXT")
    op.execute("""
ALTER TABLE allocations
    ADD COLUMN reason TEXT,
    ADD COLUMN made_by TEXT,
    ADD COLUMN made_at TIMESTAMPTZ,
    ADD COLUMN released_by TEXT,
    ADD COLUMN released_at TIMESTAMPTZ,
    ADD COLUMN released_position BIGINT
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
