"""Keep what is declared not to be paid of documents that were closed short.

Lock: ACCESS EXCLUSIVE on documents, catalogue only, no rewrite. Old code: leaves the column at 0,
and must have stopped before the first difference is declared.
"""

from alembic import op

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    """Add the column; nothing was declared before."""
    op.execute("ALTER TABLE documents ADD COLUMN declared_cents BIGINT NOT NULL DEFAULT 0")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
