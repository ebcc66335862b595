"""`acquit verify`: every chain, copy, closing and receipt, and the conservation of money."""

from dataclasses import asdict, dataclass
from typing import Any

import typer

from cli import conservation
from cli.client import Client
from cli.conservation import Verdict
from cli.output import AsJson, Ledger, console, run, show_json
from shared.money import decimal_text


@dataclass(frozen=True, slots=True)
class Proof:
    """The archive's verdict on every journal, and what the journals prove of the money."""

    report: dict[str, Any]
    conservation: Verdict

    @property
    def intact(self) -> bool:
        """Say whether nothing was altered and no money was lost or made."""
        return bool(self.report["intact"]) and self.conservation.violation is None

    def as_json(self) -> dict[str, Any]:
        """Return both for machines."""
        return self.report | {"intact": self.intact, "conservation": asdict(self.conservation)}


async def prove(client: Client) -> Proof:
    """Ask the archive to verify every journal against its copy; check the money ourselves."""
    report = await client.post("archive", "/verifications", {})
    money = await conservation.prove(client.http, client.urls, client.token, client.ledger)
    return Proof(report, money)


def show_proof(proof: Proof) -> None:
    """Print the verdict, and the first bad entry if there is one."""
    for service in proof.report["services"]:
        console.print(
            f"  {service['service']:15} {service['verdict']:14} "
            f"{service['entries']} entries, {service['copied']} in the archive"
        )
    _show_closings(proof.report["closings"])
    flaw = proof.report["first_flaw"]
    if flaw:
        console.print(
            f"ALTERED: {flaw['service']}, ledger {flaw['ledger']}, position {flaw['position']}: "
            f"{flaw['flaw']}, {flaw['detail']} (found in the {flaw['found_in']})",
            style="bold red",
            soft_wrap=True,
        )
    elif proof.report["intact"]:
        console.print("The chains are whole: nothing was altered.", style="green")
    else:
        console.print("Not everything could be verified.", style="red")
    _show_money(proof.conservation)


def _show_closings(closings: list[dict[str, Any]]) -> None:
    if not closings:
        return
    receipts = [receipt for closing in closings for receipt in closing["receipts"]]
    judged = [each["verdict"] for each in (*closings, *receipts)]
    without = sum(not closing["receipts"] for closing in closings)
    console.print(
        f"  {len(closings)} closed periods, {len(receipts)} receipts of third "
        f"parties: {judged.count('intact')} intact, {judged.count('flawed')} flawed, "
        f"{judged.count('not_verified')} not verified; {without} periods have no receipt"
    )


def _show_money(verdict: Verdict) -> None:
    violation = verdict.violation
    if violation:
        console.print(
            f"THE MONEY DOES NOT ADD UP: {violation.service}, position {violation.position}: "
            f"{violation.sentence}",
            style="bold red",
            soft_wrap=True,
        )
        return
    for currency, money in verdict.totals.items():
        console.print(
            f"Money is conserved at every position: {decimal_text(money.received, currency)} "
            f"{currency} received, {decimal_text(money.refunded, currency)} refunded, "
            f"{decimal_text(money.returned, currency)} returned, "
            f"{decimal_text(money.spent, currency)} spent; "
            f"{decimal_text(money.allocated, currency)} allocated, "
            f"{decimal_text(money.available, currency)} available.",
            style="green",
            soft_wrap=True,
        )


def verify(ledger: Ledger = "demo", *, as_json: AsJson = False) -> None:
    """Verify every journal, signature, copy, closing and receipt; name the first bad entry.

    Exit code 0 only if everything is whole.

    Example:  acquit verify --ledger demo
    """

    async def work() -> Proof:
        async with Client.of(ledger) as client:
            return await prove(client)

    proof = run(work())
    if as_json:
        show_json(proof.as_json())
    else:
        show_proof(proof)
    raise typer.Exit(0 if proof.intact else 1)
