"""Keep who pays for whom, transfers between customers' accounts, and what each link is paid with.

Lock: ACCESS EXCLUSIVE on known_customers, catalogue only; on allocations while rows are marked and
the index is made: up to a minute for a million. Old code: leaves both columns empty; run `rebuild`
after it has stopped, which also knows groups from before.
"""

from alembic import op

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    """Add the columns and the table, and mark the links there are."""
    op.execute("ALTER TABLE known_customers ADD COLUMN parent_id UUID")
    op.execute("CREATE INDEX customers_by_parent ON known_customers (ledger, parent_id)")
    op.execute("""
ALTER TABLE allocations
    ADD COLUMN transfer_id UUID,
    ADD COLUMN paid_with TEXT NOT NULL DEFAULT ''
""")
    op.execute("UPDATE allocations SET paid_with = credit_item")
    op.execute("CREATE INDEX allocations_by_payment ON allocations (ledger, paid_with)")
    op.execute("""
CREATE TABLE transfers (
    ledger TEXT NOT NULL,
    transfer_id UUID NOT NULL,
    allocation_id UUID NOT NULL,
    from_customer_id UUID NOT NULL,
    to_customer_id UUID NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    transferred_on DATE NOT NULL,
    credit_item TEXT NOT NULL,
    credit_number TEXT NOT NULL,
    debit_item TEXT NOT NULL,
    debit_number TEXT NOT NULL,
    reason TEXT,
    takes_back UUID,
    taken_back_on DATE,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, transfer_id)
)
""")
    op.execute("CREATE INDEX transfers_by_position ON transfers (ledger, position)")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
