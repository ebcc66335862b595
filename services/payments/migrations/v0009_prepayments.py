"""Keep what is held for documents that are not owed, on them and on the payments.

Lock: ACCESS EXCLUSIVE on payments and payable_documents, catalogue only, no rewrite. Old code:
leaves the new columns to their defaults. Run `rebuild` afterwards, so that quotes, orders,
delivery notes and drafts that there are can be prepaid.
"""

from alembic import op

revision, down_revision = "0009", "0008"


def upgrade() -> None:
    """Add the columns."""
    op.execute("ALTER TABLE payments ADD COLUMN held_cents BIGINT NOT NULL DEFAULT 0")
    op.execute("""
ALTER TABLE payable_documents
    ADD COLUMN document_status TEXT NOT NULL DEFAULT 'validated',
    ADD COLUMN held_cents BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN passed_on_cents BIGINT NOT NULL DEFAULT 0
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
