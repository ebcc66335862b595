"""Keep to which account gains that are declared alone are booked.

Lock: ACCESS EXCLUSIVE on payment_policies, catalogue only, no rewrite. Old code: books no
difference that was declared alone; what it was told of is not booked later.
"""

from alembic import op

revision, down_revision = "0016", "0015"


def upgrade() -> None:
    """Add the column; without an account it is the usual one."""
    op.execute("ALTER TABLE payment_policies ADD COLUMN gain_account TEXT")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
