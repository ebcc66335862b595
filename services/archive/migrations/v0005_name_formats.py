"""Keep in which format a period's package is.

Lock: ACCESS EXCLUSIVE on closings, catalogue only, no rewrite. Old code: closes periods in the
first format, which stays readable; it can't make a package of the second again.
"""

from alembic import op

revision, down_revision = "0005", "0004"


def upgrade() -> None:
    """Add the column; there was one format."""
    op.execute(
        "ALTER TABLE closings ADD COLUMN package_format TEXT NOT NULL DEFAULT 'acquit-archive-1'"
    )


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
