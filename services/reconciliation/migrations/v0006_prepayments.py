"""Keep prepayments: what is held of credits for documents that are not owed, and those documents.

Lock: ACCESS EXCLUSIVE on items and allocations, catalogue only, no rewrite. Old code: leaves the
new columns to their defaults and knows none of the new tables. Run `rebuild` afterwards, so that
quotes, orders, delivery notes and drafts that there are can carry prepayments.
"""

from alembic import op

revision, down_revision = "0006", "0005"

_ADDED = (
    "ALTER TABLE items ADD COLUMN held_cents BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE allocations ADD COLUMN prepayment_id UUID",
    """
CREATE TABLE sale_documents (
    ledger TEXT NOT NULL,
    document_id UUID NOT NULL,
    sale_id UUID NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    customer_id UUID NOT NULL,
    issued_on DATE NOT NULL,
    currency TEXT NOT NULL,
    total_cents BIGINT NOT NULL,
    passed_on_cents BIGINT NOT NULL,
    takes_over UUID,
    document_status TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, document_id)
)
""",
    "CREATE INDEX sale_documents_by_sale ON sale_documents (ledger, sale_id)",
    """
CREATE INDEX sale_documents_by_customer
    ON sale_documents (ledger, customer_id, issued_on, document_id)
""",
    """
CREATE TABLE prepayments (
    ledger TEXT NOT NULL,
    prepayment_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    credit_item TEXT NOT NULL,
    document_id UUID NOT NULL,
    amount_cents BIGINT NOT NULL,
    freed_cents BIGINT NOT NULL,
    currency TEXT NOT NULL,
    held_on DATE NOT NULL,
    freed_on DATE,
    request_sha256 TEXT,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, prepayment_id)
)
""",
    "CREATE INDEX prepayments_by_credit ON prepayments (ledger, credit_item)",
    "CREATE INDEX prepayments_by_document ON prepayments (ledger, document_id)",
)


def upgrade() -> None:
    """Add the columns and tables."""
    for statement in _ADDED:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
