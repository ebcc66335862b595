"""Keep what nobody will pay of documents closed short, and what is accepted with an allocation.

Lock: ACCESS EXCLUSIVE on items and allocations, catalogue only, no rewrite. Old code: leaves both
empty, and
must have stopped before new code declares the first difference. What was closed before stays
open here until it is closed anew: nobody decided its difference.
"""

from alembic import op

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    """Add the column and the table."""
    op.execute("ALTER TABLE items ADD COLUMN declared_cents BIGINT NOT NULL DEFAULT 0")
    op.execute("""
ALTER TABLE allocations ADD COLUMN differences JSONB NOT NULL DEFAULT '[]'::jsonb
""")
    op.execute("""
CREATE TABLE differences (
    ledger TEXT NOT NULL,
    closing TEXT NOT NULL,
    payment_id UUID NOT NULL,
    document_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    asked_cents BIGINT NOT NULL,
    declared_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    closed_on DATE NOT NULL,
    decided BOOLEAN NOT NULL,
    reopened_on DATE,
    write_off_id UUID,
    account TEXT,
    reason TEXT,
    PRIMARY KEY (ledger, closing)
)
""")
    op.execute("CREATE INDEX differences_by_document ON differences (ledger, document_id)")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
