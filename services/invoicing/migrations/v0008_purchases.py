"""Keep the role of a card, and find the documents that carry a supplier's number.

Lock: ACCESS EXCLUSIVE on customers, catalogue only, no rewrite; SHARE on documents while the index
is made: some seconds for a million. Old code: opens the cards of customers only, and must have
stopped before the first card of another role is opened.
"""

from alembic import op

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    """Add the column: every card there is is a customer's; make the index."""
    op.execute("ALTER TABLE customers ADD COLUMN role TEXT NOT NULL DEFAULT 'customer'")
    op.execute("""
CREATE INDEX documents_by_source_reference ON documents (ledger, source_reference)
    WHERE source_reference IS NOT NULL
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
