"""`acquit close`: close what is over, and say who certified it."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from cli.client import Client
from cli.output import AsJson, Ledger, console, run, show_json


async def close_periods(
    client: Client, period: str | None, say: Callable[[dict[str, Any]], None]
) -> list[dict[str, Any]]:
    """Close one period, or all that are due, each after the one before it; return them."""
    closed: list[dict[str, Any]] = []
    wanted = [period] if period else await _due(client)
    while wanted:
        for name in wanted:
            closed.append(await client.put("archive", f"/periods/{name}/closing", {}))
            say(closed[-1])
        wanted = [] if period else await _due(client)
    return closed


async def _due(client: Client) -> list[str]:
    return list((await client.get("archive", "/periods/due"))["periods"])


def _show(closing: dict[str, Any]) -> None:
    totals = ", ".join(f"{t['received']} {t['currency']} received" for t in closing["totals"])
    because = closing["not_deposited_because"]
    console.print(
        f"  {closing['period']:10}  {closing['package_sha256'][:16]}…  "
        f"{totals or 'no money moved'}" + (f"; not deposited: {because}" if because else ""),
        soft_wrap=True,
    )


def _silent(_closing: dict[str, Any]) -> None:
    """Leave standard output to the JSON at the end."""


def close(
    period: Annotated[
        str | None, typer.Argument(help="2026-11-27, 2026-11 or 2026; all that are due without.")
    ] = None,
    ledger: Ledger = "demo",
    *,
    as_json: AsJson = False,
) -> None:
    """Close a period that is over, or every one that is due: days, months and years.

    Example:  acquit close --ledger demo
    """

    async def work() -> list[dict[str, Any]]:
        async with Client.of(ledger) as client:
            return await close_periods(client, period, _silent if as_json else _show)

    closed = run(work())
    if as_json:
        show_json(closed)
    else:
        console.print(f"{len(closed)} periods closed.", style="green")
