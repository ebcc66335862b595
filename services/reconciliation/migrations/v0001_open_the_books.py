"""Open the books of reconciliation: journal, items, allocations, matching groups.

Lock: none, everything is new. Old code: there is none.
"""

from alembic import op

from shared.migrations import create_journal

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create the journal and the tables derived from journals."""
    create_journal()
    op.execute("""
CREATE TABLE allocations (
    ledger TEXT NOT NULL,
    allocation_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    credit_item TEXT NOT NULL,
    debit_item TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    allocated_on DATE NOT NULL,
    origin TEXT NOT NULL,
    vat JSONB NOT NULL,
    credit_vat JSONB NOT NULL,
    released_on DATE,
    release_reason TEXT,
    request_sha256 TEXT,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, allocation_id)
)
""")
    op.execute("CREATE INDEX allocations_by_credit ON allocations (ledger, credit_item)")
    op.execute("""
CREATE INDEX allocations_by_date ON allocations (ledger, allocated_on, allocation_id)
""")
    op.execute("CREATE INDEX allocations_by_debit ON allocations (ledger, debit_item)")
    op.execute("""
CREATE TABLE asked_allocations (
    ledger TEXT NOT NULL,
    asked TEXT NOT NULL,
    payment_id UUID NOT NULL,
    document_id UUID NOT NULL,
    rank BIGINT NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    decided BOOLEAN NOT NULL,
    PRIMARY KEY (ledger, asked)
)
""")
    op.execute("CREATE INDEX asked_by_document ON asked_allocations (ledger, document_id)")
    op.execute("CREATE INDEX asked_by_payment ON asked_allocations (ledger, payment_id)")
    op.execute("""
CREATE TABLE bank_reconciliations (
    ledger TEXT NOT NULL,
    payment_id UUID NOT NULL,
    statement TEXT NOT NULL,
    reconciled_on DATE NOT NULL,
    holds BOOLEAN NOT NULL,
    PRIMARY KEY (ledger, payment_id)
)
""")
    op.execute("""
CREATE TABLE items (
    ledger TEXT NOT NULL,
    item TEXT NOT NULL,
    kind TEXT NOT NULL,
    item_id UUID NOT NULL,
    side TEXT NOT NULL,
    customer_id UUID NOT NULL,
    number TEXT NOT NULL,
    item_on DATE NOT NULL,
    due_on DATE,
    currency TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    allocated_cents BIGINT NOT NULL,
    vat JSONB NOT NULL,
    group_id UUID,
    PRIMARY KEY (ledger, item)
)
""")
    op.execute("CREATE INDEX items_by_customer ON items (ledger, customer_id, item_on, item)")
    op.execute("CREATE INDEX items_by_group ON items (ledger, group_id)")
    op.execute("""
CREATE TABLE known_customers (
    ledger TEXT NOT NULL,
    customer_id UUID NOT NULL,
    PRIMARY KEY (ledger, customer_id)
)
""")
    op.execute("""
CREATE TABLE matching_counters (
    ledger TEXT NOT NULL,
    customer_id UUID NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (ledger, customer_id)
)
""")
    op.execute("""
CREATE TABLE matching_groups (
    ledger TEXT NOT NULL,
    group_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    open_cents BIGINT NOT NULL,
    members BIGINT NOT NULL,
    matching_code TEXT,
    matched_on DATE,
    PRIMARY KEY (ledger, group_id)
)
""")
    op.execute("CREATE INDEX groups_by_customer ON matching_groups (ledger, customer_id)")
    op.execute("""
CREATE TABLE matchings (
    ledger TEXT NOT NULL,
    matching_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    matched_on DATE NOT NULL,
    items JSONB NOT NULL,
    request_sha256 TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, matching_id)
)
""")
    op.execute("""
CREATE TABLE write_offs (
    ledger TEXT NOT NULL,
    write_off_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    side TEXT NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    account TEXT,
    declared_on DATE NOT NULL,
    request_sha256 TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, write_off_id)
)
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
