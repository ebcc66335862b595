"""Sort a long list of links by each of its columns.

Lock: SHARE on known_customers, items and allocations while the indexes are made, so that writing
waits as long. Old code: knows nothing of them.
"""

from alembic import op

revision, down_revision = "0005", "0004"

_LINKED = "WHERE allocated_cents > 0"
_ADDED = (
    "CREATE INDEX customers_by_code ON known_customers (ledger, code)",
    "CREATE INDEX customers_by_name ON known_customers (ledger, name)",
    f"CREATE INDEX items_linked_by_number ON items (ledger, kind, number) {_LINKED}",
    f"CREATE INDEX items_linked_by_date ON items (ledger, kind, item_on) {_LINKED}",
    f"""
CREATE INDEX items_linked_by_due ON items (ledger, kind, coalesce(due_on, item_on)) {_LINKED}
""",
    f"CREATE INDEX items_linked_by_amount ON items (ledger, kind, amount_cents) {_LINKED}",
    f"""
CREATE INDEX items_linked_by_type ON items (ledger, kind, coalesce(variant, 'normal'), number)
    {_LINKED}
""",
    "CREATE INDEX allocations_by_amount ON allocations (ledger, amount_cents, allocation_id)",
    """
CREATE INDEX allocations_by_customer
    ON allocations (ledger, customer_id, allocated_on, allocation_id)
""",
)


def upgrade() -> None:
    """Make the indexes."""
    for statement in _ADDED:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
