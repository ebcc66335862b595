"""Leave room on each page of payments, so that what is allocated of one is changed in place.

A page full of payments has no room for a row's next version, which then goes elsewhere, and into
every index again. Lock: SHARE UPDATE EXCLUSIVE for a moment; pages filled so far stay as they are.
Old code: does not notice.
"""

from alembic import op

revision, down_revision = "0019", "0018"


def upgrade() -> None:
    """Fill new pages by half."""
    op.execute("ALTER TABLE payments SET (fillfactor = 50)")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
