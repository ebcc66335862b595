"""Keep which write-offs were declared alone, so that each can be taken back by itself.

Lock: ACCESS EXCLUSIVE on write_offs, catalogue only, no rewrite. Old code: leaves the column false,
and accounting is told of none that was declared alone; what it declares can't be taken back.
"""

from alembic import op

revision, down_revision = "0013", "0012"


def upgrade() -> None:
    """Add the column; no fact said it yet."""
    op.execute("ALTER TABLE write_offs ADD COLUMN alone BOOLEAN NOT NULL DEFAULT FALSE")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
