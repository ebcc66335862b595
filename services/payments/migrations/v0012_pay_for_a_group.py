"""Keep who pays for whom, and what accounting books of transfers between customers' accounts.

Lock: ACCESS EXCLUSIVE on known_customers and movements, catalogue only, no rewrite. Old code:
leaves the columns empty and pays for one customer at a time. Run `rebuild` afterwards, so that
groups from before count.
"""

from alembic import op

revision, down_revision = "0012", "0011"


def upgrade() -> None:
    """Add the columns and the table; nothing was transferred yet."""
    op.execute("ALTER TABLE known_customers ADD COLUMN parent_id UUID")
    op.execute("ALTER TABLE movements ADD COLUMN payer_id UUID, ADD COLUMN payer_item TEXT")
    op.execute("""
CREATE TABLE matched_items (
    ledger TEXT NOT NULL,
    item TEXT NOT NULL,
    matching_code TEXT,
    matched_on DATE,
    PRIMARY KEY (ledger, item)
)
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
