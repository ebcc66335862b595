"""The archive's HTTP API: verify everything, compare ends, hand out copies."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from services.archive.domain.copy import SOURCES
from services.archive.domain.finding import RecordFinding
from services.archive.queries import PAGE, Copy
from services.archive.schemas import (
    CopiedService,
    HeadsOut,
    ReportOut,
    ends_out,
    report_out,
)
from services.archive.verification import Verifier, compared_ends
from shared import refill
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.dates import now
from shared.journal_api import After
from shared.names import SERVICES
from shared.problems import problems
from shared.units import Commands
from shared.web import JournalOf, context_of, say

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

Checker = Annotated[Actor, Depends(actor_with("journal:verify"))]
READ = [needs_right("journal:read")]


@router.post("/verifications", tags=["verification"], summary="Verify everything now")
async def verify_everything(
    request: Request, ledger: Ledger, actor: Checker, journal: JournalOf
) -> ReportOut:
    """Check every journal, our copies and every closing; a flaw goes on record, each once."""
    state = request.app.state
    verifier = Verifier(journal.engine, state.refill, state.settings, ledger)
    verdicts = [await verifier.verdict(service) for service in SERVICES]
    closings = await verifier.closings()
    findings = [
        RecordFinding(found_in=found_in, flaw=flaw)
        for verdict in verdicts
        for found_in, flaw in verdict.flaws()
    ]
    findings += [
        RecordFinding(found_in="journal", flaw=flaw)
        for closing in closings
        for flaw in closing.flaws()
    ]
    if findings:
        await journal.submit(Commands(ledger, findings, context_of(request, actor)))
    report = report_out(ledger, now(), verdicts, closings)
    if not report.intact:
        say(request, "flawed")
    return report


@router.get("/heads", tags=["copies"], summary="Compare ends", dependencies=READ)
async def heads(request: Request, ledger: Ledger, journal: JournalOf) -> HeadsOut:
    """Show where each copy ends beside where its owner's journal does."""
    copies = (Copy(journal.engine, ledger, source) for source in SOURCES)
    ends = [await compared_ends(copy, request.app.state.refill) for copy in copies]
    return HeadsOut(ledger=ledger, heads=[ends_out(end) for end in ends])


@router.get(
    "/copies/{service}",
    tags=["copies"],
    summary="Entries as copied",
    dependencies=READ,
    response_class=StreamingResponse,
)
async def copied_entries(
    ledger: Ledger,
    service: CopiedService,
    journal: JournalOf,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=5_000)] = PAGE,
) -> StreamingResponse:
    """Return one JSON object per line, as the owner's journal does: bytes, hash, signature."""
    rows = await Copy(journal.engine, ledger, service).entries(after=after, limit=limit)
    pieces = refill.pieces(row.stored() for row in rows)
    return StreamingResponse(pieces, media_type="application/x-ndjson")
