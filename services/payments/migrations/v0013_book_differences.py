"""Keep what accounting books of differences accepted by hand, and to which accounts.

Lock: ACCESS EXCLUSIVE on movements and payment_policies, catalogue only, no rewrite. Old code:
books no difference that was accepted with an allocation; what it was told of is not booked later.
"""

from alembic import op

revision, down_revision = "0013", "0012"


def upgrade() -> None:
    """Add the columns; no difference was booked yet."""
    op.execute("""
ALTER TABLE movements
    ADD COLUMN vat_cents BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN vat_account TEXT
""")
    op.execute("""
ALTER TABLE payment_policies
    ADD COLUMN discount_account TEXT,
    ADD COLUMN bank_fee_account TEXT,
    ADD COLUMN vat_account TEXT
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
