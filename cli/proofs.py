"""`acquit verify`: every chain, every copy, and the conservation of money."""

from dataclasses import dataclass
from typing import Any

import typer

from cli.client import Client
from cli.output import AsJson, Ledger, console, run, show_json


@dataclass(frozen=True, slots=True)
class Proof:
    """The archive's verdict on every journal."""

    report: dict[str, Any]

    @property
    def intact(self) -> bool:
        """Say whether nothing was altered."""
        return bool(self.report["intact"])


async def prove(client: Client) -> Proof:
    """Ask the archive to verify every journal against its copy."""
    return Proof(await client.post("archive", "/verifications", {}))


def show_proof(proof: Proof) -> None:
    """Print the verdict, and the first bad entry if there is one."""
    for service in proof.report["services"]:
        console.print(
            f"  {service['service']:15} {service['verdict']:14} "
            f"{service['entries']} entries, {service['copied']} in the archive"
        )
    flaw = proof.report["first_flaw"]
    if flaw:
        console.print(
            f"ALTERED: {flaw['service']}, ledger {flaw['ledger']}, position {flaw['position']}: "
            f"{flaw['flaw']}, {flaw['detail']} (found in the {flaw['found_in']})",
            style="bold red",
            soft_wrap=True,
        )
    elif proof.intact:
        console.print("The chains are whole: nothing was altered.", style="green")
    else:
        console.print("Not everything could be verified.", style="red")


def verify(ledger: Ledger = "demo", *, as_json: AsJson = False) -> None:
    """Verify every journal, its signatures and the archive's copy; name the first bad entry.

    Exit code 0 only if everything is whole.

    Example:  acquit verify --ledger demo
    """

    async def work() -> Proof:
        async with Client.of(ledger) as client:
            return await prove(client)

    proof = run(work())
    if as_json:
        show_json(proof.report)
    else:
        show_proof(proof)
    raise typer.Exit(0 if proof.intact else 1)
