"""`acquit demo`: a company's year from its accounting file through four services and back.

Everything is real: the stack, the public APIs, Kafka between the services, the seals. What
is printed is what was measured in this run.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.books import close_export, save_export
from cli.client import Client, ProblemError
from cli.output import console, fail, progress, run
from cli.proofs import Proof, prove, show_proof
from cli.takeover.command import Takeover, read_plan, show_comparison, take_over
from cli.takeover.items import Plan
from deploy.local import control
from deploy.local.errors import StackError
from deploy.local.process import PROJECT
from shared.fec import Fec, read
from shared.money import decimal_text

SAMPLE = PROJECT / "samples" / "acquit-demo-2025.fec.txt"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo prints at the end."""

    takeover: Takeover
    documents: Sequence[dict[str, Any]]
    positions: dict[str, dict[str, Any]]
    proof: Proof
    manifest: dict[str, Any]
    export_path: Path


def demo(
    fec: Annotated[
        Path | None, typer.Option(help="Your own file; default: a fictional company's 2025.")
    ] = None,
) -> None:
    """Start everything and take a company's year through it.

    Example:  acquit demo --fec 123456789FEC20251231.txt
    """
    started = time.perf_counter()
    path = fec or SAMPLE
    plan = read_plan(path)
    try:
        control.up(say=console.print)
    except StackError as error:
        fail(str(error))
    ready = time.perf_counter() - started
    ledger = "demo" if fec is None else _ledger_of(path)
    shown = run(_play(ledger, plan))
    _print(ledger, shown, ready)
    console.print(f"The whole demo took {time.perf_counter() - started:.1f} s.")
    whole = shown.proof.intact and not shown.takeover.comparison.unexplained
    raise typer.Exit(0 if whole else 1)


def _ledger_of(path: Path) -> str:
    return "fec-" + hashlib.sha256(path.read_bytes()).hexdigest()[:8]


async def _play(ledger: str, plan: Plan) -> Shown:
    async with Client.of(ledger) as client:
        with progress() as report:
            takeover = await take_over(client, plan, report)
        documents = await client.pages("invoicing", "/documents")
        proof = await prove(client)
        manifest = await _export(client, plan)
        path = control.DEFAULT_FOLDER / "exports" / f"{ledger}-{manifest['file_name']}"
        path.parent.mkdir(parents=True, exist_ok=True)
        await save_export(client, manifest, path)
        positions = await client.wait_until_caught_up()
    return Shown(takeover, documents, positions, proof, manifest, path)


async def _export(client: Client, plan: Plan) -> dict[str, Any]:
    """Close the export of the file's period, or find it again when it was closed before."""
    days = [payment.received_on for payment in plan.payments] or [date.today()]  # noqa: DTZ011
    try:
        return await close_export(client, date(min(days).year, 1, 1), max(days), None)
    except ProblemError as problem:
        if problem.code != "nothing-to-export":
            raise
    exports: list[dict[str, Any]] = await client.get("payments", "/accounting-exports")
    return exports[-1]


def _print(ledger: str, shown: Shown, ready_seconds: float) -> None:
    _print_stages(shown.takeover, ready_seconds)
    show_comparison(shown.takeover.comparison)
    _print_books(shown)
    show_proof(shown.proof)
    _print_export(shown)
    project = control.DEFAULT_FOLDER.parent
    console.print(f"\nNext, in {project}:", style="bold")
    open_one = next((d for d in shown.documents if d["payment_status"] == "unpaid"), None)
    number = open_one["number"] if open_one else "NUMBER"
    for line in (
        f"acquit invoice show {number} --ledger {ledger}",
        f"acquit payment record --document {open_one and open_one['document_id']} -l {ledger}",
        f"acquit verify --ledger {ledger}",
        "acquit status",
        "acquit down",
    ):
        console.print(f"  .venv/bin/{line}", markup=False, soft_wrap=True)


def _print_stages(takeover: Takeover, ready_seconds: float) -> None:
    table = Table(title="Time and rate of each stage", title_justify="left")
    for column in ("stage", "items", "seconds", "per second"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    table.add_row("the stack is up", "", f"{ready_seconds:.1f}", "")
    for stage in takeover.outcome.stages:
        rate = f"{stage.count / stage.seconds:,.0f}" if stage.count > 1 and stage.seconds else ""
        table.add_row(stage.name, str(stage.count), f"{stage.seconds:.1f}", rate)
    console.print(table)


def _print_books(shown: Shown) -> None:
    plan, documents = shown.takeover.plan, shown.documents
    by_status = {
        status: sum(1 for d in documents if d["payment_status"] == status)
        for status in ("settled", "partially_paid", "unpaid")
    }
    received = sum(payment.amount_cents for payment in plan.payments)
    table = Table(title="The books", title_justify="left", show_header=False)
    table.add_row("customers", str(len(plan.customers)))
    table.add_row("invoices and credit notes", str(len(documents)))
    table.add_row("  settled", str(by_status["settled"]))
    table.add_row("  partially paid", str(by_status["partially_paid"]))
    table.add_row("  open", str(by_status["unpaid"]))
    table.add_row("payments", f"{len(plan.payments)}, {decimal_text(received)} EUR")
    for service, report in shown.positions.items():
        table.add_row(f"journal of {service}", f"position {report['position']}")
    console.print(table)


def _print_export(shown: Shown) -> None:
    plan, manifest = shown.takeover.plan, shown.manifest
    fec: Fec = read(shown.export_path)
    bank = [line for line in fec.lines if line.account.startswith("5")]
    ours = (sum(line.debit_cents for line in bank), sum(line.credit_cents for line in bank))
    refunded = sum(refund.amount_cents for refund in plan.refunds)
    taken_back = sum(item.amount_cents for item in plan.returned_payments)
    received = sum(payment.amount_cents for payment in plan.payments)
    file = (received, refunded + taken_back)
    verdict = "the same as in the file" if ours == file else f"the file has {_both(file)}"
    console.print(
        f"\nAccounting export {manifest['sequence']}: {manifest['entry_count']} entries, "
        f"{_both(ours)}: {verdict}",
        soft_wrap=True,
    )
    console.print(f"  {shown.export_path}", soft_wrap=True)


def _both(cents: tuple[int, int]) -> str:
    return f"{decimal_text(cents[0])} EUR received, {decimal_text(cents[1])} EUR given back"
