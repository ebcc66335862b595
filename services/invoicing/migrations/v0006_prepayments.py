"""Keep prepayments on documents, and how much of an order documents that follow took over.

Lock: ACCESS EXCLUSIVE on documents, catalogue only, no rewrite. Old code: leaves the new columns
to their defaults and does not know the new table. Run `rebuild` afterwards: what the columns of
orders that there are hold follows from facts.
"""

from alembic import op

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    """Add the columns and the table."""
    op.execute("""
ALTER TABLE documents
    ADD COLUMN takes_over UUID,
    ADD COLUMN passed_on_cents BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN prepaid_cents BIGINT NOT NULL DEFAULT 0
""")
    op.execute("""
CREATE TABLE held_for (
    ledger TEXT NOT NULL,
    prepayment_id UUID NOT NULL,
    document_id UUID NOT NULL,
    other_kind TEXT NOT NULL,
    other_id UUID NOT NULL,
    amount_cents BIGINT NOT NULL,
    freed_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    held_on DATE NOT NULL,
    freed_on DATE,
    freed_because TEXT,
    slid_to UUID,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, prepayment_id)
)
""")
    op.execute("CREATE INDEX held_for_document ON held_for (ledger, document_id)")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
