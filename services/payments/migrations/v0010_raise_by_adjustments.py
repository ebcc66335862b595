"""Keep which adjustments raise what may be paid on a document, and what closing short books.

Lock: ACCESS EXCLUSIVE on payable_documents, closings and payment_policies, catalogue only, no
rewrite. Old code: leaves the columns at their defaults: it accepts no more than a document's own
room, and books no difference. Run `rebuild` afterwards, so that adjustments from before count.
"""

from alembic import op

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    """Add the columns; nothing is adjusted or booked yet."""
    op.execute("""
ALTER TABLE payable_documents ADD COLUMN adjusted_by JSONB NOT NULL DEFAULT '[]'::jsonb
""")
    op.execute("ALTER TABLE closings ADD COLUMN write_off_id UUID")
    op.execute("""
ALTER TABLE payment_policies
    ADD COLUMN write_off_account TEXT,
    ADD COLUMN write_off_reason TEXT NOT NULL DEFAULT 'Écart de règlement'
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
