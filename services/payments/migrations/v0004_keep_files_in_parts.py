"""Keep exported files in parts, so that none has to be in memory as a whole.

Lock: ACCESS EXCLUSIVE on export_files, catalogue only, no rewrite. What is there stays: a file
of one part. Old code: goes on keeping whole files; of a file that new code kept it would hand out
the last part alone, so none must be fetched from it meanwhile.
"""

from alembic import op

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    """Let each part say what comes before it."""
    op.execute("ALTER TABLE export_files ADD COLUMN previous_sha256 TEXT")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
