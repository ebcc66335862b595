"""Find what was validated by who drew it up, or by somebody else, where that is the exception.

And find a kind in order of its numbers, which stand together.

Lock: SHARE on documents while the indexes are made, some seconds for a million. Old code: keeps
them up to date like any index.
"""

from alembic import op

revision, down_revision = "0011", "0010"


def upgrade() -> None:
    """Make the indexes, and let plans know that who validated and whether are not independent."""
    op.execute("""
CREATE INDEX documents_by_validation ON documents (ledger, self_validated, opened, document_id)
    WHERE validated_by IS NOT NULL
""")
    op.execute("CREATE INDEX documents_by_kind ON documents (ledger, kind, number)")
    op.execute("""
CREATE STATISTICS documents_validation (mcv) ON self_validated, validated_by FROM documents
""")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
