"""Keep kinds, variants, statuses, brands and folders of documents; groups of customers.

Lock: ACCESS EXCLUSIVE on customers and documents, catalogue only, no rewrite; SHARE on both while
the indexes are made, so that writing waits as long. Old code: leaves the new columns at
their defaults, and must have stopped before new code keeps the first draft, which has no date of
validation. Run `rebuild` afterwards: the columns of documents that there are follow from facts.
"""

from alembic import op

revision, down_revision = "0004", "0003"

_INDEXES = (
    "CREATE INDEX customers_by_parent ON customers (ledger, parent_id)",
    "CREATE INDEX folders_by_opening ON folders (ledger, position)",
    "CREATE INDEX documents_by_folder ON documents (ledger, opened, document_id)",
    "CREATE INDEX documents_by_brand ON documents (ledger, brand, opened, document_id)",
    "CREATE INDEX documents_by_due ON documents (ledger, due_on, document_id)",
    "CREATE INDEX documents_by_total ON documents (ledger, total_cents, document_id)",
    "CREATE INDEX documents_by_folder_name ON documents (ledger, folder_name, document_id)",
    "CREATE INDEX documents_by_year ON documents (ledger, fiscal_year, opened, document_id)",
    """
CREATE INDEX documents_by_anything ON documents USING gin
    (number gin_trgm_ops, ledger, kind, variant, business_type, validated_by, folder_id, payer_id)
""",
)


def upgrade() -> None:
    """Add the columns and tables, and the indexes that lists need."""
    _add_columns()
    _add_tables()
    for extension in ("pg_trgm", "btree_gin"):  # trusted: a database's owner may create them
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    for statement in _INDEXES:
        op.execute(statement)


def _add_columns() -> None:
    op.execute("""
ALTER TABLE customers
    ADD COLUMN stage TEXT NOT NULL DEFAULT 'client',
    ADD COLUMN parent_id UUID
""")
    op.execute("""
ALTER TABLE documents
    ALTER COLUMN validated_at DROP NOT NULL,
    ADD COLUMN variant TEXT NOT NULL DEFAULT 'normal',
    ADD COLUMN document_status TEXT NOT NULL DEFAULT 'validated',
    ADD COLUMN status_reason TEXT,
    ADD COLUMN drafted_by TEXT,
    ADD COLUMN validated_by TEXT,
    ADD COLUMN self_validated BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN payer_id UUID,
    ADD COLUMN follows UUID,
    ADD COLUMN brand TEXT,
    ADD COLUMN folder_id UUID,
    ADD COLUMN folder_name TEXT NOT NULL DEFAULT '',
    ADD COLUMN business_type TEXT,
    ADD COLUMN fiscal_year BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN opened BIGINT NOT NULL DEFAULT 0
""")


def _add_tables() -> None:
    op.execute("""
CREATE TABLE folders (
    ledger TEXT NOT NULL,
    folder_id UUID NOT NULL,
    name TEXT NOT NULL,
    brand TEXT,
    business_type TEXT,
    opened_on DATE NOT NULL,
    request_sha256 TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, folder_id)
)
""")
    op.execute("""
CREATE TABLE preferences (
    ledger TEXT NOT NULL,
    "user" TEXT NOT NULL,
    page_rows BIGINT NOT NULL,
    PRIMARY KEY (ledger, "user")
)
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
