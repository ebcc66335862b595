"""Open the books of invoicing: journal, customers, documents, numbering.

Lock: none, everything is new. Old code: there is none.
"""

from alembic import op

from shared.migrations import create_journal

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create the journal and the tables derived from journals."""
    create_journal()
    op.execute("""
CREATE TABLE customers (
    ledger TEXT NOT NULL,
    customer_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    auxiliary_account TEXT,
    town TEXT,
    request_sha256 TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, customer_id)
)
""")
    op.execute("CREATE INDEX customers_by_code ON customers (ledger, code)")
    op.execute("""
CREATE TABLE documents (
    ledger TEXT NOT NULL,
    document_id UUID NOT NULL,
    kind TEXT NOT NULL,
    nature TEXT NOT NULL,
    number TEXT NOT NULL,
    series TEXT NOT NULL,
    customer_id UUID NOT NULL,
    issued_on DATE NOT NULL,
    due_on DATE NOT NULL,
    currency TEXT NOT NULL,
    net_cents BIGINT NOT NULL,
    vat_cents BIGINT NOT NULL,
    total_cents BIGINT NOT NULL,
    lines JSONB NOT NULL,
    vat JSONB NOT NULL,
    file_sha256 TEXT,
    corrects UUID,
    source_reference TEXT,
    paid_cents BIGINT NOT NULL,
    payment_status TEXT NOT NULL,
    settled BOOLEAN NOT NULL,
    settled_on DATE,
    validated_at TIMESTAMPTZ NOT NULL,
    request_sha256 TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, document_id)
)
""")
    op.execute("""
CREATE INDEX documents_by_customer ON documents (ledger, customer_id, issued_on, document_id)
""")
    op.execute("CREATE INDEX documents_by_issue ON documents (ledger, issued_on, document_id)")
    op.execute("CREATE INDEX documents_by_number ON documents (ledger, number)")
    op.execute("""
CREATE INDEX documents_by_status ON documents (ledger, payment_status, issued_on, document_id)
""")
    op.execute("""
CREATE TABLE numbering_counters (
    ledger TEXT NOT NULL,
    period TEXT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (ledger, period)
)
""")
    op.execute("""
CREATE TABLE numbering_series (
    ledger TEXT NOT NULL,
    series TEXT NOT NULL,
    template TEXT NOT NULL,
    PRIMARY KEY (ledger, series)
)
""")
    op.execute("""
CREATE TABLE seen_payments (
    ledger TEXT NOT NULL,
    payment_id UUID NOT NULL,
    number TEXT NOT NULL,
    received_on DATE NOT NULL,
    method TEXT NOT NULL,
    bank_account TEXT NOT NULL,
    reference TEXT,
    amount_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    PRIMARY KEY (ledger, payment_id)
)
""")
    op.execute("""
CREATE TABLE settled_by (
    ledger TEXT NOT NULL,
    allocation_id UUID NOT NULL,
    document_id UUID NOT NULL,
    other_kind TEXT NOT NULL,
    other_id UUID NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    allocated_on DATE NOT NULL,
    released BOOLEAN NOT NULL,
    PRIMARY KEY (ledger, allocation_id)
)
""")
    op.execute("CREATE INDEX settled_by_document ON settled_by (ledger, document_id)")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
