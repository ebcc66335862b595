"""Keep the hash of the record before each offset, so that a topic that lost its end is noticed.

Lock: ACCESS EXCLUSIVE on topic_offsets, catalogue only, no rewrite. Old code: leaves the hash as
it is, so that new code, where it does not fit any more, reads the topic from its beginning; so it
does once where there is none yet. What was applied is skipped.
"""

from shared.migrations import name_last_record

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    """Add the column; nothing is known of what was read before."""
    name_last_record()


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
