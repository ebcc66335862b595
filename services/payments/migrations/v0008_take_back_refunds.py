"""Add what refunds give back, their reversal, events of digital sources, and locked periods.

Lock: ACCESS EXCLUSIVE on refunds and payment_policies: catalogue only, no rewrite. Old code: leaves
the new columns to their defaults and knows none of the new tables. New code: refunds from before
claim nothing, since reconciliation allocated or refused them long ago.
"""

from alembic import op

revision, down_revision = "0008", "0007"

_ADDED = (
    """
ALTER TABLE refunds
    ADD COLUMN given_back JSONB NOT NULL DEFAULT '[]',
    ADD COLUMN state TEXT NOT NULL DEFAULT 'recorded',
    ADD COLUMN taken_back_on DATE,
    ADD COLUMN taken_back_reason TEXT
""",
    "ALTER TABLE payment_policies ADD COLUMN locked_until DATE",
    """
CREATE TABLE refund_claims (
    ledger TEXT NOT NULL,
    claim TEXT NOT NULL,
    refund_id UUID NOT NULL,
    target TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    pending_cents BIGINT NOT NULL,
    dropped BOOLEAN NOT NULL DEFAULT false,
    PRIMARY KEY (ledger, claim)
)
""",
    "CREATE INDEX refund_claims_by_target ON refund_claims (ledger, target)",
    "CREATE INDEX refund_claims_by_refund ON refund_claims (ledger, refund_id)",
    """
CREATE TABLE source_events (
    ledger TEXT NOT NULL,
    event TEXT NOT NULL,
    source TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payment_id UUID NOT NULL,
    body_sha256 TEXT NOT NULL,
    position BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    PRIMARY KEY (ledger, event)
)
""",
)


def upgrade() -> None:
    """Add the columns and tables."""
    for statement in _ADDED:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
