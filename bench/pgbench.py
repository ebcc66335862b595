"""The limit: PostgreSQL's own pgbench, inserting rows of the same size, one transaction each."""

import re
import subprocess

from deploy.local.postgres import binary
from deploy.local.stack import Stack

_TABLE = "CREATE TABLE IF NOT EXISTS limit_rows (id bigserial PRIMARY KEY, content bytea NOT NULL)"
_SECONDS = 6


def inserts_per_second(stack: Stack, row_bytes: int, *, connections: int) -> float:
    """Return how many rows of this size pgbench commits per second on the stack's server."""
    dsn = stack.superuser_dsn("postgres")
    script = stack.folder / "limit.sql"
    script.write_text(
        f"INSERT INTO limit_rows (content) VALUES (decode(repeat('ab', {row_bytes}), 'hex'));\n"  # noqa: S608 - a number of ours
    )
    subprocess.run(  # noqa: S603 - the stack's own tools
        [binary("psql"), dsn, "-q", "-c", "SET client_min_messages = error", "-c", _TABLE],
        check=True,
    )
    answer = subprocess.run(  # noqa: S603 - the stack's own tools
        [
            *(binary("pgbench"), "-n", "-M", "prepared", "-c", str(connections), "-j", "2"),
            *("-T", str(_SECONDS), "-f", script, dsn),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"tps = ([0-9.]+)", answer.stdout)
    assert found, answer.stdout
    return float(found.group(1))
