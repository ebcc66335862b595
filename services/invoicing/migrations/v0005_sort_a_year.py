"""Sort the documents of a fiscal year by issue, due date and number, in a long list.

Lock: SHARE on documents while the indexes are made, so that writing waits as long. Old code: knows
nothing of them.
"""

from alembic import op

revision, down_revision = "0005", "0004"

_ADDED = (
    """
CREATE INDEX documents_by_year_issue ON documents (ledger, fiscal_year, issued_on, document_id)
""",
    "CREATE INDEX documents_by_year_due ON documents (ledger, fiscal_year, due_on, document_id)",
    "CREATE INDEX documents_by_year_number ON documents (ledger, fiscal_year, number)",
)


def upgrade() -> None:
    """Make the indexes."""
    for statement in _ADDED:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
