"""Find payments by any part of number or reference, by document, by amount, in a long list.

Lock: SHARE on payments while the indexes are made, so that writing waits as long: some fifteen
seconds for each million payments. Old code: knows nothing of them.
"""

from alembic import op

revision, down_revision = "0006", "0005"

_ADDED = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",  # trusted: a database's owner may create them
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    "CREATE INDEX payments_by_amount ON payments (ledger, amount_cents, payment_id)",
    """
CREATE INDEX payments_by_text ON payments
    USING gin (ledger, number gin_trgm_ops, reference gin_trgm_ops)
""",
    """
CREATE INDEX payments_by_document ON payments USING gin (applies_to jsonb_path_ops)
    WHERE applies_to <> '[]'
""",
)


def upgrade() -> None:
    """Make the indexes."""
    for statement in _ADDED:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
