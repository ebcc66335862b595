"""Payments, invoices and exports from the command line."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from rich.table import Table

from cli.client import Client
from cli.output import AsJson, Ledger, console, fail, run, show_json

payment = typer.Typer(no_args_is_help=True, help="Record, show and reverse payments.")
invoice = typer.Typer(no_args_is_help=True, help="Show invoices.")


def _show(body: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(body)
        return
    table = Table(show_header=False, box=None)
    for name, value in body.items():
        if value not in (None, [], ""):
            table.add_row(name, str(value))
    console.print(table)


@payment.command("record")
def record_payment(  # noqa: PLR0913, PLR0917 - one option per field of the form
    amount: Annotated[str | None, typer.Option(help="Default: what is left to pay.")] = None,
    document: Annotated[UUID | None, typer.Option(help="The invoice it pays.")] = None,
    customer: Annotated[UUID | None, typer.Option(help="Default: the invoice's customer.")] = None,
    method: Annotated[str | None, typer.Option(help="Default: the ledger's.")] = None,
    bank_account: Annotated[str | None, typer.Option(help="Default: the ledger's.")] = None,
    reference: Annotated[str | None, typer.Option(help="Cheque or transfer number.")] = None,
    payment_id: Annotated[UUID | None, typer.Option(help="Your name for it, to retry.")] = None,
    ledger: Ledger = "demo",
    *,
    as_json: AsJson = False,
) -> None:
    """Record money received.

    Example:  acquit payment record --document 0192… --method cheque --reference 0012345
    """
    body: dict[str, Any] = {
        "amount": amount,
        "customer_id": str(customer) if customer else None,
        "method": method,
        "bank_account": bank_account,
        "reference": reference,
        "applies_to": [{"document_id": str(document)}] if document else None,
    }
    given = {name: value for name, value in body.items() if value is not None}

    async def work() -> Any:
        async with Client.of(ledger) as client:
            return await client.put("payments", f"/payments/{payment_id or uuid4()}", given)

    _show(run(work()), as_json=as_json)


@payment.command("show")
def show_payment(payment_id: UUID, ledger: Ledger = "demo", *, as_json: AsJson = False) -> None:
    """Show a payment and what became of it.

    Example:  acquit payment show 0192…
    """
    _show(_read(ledger, "payments", f"/payments/{payment_id}"), as_json=as_json)


@payment.command("reverse")
def reverse_payment(
    payment_id: UUID,
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever.")],
    ledger: Ledger = "demo",
    *,
    as_json: AsJson = False,
) -> None:
    """Take back a payment recorded in error; nothing is erased.

    Example:  acquit payment reverse 0192… --reason "entered twice"
    """

    async def work() -> Any:
        async with Client.of(ledger) as client:
            path = f"/payments/{payment_id}/reversal"
            return await client.put("payments", path, {"reason": reason})

    _show(run(work()), as_json=as_json)


@invoice.command("show")
def show_invoice(number_or_id: str, ledger: Ledger = "demo", *, as_json: AsJson = False) -> None:
    """Show an invoice by its number or id: what is owed, and what settles it.

    Example:  acquit invoice show FA2508-0001
    """

    async def work() -> Any:
        async with Client.of(ledger) as client:
            try:
                document_id = str(UUID(number_or_id))
            except ValueError:
                found = await client.get("invoicing", "/documents", number=number_or_id, limit=2)
                if len(found["items"]) != 1:
                    fail(f"{number_or_id} is not the number of one document")
                document_id = found["items"][0]["document_id"]
            return await client.get("invoicing", f"/documents/{document_id}")

    _show(run(work()), as_json=as_json)


@invoice.command("list")
def list_invoices(
    status: Annotated[
        str | None, typer.Option(help="unpaid, partially_paid, settled or open.")
    ] = None,
    ledger: Ledger = "demo",
    *,
    ids: Annotated[bool, typer.Option("--ids", help="Only the identifiers.")] = False,
    as_json: AsJson = False,
) -> None:
    """List invoices, newest first.

    Example:  acquit invoice list --status open
    """
    wanted = {"kind": "invoice", "payment_status": status}
    query = {name: value for name, value in wanted.items() if value is not None}

    async def work() -> list[dict[str, Any]]:
        async with Client.of(ledger) as client:
            return await client.pages("invoicing", "/documents", **query)

    found = run(work())
    if as_json:
        show_json(found)
    elif ids:
        for document in found:
            typer.echo(document["document_id"])
    else:
        columns = ("number", "issued_on", "total", "outstanding", "payment_status")
        table = Table(*columns)
        for document in found:
            table.add_row(*(document[column] for column in columns))
        console.print(table)


def export_fec(
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"])],
    out: Annotated[Path, typer.Option(help="A folder, or the file to write.")] = Path(),
    siren: Annotated[str | None, typer.Option(help="For the file's name.")] = None,
    ledger: Ledger = "demo",
    *,
    as_json: AsJson = False,
) -> None:
    """Hand a period's payments to accounting as a FEC, once; later changes come in the next.

    Example:  acquit export fec --from 2025-01-01 --to 2025-12-31 --out .
    """

    async def work() -> tuple[Any, Path]:
        async with Client.of(ledger) as client:
            manifest = await close_export(client, start.date(), end.date(), siren)
            target = out / manifest["file_name"] if out.is_dir() else out
            try:
                await save_export(client, manifest, target)
            except OSError as error:
                fail(f"{target}: {error}; the export is closed, fetch it again with its id")
            return manifest, target

    manifest, target = run(work())
    written = manifest | {"written_to": str(target)}
    _show(written if as_json else written | {"left_out": _listed(manifest)}, as_json=as_json)


def _listed(manifest: dict[str, Any]) -> str:
    """Return what an export left out, a movement a line: accounting books it by hand."""
    return "\n".join(
        f"{movement['number']} of {movement['moved_on']}: {movement['amount']} "
        f"{movement['currency']}, to be booked by hand"
        for movement in manifest["left_out"]
    )


async def close_export(client: Client, start: date, end: date, siren: str | None) -> dict[str, Any]:
    """Close an export and return its manifest."""
    body: dict[str, Any] = {
        "export_id": str(uuid4()),  # so that a lost answer can be asked for again
        "from": start.isoformat(),
        "to": end.isoformat(),
    }
    if siren:
        body["siren"] = siren
    manifest: dict[str, Any] = await client.post("payments", "/accounting-exports", body)
    return manifest


async def save_export(client: Client, manifest: Mapping[str, Any], target: Path) -> None:
    """Write an export's file as it comes; whole and as its manifest names it, or not at all.

    Raises OSError when it can't be written, or is another.
    """
    draft = target.with_name(f"{target.name}.part")
    try:
        with draft.open("w+b") as file:
            path = f"/accounting-exports/{manifest['export_id']}/file"
            await client.download("payments", path, file)
            file.seek(0)
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != manifest["file_sha256"]:
            raise OSError(f"the file has the SHA-256 {found}, not that of its manifest")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _read(ledger: str, service: str, path: str) -> Any:
    async def work() -> Any:
        async with Client.of(ledger) as client:
            return await client.get(service, path)

    return run(work())
