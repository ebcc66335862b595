"""Accounting files: a large export, a large import, and how much memory each takes."""

import asyncio
import os
import subprocess
import sys
import time
from typing import Final
from uuid import uuid4

import asyncpg
import httpx

from bench import sealed
from bench.books_file import write_books
from bench.case import LINES, Case, Family, Goal, Sample, Trial
from bench.lab import Lab, MeasuringError
from bench.memory import Peak
from shared.names import SERVICES

_TIMEOUT_SECONDS: Final = 900.0
_LINES_OF_PAYMENT: Final = 2
_ACQUIT: Final = [sys.executable, "-m", "bench.command"]
_EXPORTED: Final = """
SELECT * FROM movements WHERE ledger = $1 AND position > $2 ORDER BY position
"""


class Exporting:
    """Exports as many new lines in each round; what was exported once never is again."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._payments = (20_000 if lab.effort.quick else 1_000_000) // _LINES_OF_PAYMENT
        self._after = 0

    def __call__(self) -> Sample:
        """Record new payments, then measure how fast and in how much memory they are exported."""
        lab = self._lab
        self._after = lab.positions()["payments"]["position"]
        sealed.lengthen(lab, self._after + self._payments)
        headers = {"authorization": f"Bearer {lab.books.token}"}
        peak = Peak(lab.stack.parts["payments"].pid)
        with httpx.Client(headers=headers, timeout=_TIMEOUT_SECONDS) as client:
            started = time.perf_counter()
            lines = self._export(client)
            seconds = time.perf_counter() - started
        return Sample(
            value=lines / seconds, rate=lines / seconds, count=lines, peak_mb=peak.mb_more()
        )

    def _export(self, client: httpx.Client) -> int:
        """Close an export and fetch its file, as `acquit export fec` does; count its lines."""
        url = self._lab.books.url("payments", "/accounting-exports")
        body = {"export_id": str(uuid4()), "from": "2025-01-01", "to": "2025-12-31"}
        manifest = client.post(url, json=body).raise_for_status().json()
        lines = -1  # the header
        with client.stream("GET", f"{url}/{manifest['export_id']}/file") as answer:
            for part in answer.raise_for_status().iter_bytes():
                lines += part.count(b"\n")
        if not lines == manifest["line_count"] >= _LINES_OF_PAYMENT * self._payments:
            raise MeasuringError(f"{lines} lines came, {manifest['line_count']} were announced")
        return lines

    def copied(self) -> Sample:
        """Measure how fast PostgreSQL alone gives the same movements out."""
        started = time.perf_counter()
        count = asyncio.run(self._copy())
        lines, seconds = count * _LINES_OF_PAYMENT, time.perf_counter() - started
        return Sample(value=lines / seconds, rate=lines / seconds, count=lines)

    async def _copy(self) -> int:
        db = await asyncpg.connect(self._lab.stack.superuser_dsn("acquit_payments"))
        try:
            done: str = await db.copy_from_query(
                _EXPORTED, self._lab.books.ledger, self._after, output=os.devnull
            )
        finally:
            await db.close()
        return int(done.rsplit(maxsplit=1)[-1])


class Importing:
    """Imports the same books into a new ledger each time, with the product's own command."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._file = lab.folder / "123456789FEC20251231.txt"
        self._peak = lab.folder / "peak.txt"
        self._lines = write_books(self._file, 5_000 if lab.effort.quick else 100_000)

    def __call__(self) -> Sample:
        """Measure one import, from the start of the command to its report."""
        lab, ledger = self._lab, f"import-{uuid4().hex[:8]}"
        urls = {f"ACQUIT_{name.upper()}_URL": url for name, url in lab.stack.urls.items()}
        token = lab.stack.mint_token("bench", {ledger: ["*"]}, 1)
        environment = {**os.environ, **urls, "ACQUIT_TOKEN": token}
        started = time.perf_counter()
        self._run(["import", "fec", str(self._file), "--ledger", ledger, "--json"], environment)
        rate = self._lines / (time.perf_counter() - started)
        peak_mb = float(self._peak.read_text("ascii"))
        return Sample(value=rate, rate=rate, count=self._lines, peak_mb=peak_mb)

    def _run(self, arguments: list[str], environment: dict[str, str]) -> None:
        log = self._lab.folder / "import.log"
        with log.open("wb") as said:
            command = [*_ACQUIT, str(self._peak), *arguments]
            done = subprocess.run(  # noqa: S603 - our own
                command, env=environment, stdout=said, stderr=said, check=False
            )
        if done.returncode:
            raise MeasuringError(f"the command failed: {log.read_text('utf-8')[-300:]}")

    def read(self) -> Sample:
        """Measure how fast the file's lines are read and split, and nothing else."""
        started = time.perf_counter()
        with self._file.open(encoding="utf-8") as lines:
            count = sum(1 for line in lines if line.split("\t"))
        rate = count / (time.perf_counter() - started)
        return Sample(value=rate, rate=rate, count=count)


def _export(lab: Lab) -> Trial:
    lab.end_followers()
    exporting = Exporting(lab)
    return Trial(ours=exporting, limit=exporting.copied)


def _import(lab: Lab) -> Trial:
    importing = Importing(lab)
    return Trial(ours=importing, limit=importing.read)


EXPORT = Family(
    name="export",
    services=("invoicing", "payments"),
    cases=(
        Case(
            name="export",
            what="an accounting export of 1,000,000 lines closed and fetched; memory it adds",
            limit="COPY of the same movements out of PostgreSQL",
            unit=LINES,
            goal=Goal(at_least=150_000, peak_mb_at_most=100),
            start=_export,
        ),
    ),
)
IMPORT = Family(
    name="import",
    services=SERVICES,
    cases=(
        Case(
            name="import-fec",
            what="acquit import fec of 100,000 lines into an empty ledger; memory of the command",
            limit="reading and splitting the file's lines",
            unit=LINES,
            goal=Goal(at_least=20_000, peak_mb_at_most=300),
            start=_import,
        ),
    ),
)
