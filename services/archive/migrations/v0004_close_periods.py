"""Keep closed periods, and what third parties certified of their packages.

Lock: none, everything is new. Old code: knows nothing of them.
"""

from alembic import op

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    """Create both tables."""
    _create_closings()
    _create_deposits()


def _create_closings() -> None:
    op.execute("""
CREATE TABLE closings (
    ledger TEXT NOT NULL,
    period TEXT NOT NULL,
    kind TEXT NOT NULL,
    first_on DATE NOT NULL,
    last_on DATE NOT NULL,
    journals JSONB NOT NULL,
    totals JSONB NOT NULL,
    year_totals JSONB NOT NULL,
    perpetual_totals JSONB NOT NULL,
    previous_period TEXT,
    previous_sha256 TEXT,
    package_sha256 TEXT NOT NULL,
    package_bytes BIGINT NOT NULL,
    closed_at TIMESTAMPTZ NOT NULL,
    closed_by TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, period)
)
""")
    op.execute("CREATE INDEX closings_by_end ON closings (ledger, last_on, period)")


def _create_deposits() -> None:
    op.execute("""
CREATE TABLE deposits (
    ledger TEXT NOT NULL,
    name TEXT NOT NULL,
    period TEXT NOT NULL,
    package_sha256 TEXT NOT NULL,
    third_party TEXT NOT NULL,
    kind TEXT NOT NULL,
    receipt TEXT NOT NULL,
    certified_at TIMESTAMPTZ NOT NULL,
    certified_by TEXT NOT NULL,
    deposited_at TIMESTAMPTZ NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (ledger, name)
)
""")
    op.execute("CREATE INDEX deposits_by_period ON deposits (ledger, period)")


def downgrade() -> None:
    """Refuse: a journal is never dropped."""
    raise NotImplementedError("we go forward: restore, or write the next migration")
