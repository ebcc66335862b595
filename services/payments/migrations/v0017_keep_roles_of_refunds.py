"""Keep whether money went out to a customer, a supplier or an employee.

Lock: ACCESS EXCLUSIVE on refunds, catalogue only, no rewrite. Old code: leaves it at customer, and
closings count what it pays for purchases among the refunds.
"""

from alembic import op

revision, down_revision = "0017", "0016"


def upgrade() -> None:
    """Add the column; no refund said it yet."""
    op.execute("ALTER TABLE refunds ADD COLUMN role TEXT NOT NULL DEFAULT 'customer'")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
