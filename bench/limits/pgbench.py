"""The limit of single payments: PostgreSQL's own pgbench, one transaction for each row."""

import re
import subprocess
from typing import Final

from bench.case import Sample
from bench.lab import Lab, MeasuringError
from deploy.local.postgres import binary

_TABLE: Final = """
SET client_min_messages = error;
CREATE TABLE IF NOT EXISTS limit_rows (id bigserial PRIMARY KEY, content bytea NOT NULL);
TRUNCATE limit_rows;
"""


def inserts(lab: Lab, row_bytes: int, *, connections: int) -> Sample:
    """Measure how many rows of this size pgbench commits on the stack's own server."""
    dsn = lab.stack.superuser_dsn("postgres")
    script = lab.folder / "limit.sql"
    script.write_text(
        f"INSERT INTO limit_rows (content) VALUES (decode(repeat('ab', {row_bytes}), 'hex'));\n"  # noqa: S608 - a number of ours
    )
    _run([binary("psql"), dsn, "-Xq", "-c", _TABLE])
    seconds = max(2, round(lab.effort.seconds))
    size = ["-c", str(connections), "-j", str(min(2, connections)), "-T", str(seconds)]
    said = _run([binary("pgbench"), "-n", "-M", "prepared", *size, "-f", str(script), dsn])
    return Sample(
        value=_number(r"tps = ([0-9.]+)", said),
        rate=_number(r"tps = ([0-9.]+)", said),
        count=int(_number(r"transactions actually processed: (\d+)", said)),
    )


def _run(command: list[str]) -> str:
    answer = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - the stack's own tools
    if answer.returncode:
        raise MeasuringError(answer.stderr.strip()[-300:])
    return answer.stdout


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if not found:
        raise ValueError(f"pgbench did not say {pattern}: {text}")
    return float(found.group(1))
