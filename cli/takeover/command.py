"""`acquit import fec`: read, refuse or replay, compare, report."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.client import Client
from cli.output import AsJson, Ledger, console, errors, fail, progress, run, show_json
from cli.takeover.comparison import Comparison, compare
from cli.takeover.items import Plan
from cli.takeover.plan import contradictions, plan
from cli.takeover.replay import Outcome, Replay
from shared.fec import Fec, MalformedFec, read
from shared.fec.reader import collector_paused

_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Takeover:
    """What a takeover did, and how it compares with its file."""

    plan: Plan
    outcome: Outcome
    comparison: Comparison


def read_plan(path: Path) -> Plan:
    """Read a file and plan its takeover; a malformed one is refused with every bad line."""
    try:
        fec: Fec = read(path)
    except OSError as error:
        fail(f"{path}: {error.strerror}", 2)
    except MalformedFec as malformed:
        for flaw in malformed.errors[: 10 * _SHOWN_MAX]:
            errors.print(
                f"line {flaw.line}, {flaw.column}: found {flaw.value!r}, expected {flaw.expected}",
                markup=False,
                soft_wrap=True,
            )
        fail(f"{path}: {len(malformed.errors)} errors; nothing was imported", 2)
    with collector_paused():
        made = plan(fec)
    gc.freeze()  # nor need it walk, while we send, what stays until the end
    wrong = contradictions(made)
    if wrong:
        fail(f"{path}: the plan contradicts the file for {sorted(wrong)}; nothing was imported", 3)
    return made


async def take_over(
    client: Client, made: Plan, report: Callable[[str, int, int], None]
) -> Takeover:
    """Replay a plan and compare the result with its file."""
    outcome = await Replay(client, made, report).run()
    return Takeover(made, outcome, await compare(client, made, outcome.refused))


def import_fec(
    file: Annotated[Path, typer.Argument(help="A Fichier des Écritures Comptables.")],
    ledger: Ledger = "demo",
    *,
    as_json: AsJson = False,
) -> None:
    """Take over a company's customer accounts from its FEC.

    Customers, invoices and credit notes, payments, refunds, returns, opening balances,
    differences and matching codes go in through the public APIs; importing the same file
    again changes nothing. Exit code 0 only if nothing differs unexplained.

    Example:  acquit import fec 123456789FEC20251231.txt --ledger acme
    """
    made = read_plan(file)

    async def work() -> Takeover:
        with progress(quiet=as_json) as report:
            async with Client.of(ledger) as client:
                return await take_over(client, made, report)

    done = run(work())
    if as_json:
        show_json(done.comparison.as_json())
    else:
        show_comparison(done.comparison)
    raise typer.Exit(1 if done.comparison.unexplained else 0)


def show_comparison(found: Comparison) -> None:
    """Print the report for people."""
    balances = Table(title="Our books beside the file", title_justify="left")
    for column in ("", "in the file", "equal here", "different"):
        balances.add_column(column, justify="left" if not column else "right")
    different = (len(found.balances_different), len(found.groups_different))
    balances.add_row(
        "customer balances", str(found.customers), str(found.balances_equal), str(different[0])
    )
    balances.add_row(
        "matching groups", str(found.groups), str(found.groups_equal), str(different[1])
    )
    console.print(balances)
    for customer in found.balances_different[:_SHOWN_MAX]:
        why = "; ".join(customer.explained_by) or "UNEXPLAINED"
        console.print(
            f"{customer.customer} {customer.name}: "
            f"file {customer.file}, ours {customer.ours}: {why}"
        )
    for group in found.groups_different[:_SHOWN_MAX]:
        lines = ", ".join(map(str, group.lines))
        why = "; ".join(group.explained_by) or "UNEXPLAINED"
        console.print(f"group {group.code} of {group.customer} (lines {lines}): {why}")
    for item in found.refused[:_SHOWN_MAX]:
        lines = ", ".join(map(str, item["lines"]))
        console.print(f"refused: {item['key']} (lines {lines}): {item['reason']}", markup=False)
    if found.not_taken_over:
        console.print("Not taken over:")
    for left in found.not_taken_over[:_SHOWN_MAX]:
        console.print(f"  {_left_out(left)}", style="dim", markup=False)


def _left_out(left: dict[str, Any]) -> str:
    ranges = [f"{a}-{b}" if a != b else str(a) for a, b in left["line_ranges"][:5]]
    more = ", …" if len(left["line_ranges"]) > len(ranges) else ""
    return (
        f"journal {left['journal_code']}: {left['entry_count']} entries, "
        f"lines {', '.join(ranges)}{more}: {left['reason']}"
    )
