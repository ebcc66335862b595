"""What every service shows of its journal: entries as stored, head, positions, a check.

Entries are served as they are in the table, altered or not, with the columns that file
them: verification is the reader's business. `verification` reads one snapshot, so that
what is written meanwhile is no flaw.
"""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import select

from shared import chains, refill
from shared.auth import Ledger, Tokens, needs_right
from shared.checking import Chain
from shared.database import transaction
from shared.errors import Unauthenticated
from shared.problems import problems
from shared.tables import Checkpoint
from shared.web import JournalOf

router = APIRouter(prefix="/v1/ledgers", tags=["journal"], responses=problems())
_PAGE = 5_000

After = Annotated[
    int | None,
    Query(
        ge=-(2**63),
        le=2**63 - 1,
        description="Position; without it from the very first row",
    ),
]


class HeadOut(BaseModel):
    """The last entry of a ledger's chain; `hash` and `signature` in hexadecimal."""

    service: str
    ledger: str
    position: int
    hash: str | None
    signature: str | None


class PositionsOut(BaseModel):
    """How far this service is: its own journal, and each it follows."""

    service: str
    ledger: str
    position: int
    followed: dict[str, int]


class VerificationOut(BaseModel):
    """The verdict on one chain; `flaw` names the first bad entry."""

    service: str
    ledger: str
    entries: int
    intact: bool
    flaw: dict[str, Any] | None


class LedgersOut(BaseModel):
    """The ledgers that the token may read."""

    ledgers: list[str]


@router.get("", summary="The ledgers this service keeps")
async def ledgers(request: Request, journal: JournalOf) -> LedgersOut:
    """List the ledgers in which the token carries the right journal:read."""
    tokens: Tokens = request.app.state.tokens
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated(detail="send Authorization: Bearer <token>")
    actor = await tokens.actor(token)
    async with transaction(journal.engine) as db:
        known = [head.ledger for head in await chains.heads(db)]
    return LedgersOut(ledgers=[name for name in known if actor.may("journal:read", name)])


@router.get(
    "/{ledger}/journal",
    summary="Entries as stored",
    dependencies=[needs_right("journal:read")],
    response_class=StreamingResponse,
)
async def journal_entries(
    ledger: Ledger,
    journal: JournalOf,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = 1_000,
) -> StreamingResponse:
    """Return one JSON object per line: position, sealed bytes, hash, signature, columns."""
    async with transaction(journal.engine) as db:
        entries = await chains.read(db, ledger, after, limit)
    pieces = refill.pieces(entries)
    return StreamingResponse(pieces, media_type="application/x-ndjson")


@router.get(
    "/{ledger}/head", summary="The chain's head", dependencies=[needs_right("journal:read")]
)
async def head(ledger: Ledger, journal: JournalOf) -> HeadOut:
    """Return the last position with its hash and signature; position 0 before the first."""
    async with transaction(journal.engine) as db:
        found = await chains.head(db, ledger)
    return HeadOut(
        service=journal.service,
        ledger=ledger,
        position=found.position if found else 0,
        hash=found.hash.hex() if found and found.position else None,
        signature=found.signature.hex() if found and found.signature else None,
    )


@router.get(
    "/{ledger}/positions",
    summary="How far the service is",
    dependencies=[needs_right("journal:read")],
)
async def positions(ledger: Ledger, journal: JournalOf) -> PositionsOut:
    """Return the last own position and the last applied position of each followed service."""
    table = journal.tables.of(Checkpoint)
    async with journal.engine.connect() as db:
        rows = await db.execute(
            select(table.c.source, table.c.position).where(table.c.ledger == ledger)
        )
        followed = {row.source: row.position for row in rows}
    async with transaction(journal.engine) as db:
        found = await chains.head(db, ledger)
    return PositionsOut(
        service=journal.service,
        ledger=ledger,
        position=found.position if found else 0,
        followed=followed,
    )


@router.get(
    "/{ledger}/verification",
    summary="Check the chain",
    dependencies=[needs_right("journal:verify")],
)
async def verification(request: Request, ledger: Ledger, journal: JournalOf) -> VerificationOut:
    """Re-hash every stored entry, follow every link, check columns and every signed head."""
    keys = request.app.state.settings.public_keys
    chain = Chain(journal.service, ledger, keys[journal.service])
    flaw, after = None, None
    async with transaction(journal.engine, "repeatable_read") as db:
        head = await chains.head(db, ledger) or chains.Head(ledger, 0, b"", None)
        while not flaw and (page := await chains.read(db, ledger, after, _PAGE)):
            flaw, after = await asyncio.to_thread(chain.first_flaw, page), page[-1].position
    flaw = flaw or chain.compare_head(head.position, head.hash, head.signature) or chain.finish()
    return VerificationOut(
        service=journal.service,
        ledger=ledger,
        entries=chain.position,
        intact=flaw is None,
        flaw=asdict(flaw) if flaw else None,
    )
