"""`make bench`: latency and throughput on this machine, beside what its PostgreSQL can do.

Starts a stack of its own in a temporary folder. Ours and the limit are measured in turn in
the same run; medians of the rounds are printed, and the ratio. Timings on a shared machine
are noisy: compare within one run.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Table

from bench.latency import measure_settling
from bench.pgbench import inserts_per_second
from deploy.local.stack import Stack
from tests.books import Books, ok

console = Console(highlight=False)
_DOCUMENTS = 20


def main(
    rounds: Annotated[int, typer.Option(help="Of each case, in alternation.")] = 3,
    payments: Annotated[int, typer.Option(help="Single payments per round.")] = 6_000,
    seconds: Annotated[int, typer.Option(help="Of the latency case.")] = 15,
) -> None:
    """Measure and print one table."""
    with (
        tempfile.TemporaryDirectory(prefix="acquit-bench-") as folder,
        Stack(Path(folder) / "stack", say=console.print) as stack,
        Books(stack, "bench") as books,
    ):
        books.open()
        work = Path(folder)
        row_bytes = _row_bytes(books)
        single, bulk, limit = [], [], []
        for number in range(rounds):
            console.print(f"round {number + 1} of {rounds}")
            single.append(_single(books, payments, work))
            bulk.append(_bulk(books, 20 * 1_000, work))
            limit.append(inserts_per_second(stack, row_bytes, connections=64))
        latency = measure_settling(books, per_second=100, seconds=seconds)
    _print(single, bulk, limit, latency, row_bytes)


def _payment(books: Books, **fields: Any) -> dict[str, Any]:
    return {
        "customer_id": str(books.customer_id),
        "amount": "12.34",
        "method": "transfer",
        "reference": "VIR 2025-000123",
        **fields,
    }


def _row_bytes(books: Books) -> int:
    """Return how many bytes one payment's journal entry holds."""
    ok(books.put("payments", f"/payments/{uuid4()}", _payment(books)))
    page = books.get("payments", "/journal", after=0, limit=10).text.splitlines()
    return len(json.loads(page[-1])["sealed"]) * 3 // 4


def _send(books: Books, requests: Sequence[dict[str, Any]], work: Path, connections: int) -> Any:
    path = work / "requests.jsonl"
    path.write_text("\n".join(json.dumps(request) for request in requests))
    port = books.stack.ports["payments"]
    token = books.http.headers["authorization"].removeprefix("Bearer ")
    command = [sys.executable, "-m", "bench.load", str(port), token, str(path)]
    answer = subprocess.run(  # noqa: S603 - ourselves
        [*command, "--connections", str(connections)], check=True, capture_output=True, text=True
    )
    return json.loads(answer.stdout)


def _single(books: Books, count: int, work: Path) -> dict[str, float]:
    requests = [
        {
            "method": "PUT",
            "path": f"/v1/ledgers/{books.ledger}/payments/{uuid4()}",
            "body": _payment(books),
        }
        for _ in range(count)
    ]
    found = _send(books, requests, work, connections=64)
    assert found["statuses"] == {"201": count}, found
    return {"rate": count / found["seconds"], "p50": found["p50_ms"], "p99": found["p99_ms"]}


def _bulk(books: Books, count: int, work: Path) -> dict[str, float]:
    requests = [
        {
            "method": "POST",
            "path": f"/v1/ledgers/{books.ledger}/payments/bulk",
            "body": {"items": [_payment(books, id=str(uuid4())) for _ in range(1_000)]},
        }
        for _ in range(count // 1_000)
    ]
    found = _send(books, requests, work, connections=4)
    assert found["statuses"] == {"200": len(requests)}, found
    return {"rate": count / found["seconds"], "p50": found["p50_ms"], "p99": found["p99_ms"]}


def _print(
    single: list[dict[str, float]],
    bulk: list[dict[str, float]],
    limit: list[float],
    latency: dict[str, float],
    row_bytes: int,
) -> None:
    base = statistics.median(limit)
    table = Table(title="Payments, durable and sealed", title_justify="left")
    for column in ("case", "median /s", "min", "max", "p50 ms", "p99 ms", "of pgbench"):
        table.add_column(column, justify="left" if column == "case" else "right")
    for name, rounds in (("single PUT, 64 connections", single), ("bulk of 1,000", bulk)):
        rates = [round_["rate"] for round_ in rounds]
        table.add_row(
            name,
            f"{statistics.median(rates):,.0f}",
            f"{min(rates):,.0f}",
            f"{max(rates):,.0f}",
            f"{statistics.median(r['p50'] for r in rounds):.1f}",
            f"{statistics.median(r['p99'] for r in rounds):.1f}",
            f"{statistics.median(rates) / base:.0%}",
        )
    name = f"pgbench: insert {row_bytes} bytes, 64 connections"
    table.add_row(name, f"{base:,.0f}", f"{min(limit):,.0f}", f"{max(limit):,.0f}", "", "", "100%")
    console.print(table)
    console.print(
        f"201 to settled in invoicing at {latency['per_second']:.0f}/s: "
        f"p50 {latency['p50_ms']:.0f} ms, p99 {latency['p99_ms']:.0f} ms "
        f"over {latency['count']:.0f} payments (goal: p99 ≤ 100 ms)"
    )


if __name__ == "__main__":
    typer.run(main)
