"""Documents on their way to validation, and away, over HTTP.

Who may draw up the documents of one brand only does not touch those of others.
"""

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.invoicing import queries
from services.invoicing.api import DOCUMENT_REFUSALS, Validator
from services.invoicing.documents_schemas import (
    DocumentOut,
    DraftIn,
    ReasonIn,
    ValidationIn,
    document_out,
)
from services.invoicing.domain.document import Document
from services.invoicing.domain.drafting import (
    CancelDocument,
    DocumentStatusForbids,
    InvoiceIsFinal,
    RejectDraft,
    SubmitDraft,
    ValidateDraft,
)
from shared.auth import Actor, Ledger, actor_with
from shared.decider import Command
from shared.errors import NotFound
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

_DRAFT = "documents:draft"
Drafter = Annotated[Actor, Depends(actor_with(_DRAFT, by_brand=True))]
Canceller = Annotated[Actor, Depends(actor_with("documents:cancel"))]


async def _done(
    request: Request, ledger: str, actor: Actor, journal: JournalOf, asked: tuple[UUID, Command]
) -> DocumentOut:
    """Carry a command out and show the document as it then stands."""
    document_id, command = asked
    done = await journal.execute(ledger, command, context_of(request, actor))
    return document_out(done.picture.find(Document, document_id))


async def _check_brand(actor: Actor, ledger: str, document_id: UUID, journal: JournalOf) -> None:
    """Raise Forbidden where there is such a document, of a brand that is not the actor's."""
    if actor.may(_DRAFT, ledger):
        return
    with suppress(NotFound):
        row = await queries.document(journal.engine, ledger, document_id)
        actor.check_for(_DRAFT, ledger, row.brand)


@router.put(
    "/drafts/{document_id}",
    status_code=201,
    tags=["drafts"],
    summary="Draw up a draft",
    responses=problems(*DOCUMENT_REFUSALS, DocumentStatusForbids),
)
async def draft_document(
    request: Request,
    ledger: Ledger,
    document_id: UUID,
    body: DraftIn,
    actor: Drafter,
    journal: JournalOf,
) -> DocumentOut:
    """Draw a document up, or anew while it is no more than a draft; it gets no number yet."""
    actor.check_for(_DRAFT, ledger, body.brand)
    await _check_brand(actor, ledger, document_id, journal)
    command = body.draft(document_id)
    return await _done(request, ledger, actor, journal, (document_id, command))


@router.put(
    "/drafts/{document_id}/submission",
    tags=["drafts"],
    summary="Submit a draft for validation",
    responses=problems(NotFound, DocumentStatusForbids),
)
async def submit_draft(
    request: Request, ledger: Ledger, document_id: UUID, actor: Drafter, journal: JournalOf
) -> DocumentOut:
    """Let the draft wait for somebody to validate it."""
    await _check_brand(actor, ledger, document_id, journal)
    command = SubmitDraft(document_id=document_id)
    return await _done(request, ledger, actor, journal, (document_id, command))


@router.put(
    "/drafts/{document_id}/validation",
    tags=["drafts"],
    summary="Validate a draft",
    responses=problems(NotFound, DocumentStatusForbids, *DOCUMENT_REFUSALS),
)
async def validate_draft(
    request: Request,
    ledger: Ledger,
    document_id: UUID,
    body: ValidationIn,
    actor: Validator,
    journal: JournalOf,
) -> DocumentOut:
    """Number the draft and make it final; self-validated if who drew it up validates it."""
    command = ValidateDraft(document_id=document_id, issued_on=body.issued_on)
    return await _done(request, ledger, actor, journal, (document_id, command))


@router.put(
    "/drafts/{document_id}/rejection",
    tags=["drafts"],
    summary="Reject what waits for validation",
    responses=problems(NotFound, DocumentStatusForbids),
)
async def reject_draft(
    request: Request,
    ledger: Ledger,
    document_id: UUID,
    body: ReasonIn,
    actor: Validator,
    journal: JournalOf,
) -> DocumentOut:
    """Send it back with a reason; it may be drawn up anew."""
    command = RejectDraft(document_id=document_id, reason=body.reason)
    return await _done(request, ledger, actor, journal, (document_id, command))


@router.put(
    "/documents/{document_id}/cancellation",
    tags=["documents"],
    summary="Cancel a document on which nothing is owed",
    responses=problems(NotFound, InvoiceIsFinal),
)
async def cancel_document(
    request: Request,
    ledger: Ledger,
    document_id: UUID,
    body: ReasonIn,
    actor: Canceller,
    journal: JournalOf,
) -> DocumentOut:
    """Give up a draft, quote, order or delivery note; a validated invoice needs a credit note."""
    command = CancelDocument(document_id=document_id, reason=body.reason)
    return await _done(request, ledger, actor, journal, (document_id, command))
