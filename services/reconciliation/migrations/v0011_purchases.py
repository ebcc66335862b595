"""Keep the role of a third party, so that balances are listed of one side at a time.

Lock: ACCESS EXCLUSIVE on known_customers, catalogue only, no rewrite. Old code: knows customers
only, and must have stopped before the first card of another role is opened.
"""

from alembic import op

revision, down_revision = "0011", "0010"


def upgrade() -> None:
    """Add the column: every card there is is a customer's."""
    op.execute("ALTER TABLE known_customers ADD COLUMN role TEXT NOT NULL DEFAULT 'customer'")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
