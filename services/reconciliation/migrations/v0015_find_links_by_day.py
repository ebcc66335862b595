"""Find links of a month without looking at their items, and sort them by both days.

Lock: ACCESS EXCLUSIVE on allocations while the days are copied and the indexes are made: up to a
minute for a million. Old code: leaves them empty; `rebuild` after it has stopped fills them.
"""

from alembic import op

revision, down_revision = "0015", "0014"


def upgrade() -> None:
    """Add the days of both sides with their indexes, in the place of the one that items had."""
    op.execute("ALTER TABLE allocations ADD COLUMN paid_on DATE, ADD COLUMN document_on DATE")
    op.execute("""
UPDATE allocations AS a SET paid_on = paying.item_on, document_on = debit.item_on
FROM items AS paying, items AS debit
WHERE (paying.ledger, paying.item) = (a.ledger, a.paid_with)
  AND (debit.ledger, debit.item) = (a.ledger, a.debit_item)
""")
    for name in ("paid_on", "document_on"):
        op.execute(
            f"CREATE INDEX allocations_by_{name} ON allocations (ledger, {name}, allocation_id)"
        )
    op.execute("DROP INDEX items_linked_by_date")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
