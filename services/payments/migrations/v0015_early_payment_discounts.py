"""Keep the terms by which documents give a discount to whoever pays early.

Lock: none on what there is, a table is added. Old code: knows no discount, and must have stopped
before the first document has terms.
"""

from alembic import op

revision, down_revision = "0015", "0014"


def upgrade() -> None:
    """Add the table: no document that there is has terms."""
    op.execute("""
CREATE TABLE discount_terms (
    ledger TEXT NOT NULL,
    document_id UUID NOT NULL,
    terms JSONB NOT NULL,
    PRIMARY KEY (ledger, document_id)
)
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
