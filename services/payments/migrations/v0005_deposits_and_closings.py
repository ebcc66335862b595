"""Add bank deposits, documents closed short, flags of methods, and the history of settings.

Lock: ACCESS EXCLUSIVE on payments, movements, payable_documents, payment_methods and
payment_policies: catalogue only, no rewrite; then payments is read once for an index of the rows
in a deposit, of which there are none, while nothing is written to it. Old code: leaves the new
columns to their defaults and knows none of the new tables. New code: finds no VAT of documents
and no history of settings from before; `rebuild` fills both in.
"""

from alembic import op

revision, down_revision = "0005", "0004"

_ADDED = (
    "ALTER TABLE payments ADD COLUMN bank_deposit TEXT, ADD COLUMN return_code TEXT",
    "ALTER TABLE movements ADD COLUMN counter_account TEXT",
    "ALTER TABLE payable_documents ADD COLUMN difference_cents BIGINT NOT NULL DEFAULT 0",
    """
ALTER TABLE payment_methods
    ADD COLUMN needs_number BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN depositable BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN digital BOOLEAN NOT NULL DEFAULT false
""",
    """
ALTER TABLE payment_policies
    ADD COLUMN over_payable TEXT NOT NULL DEFAULT 'confirm',
    ADD COLUMN prepayment_method_default BOOLEAN NOT NULL DEFAULT false
""",
    """
CREATE INDEX payments_by_deposit ON payments (ledger, bank_deposit, received_on, payment_id)
    WHERE bank_deposit IS NOT NULL
""",
    """
CREATE TABLE document_vat (
    ledger TEXT NOT NULL,
    document_id UUID NOT NULL,
    vat JSONB NOT NULL,
    PRIMARY KEY (ledger, document_id)
)
""",
    """
CREATE TABLE closings (
    ledger TEXT NOT NULL,
    closing TEXT NOT NULL,
    payment_id UUID NOT NULL,
    document_id UUID NOT NULL,
    document_number TEXT NOT NULL,
    customer_id UUID NOT NULL,
    difference_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    closed_on DATE NOT NULL,
    reopened_on DATE,
    request_sha256 TEXT NOT NULL,
    PRIMARY KEY (ledger, closing)
)
""",
    "CREATE INDEX closings_by_payment ON closings (ledger, payment_id)",
    """
CREATE TABLE bank_deposits (
    ledger TEXT NOT NULL,
    bank_deposit TEXT NOT NULL,
    method TEXT NOT NULL,
    bank_account TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    payment_count BIGINT NOT NULL,
    total_cents BIGINT NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    closed_on DATE,
    export_id UUID,
    reopening_reason TEXT,
    used_by JSONB NOT NULL,
    PRIMARY KEY (ledger, bank_deposit)
)
""",
    """
CREATE TABLE setting_changes (
    ledger TEXT NOT NULL,
    change TEXT NOT NULL,
    subject TEXT NOT NULL,
    position BIGINT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    changed_by TEXT NOT NULL,
    said JSONB NOT NULL,
    PRIMARY KEY (ledger, change)
)
""",
    "CREATE INDEX changes_by_subject ON setting_changes (ledger, subject)",
)


def upgrade() -> None:
    """Add the columns and tables."""
    for statement in _ADDED:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
