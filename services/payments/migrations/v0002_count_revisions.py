"""Count the revisions of each ledger, so that a writer knows whether what it remembers holds.

Lock: ACCESS EXCLUSIVE on chain_heads, catalogue only, no rewrite. Old code: changes rows without
counting, so it must have stopped before new code starts to write.
"""

from shared.migrations import count_revisions

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """Add the column; every ledger begins at 0."""
    count_revisions()


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
