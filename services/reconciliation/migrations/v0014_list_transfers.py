"""Find transfers by day, and by the customers whose accounts they are between.

Lock: SHARE on transfers while the indexes are made, a few seconds for a million. Old code: keeps
them up to date like any index.
"""

from alembic import op

revision, down_revision = "0014", "0013"


def upgrade() -> None:
    """Add the indexes of the list."""
    for name, columns in (
        ("transfers_by_date", "transferred_on, position"),
        ("transfers_by_payer", "from_customer_id"),
        ("transfers_by_debtor", "to_customer_id"),
    ):
        op.execute(f"CREATE INDEX {name} ON transfers (ledger, {columns})")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
