"""Keep which positive adjustments raise what may be paid on a document.

Lock: ACCESS EXCLUSIVE on payable_documents, catalogue only, no rewrite. Old code: leaves the
column empty, and accepts no more than the document's own room. Run `rebuild` afterwards, so that
adjustments from before count as well.
"""

from alembic import op

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    """Add the column; nothing is adjusted yet."""
    op.execute("""
ALTER TABLE payable_documents ADD COLUMN adjusted_by JSONB NOT NULL DEFAULT '[]'::jsonb
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
