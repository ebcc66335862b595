"""Keep the discount that a payment asks for beside what it pays, until that is decided.

Lock: ACCESS EXCLUSIVE on asked_allocations, catalogue only, no rewrite. Old code: accepts no
discount, and must have stopped before the first payment has one.
"""

from alembic import op

revision, down_revision = "0012", "0011"


def upgrade() -> None:
    """Add the column: nothing that was asked before has a discount."""
    op.execute("ALTER TABLE asked_allocations ADD COLUMN discount_cents BIGINT NOT NULL DEFAULT 0")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
