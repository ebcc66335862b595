"""Accounting exports over HTTP: close one, list them, fetch the same bytes again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from services.payments import exports, queries
from services.payments.domain.accounting import ExportIdTaken, ExportRaced, NothingToExport
from services.payments.exports import Period
from services.payments.exports_schemas import ExportIn, ExportOut, export_out
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.errors import NotFound
from shared.ids import derived_id
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(
    prefix="/v1/ledgers/{ledger}/accounting-exports",
    tags=["accounting exports"],
    responses=problems(),
)

Accountant = Annotated[Actor, Depends(actor_with("accounting-exports:close"))]
READ = [needs_right("accounting-exports:read")]


@router.post(
    "",
    status_code=201,
    summary="Close an accounting export",
    responses=problems(NothingToExport, ExportIdTaken, ExportRaced),
)
async def close_export(
    request: Request, ledger: Ledger, body: ExportIn, actor: Accountant, journal: JournalOf
) -> ExportOut:
    """Hand every entry up to the period's end that no export holds yet to accounting, once.

    Without an `export_id` the name is derived from the period and the exports before it.
    """
    earlier = await queries.exports(journal.engine, ledger)
    export_id = body.export_id or derived_id(ledger, "export", len(earlier))
    period = Period(export_id, body.from_on, body.to_on, body.siren)
    command = await exports.prepare(journal.engine, ledger, period)
    if command:
        await journal.execute(ledger, command, context_of(request, actor))
    return export_out(await queries.export(journal.engine, ledger, export_id))


@router.get("", summary="List accounting exports", dependencies=READ)
async def list_exports(ledger: Ledger, journal: JournalOf) -> list[ExportOut]:
    """List the manifests, first to last; each names the digest of the one before."""
    return [export_out(row) for row in await queries.exports(journal.engine, ledger)]


@router.get(
    "/{export_id}",
    summary="Show an export's manifest",
    dependencies=READ,
    responses=problems(NotFound),
)
async def show_export(ledger: Ledger, export_id: UUID, journal: JournalOf) -> ExportOut:
    """Show one manifest."""
    return export_out(await queries.export(journal.engine, ledger, export_id))


@router.get(
    "/{export_id}/file",
    summary="Fetch the exported file",
    dependencies=READ,
    response_class=Response,
    responses=problems(NotFound),
)
async def fetch_file(ledger: Ledger, export_id: UUID, journal: JournalOf) -> Response:
    """Return the file's bytes, the same as on the first day."""
    row = await queries.export(journal.engine, ledger, export_id)
    parts = await queries.export_parts(journal.engine, ledger, row.file_sha256)
    headers = {
        "Content-Disposition": f'attachment; filename="{row.file_name}"',
        "Content-Length": str(sum(part.size_bytes for part in parts)),
    }
    content = queries.export_content(journal.engine, ledger, parts)
    return StreamingResponse(content, media_type="text/plain; charset=utf-8", headers=headers)
