"""Keep the terms by which a document gives a discount to whoever pays early.

Lock: ACCESS EXCLUSIVE on documents, catalogue only, no rewrite. Old code: knows no terms, and must
have stopped before the first document has some.
"""

from alembic import op

revision, down_revision = "0009", "0008"


def upgrade() -> None:
    """Add the column: no document that there is has terms."""
    op.execute("ALTER TABLE documents ADD COLUMN discount_terms JSONB NOT NULL DEFAULT '[]'::jsonb")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
