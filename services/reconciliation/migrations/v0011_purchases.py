"""Keep the role of a third party, and what refunds give of documents that may come later.

Balances are listed of one role at a time. Lock: ACCESS EXCLUSIVE on known_customers, catalogue
only, no rewrite. Old code: knows customers only, and must have stopped before the first card of
another role is opened. Run `rebuild` afterwards, so that refunds from before are kept too.
"""

from alembic import op

revision, down_revision = "0011", "0010"


def upgrade() -> None:
    """Add the column, since every card there is is a customer's, and the table."""
    op.execute("ALTER TABLE known_customers ADD COLUMN role TEXT NOT NULL DEFAULT 'customer'")
    op.execute("""
CREATE TABLE asked_refunds (
    ledger TEXT NOT NULL,
    asked TEXT NOT NULL,
    refund_id UUID NOT NULL,
    document_id UUID NOT NULL,
    amount_cents BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, asked)
)
""")
    op.execute("CREATE INDEX asked_refunds_by_document ON asked_refunds (ledger, document_id)")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
