"""Find links of equal amounts, in order of what was allocated, without looking at their items.

Lock: ACCESS EXCLUSIVE on allocations while rows are marked and the index is made: up to a minute
for a million. Old code: marks nothing; `rebuild` after it has stopped marks what it wrote.
"""

from alembic import op

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    """Add the column, mark the links there are, and make the index anew."""
    op.execute("ALTER TABLE allocations ADD COLUMN same_amount BOOLEAN NOT NULL DEFAULT false")
    op.execute("""
UPDATE allocations AS a SET same_amount = true
FROM items AS credit, items AS debit
WHERE (credit.ledger, credit.item) = (a.ledger, a.credit_item)
  AND (debit.ledger, debit.item) = (a.ledger, a.debit_item)
  AND credit.amount_cents = debit.amount_cents
""")
    op.execute("DROP INDEX allocations_by_amount")
    op.execute("""
CREATE INDEX allocations_by_amount
    ON allocations (ledger, amount_cents, allocation_id, same_amount)
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
