"""Open the books of payments: journal, payments, settings, exports.

Lock: none, everything is new. Old code: there is none.
"""

from alembic import op

from shared.migrations import create_journal, protect

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create the journal and the tables derived from journals."""
    create_journal()
    op.execute("""
CREATE TABLE accounting_exports (
    ledger TEXT NOT NULL,
    export_id UUID NOT NULL,
    sequence BIGINT NOT NULL,
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    from_position BIGINT NOT NULL,
    to_position BIGINT NOT NULL,
    entry_count BIGINT NOT NULL,
    line_count BIGINT NOT NULL,
    debit_cents BIGINT NOT NULL,
    credit_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    journals JSONB NOT NULL,
    file_name TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    previous_manifest_sha256 TEXT,
    manifest_sha256 TEXT NOT NULL,
    left_out JSONB NOT NULL,
    closed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (ledger, export_id)
)
""")
    op.execute("""
CREATE TABLE bank_accounts (
    ledger TEXT NOT NULL,
    code TEXT NOT NULL,
    label TEXT NOT NULL,
    account TEXT NOT NULL,
    journal_code TEXT NOT NULL,
    iban TEXT,
    active BOOLEAN NOT NULL,
    "default" BOOLEAN NOT NULL,
    PRIMARY KEY (ledger, code)
)
""")
    op.execute("""
CREATE TABLE export_files (
    ledger TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (ledger, file_sha256)
)
""")
    op.execute("""
CREATE TABLE known_customers (
    ledger TEXT NOT NULL,
    customer_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    account TEXT NOT NULL,
    auxiliary_account TEXT,
    PRIMARY KEY (ledger, customer_id)
)
""")
    op.execute("""
CREATE TABLE movements (
    ledger TEXT NOT NULL,
    item TEXT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    moved_on DATE NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    method TEXT NOT NULL,
    bank_account TEXT NOT NULL,
    customer_id UUID NOT NULL,
    voucher TEXT NOT NULL,
    label TEXT NOT NULL,
    reference TEXT,
    matching_code TEXT,
    matched_on DATE,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (ledger, item)
)
""")
    op.execute("CREATE INDEX movements_by_position ON movements (ledger, position)")
    op.execute("""
CREATE TABLE numbering_counters (
    ledger TEXT NOT NULL,
    period TEXT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (ledger, period)
)
""")
    op.execute("""
CREATE TABLE payable_documents (
    ledger TEXT NOT NULL,
    document_id UUID NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    customer_id UUID,
    currency TEXT NOT NULL,
    total_cents BIGINT NOT NULL,
    allocated_cents BIGINT NOT NULL,
    pending_cents BIGINT NOT NULL,
    file_sha256 TEXT,
    PRIMARY KEY (ledger, document_id)
)
""")
    op.execute("""
CREATE TABLE payment_methods (
    ledger TEXT NOT NULL,
    code TEXT NOT NULL,
    label TEXT NOT NULL,
    untdid_4461 TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    "default" BOOLEAN NOT NULL,
    PRIMARY KEY (ledger, code)
)
""")
    op.execute("""
CREATE TABLE payment_policies (
    ledger TEXT NOT NULL,
    name TEXT NOT NULL,
    tolerance_cents BIGINT NOT NULL,
    tolerance_currency TEXT NOT NULL,
    receipt_template TEXT NOT NULL,
    refund_template TEXT NOT NULL,
    customer_banks JSONB NOT NULL,
    PRIMARY KEY (ledger, name)
)
""")
    op.execute("""
CREATE TABLE payments (
    ledger TEXT NOT NULL,
    payment_id UUID NOT NULL,
    number TEXT NOT NULL,
    customer_id UUID NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    method TEXT NOT NULL,
    bank_account TEXT NOT NULL,
    received_on DATE NOT NULL,
    payer_name TEXT NOT NULL,
    reference TEXT,
    customer_bank TEXT,
    note TEXT,
    applies_to JSONB NOT NULL,
    replaces UUID,
    state TEXT NOT NULL,
    taken_back_on DATE,
    taken_back_reason TEXT,
    allocated_cents BIGINT NOT NULL,
    bank_reconciled BOOLEAN NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    request_sha256 TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, payment_id)
)
""")
    op.execute("""
CREATE INDEX payments_by_customer ON payments (ledger, customer_id, received_on, payment_id)
""")
    op.execute("CREATE INDEX payments_by_number ON payments (ledger, number)")
    op.execute("CREATE INDEX payments_by_receipt ON payments (ledger, received_on, payment_id)")
    op.execute("""
CREATE TABLE refunds (
    ledger TEXT NOT NULL,
    refund_id UUID NOT NULL,
    number TEXT NOT NULL,
    customer_id UUID NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    method TEXT NOT NULL,
    bank_account TEXT NOT NULL,
    refunded_on DATE NOT NULL,
    payee_name TEXT NOT NULL,
    reference TEXT,
    note TEXT,
    refunds_kind TEXT,
    refunds_id UUID,
    recorded_at TIMESTAMPTZ NOT NULL,
    request_sha256 TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, refund_id)
)
""")
    protect("export_files")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
