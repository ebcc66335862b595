"""Find what is not validated yet among very many documents that are.

Lock: SHARE on documents while the index is made, a second for a million. Old code: keeps it up to
date like any index.
"""

from alembic import op

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    """Make the index."""
    op.execute("""
CREATE INDEX documents_unfinished ON documents (ledger, opened, document_id)
    WHERE document_status IN ('draft', 'waiting_for_validation', 'rejected')
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
