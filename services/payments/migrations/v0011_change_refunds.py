"""Keep what a refund replaces, whether the bank shows it, and what it gives back after a move.

Lock: ACCESS EXCLUSIVE on refunds and refund_claims, catalogue only, no rewrite; SHARE on refunds
while its indexes are made. Old code: leaves the columns at their defaults. Run `rebuild`
afterwards, so that what refunds from before give back counts.
"""

from alembic import op

revision, down_revision = "0011", "0010"

_ADDED = (
    """
ALTER TABLE refunds
    ADD COLUMN replaces UUID,
    ADD COLUMN bank_reconciled BOOLEAN NOT NULL DEFAULT false
""",
    "ALTER TABLE refund_claims ADD COLUMN used_cents BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX refunds_by_day ON refunds (ledger, refunded_on, refund_id)",
    """
CREATE INDEX refunds_by_customer ON refunds (ledger, customer_id, refunded_on, refund_id)
""",
)


def upgrade() -> None:
    """Add the columns and make the indexes."""
    for statement in _ADDED:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
