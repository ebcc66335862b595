"""Add the prints of receipts, and what people see of a ledger: issuer and help links.

Lock: none on tables there are; two new ones are made, empty. Old code: knows neither, and never
meets their facts, which only new code writes. Nothing to rebuild.
"""

from alembic import op

revision, down_revision = "0007", "0006"

_ADDED = (
    """
CREATE TABLE receipt_prints (
    ledger TEXT NOT NULL,
    print_id UUID NOT NULL,
    payment_id UUID NOT NULL,
    duplicate BIGINT NOT NULL,
    printed_at TIMESTAMPTZ NOT NULL,
    printed_by TEXT NOT NULL,
    PRIMARY KEY (ledger, print_id)
)
""",
    "CREATE INDEX receipt_prints_by_payment ON receipt_prints (ledger, payment_id)",
    """
CREATE TABLE presentations (
    ledger TEXT NOT NULL,
    name TEXT NOT NULL,
    issuer JSONB NOT NULL,
    help_links JSONB NOT NULL,
    PRIMARY KEY (ledger, name)
)
""",
)


def upgrade() -> None:
    """Make both tables."""
    for statement in _ADDED:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
