"""Keep which bank statement shows a refund.

Lock: none on what is there, a new table. Old code: knows nothing of it.
"""

from alembic import op

revision, down_revision = "0009", "0008"


def upgrade() -> None:
    """Create the table; no statement shows a refund yet."""
    op.execute("""
CREATE TABLE refund_bank_reconciliations (
    ledger TEXT NOT NULL,
    refund_id UUID NOT NULL,
    statement TEXT NOT NULL,
    reconciled_on DATE NOT NULL,
    holds BOOLEAN NOT NULL,
    PRIMARY KEY (ledger, refund_id)
)
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
