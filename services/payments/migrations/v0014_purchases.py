"""Keep the role of a third party, by which accounting names what went out; the side of closings.

Lock: ACCESS EXCLUSIVE on known_customers and closings, catalogue only, no rewrite. Old code: knows
customers only, and must have stopped before the first card of another role is opened.
"""

from alembic import op

revision, down_revision = "0014", "0013"


def upgrade() -> None:
    """Add the columns: every card there is is a customer's, and invoices alone were closed."""
    op.execute("ALTER TABLE known_customers ADD COLUMN role TEXT NOT NULL DEFAULT 'customer'")
    op.execute("ALTER TABLE closings ADD COLUMN side TEXT NOT NULL DEFAULT 'debit'")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
