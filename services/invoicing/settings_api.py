"""Invoicing's settings over HTTP: numbering, business folders, what a user prefers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.invoicing import queries
from services.invoicing.api import RowsPerPage
from services.invoicing.domain.folder import Folder, FolderIdTaken
from services.invoicing.domain.numbers import ConfigureNumbering
from services.invoicing.domain.preference import ChoosePageSize
from services.invoicing.schemas import (
    FolderIn,
    FolderOut,
    NumberingIn,
    NumberingOut,
    PageSizeIn,
    PageSizeOut,
)
from shared.auth import Actor, Ledger, actor_with
from shared.errors import Malformed, NotFound
from shared.fields import Code
from shared.numbering import Template, TemplateError
from shared.paging import Cursor, Page
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

_OPEN, _READ = "folders:open", "folders:read"
Configurer = Annotated[Actor, Depends(actor_with("numbering:configure"))]
Opener = Annotated[Actor, Depends(actor_with(_OPEN, by_brand=True))]
FolderReader = Annotated[Actor, Depends(actor_with(_READ, by_brand=True))]
Keeper = Annotated[Actor, Depends(actor_with("preferences:keep"))]


@router.put("/numbering/{series}", tags=["numbering"], summary="Configure a numbering series")
async def configure_numbering(
    request: Request,
    ledger: Ledger,
    series: Code,
    body: NumberingIn,
    actor: Configurer,
    journal: JournalOf,
) -> NumberingOut:
    """Give a series its template, or a brand its own; numbers given before stay as they are."""
    try:
        Template.parse(body.template)
    except TemplateError as error:
        raise Malformed(field="template", found=body.template, expected=str(error)) from None
    command = ConfigureNumbering(series=series, template=body.template, brand=body.brand)
    await journal.execute(ledger, command, context_of(request, actor))
    return NumberingOut(series=series, template=body.template, brand=body.brand)


@router.put(
    "/folders/{folder_id}",
    status_code=201,
    tags=["folders"],
    summary="Open a business folder",
    responses=problems(FolderIdTaken),
)
async def open_folder(
    request: Request,
    ledger: Ledger,
    folder_id: UUID,
    body: FolderIn,
    actor: Opener,
    journal: JournalOf,
) -> FolderOut:
    """Open a folder for the documents of one deal; the same request again changes nothing."""
    actor.check_for(_OPEN, ledger, body.brand)
    done = await journal.execute(ledger, body.command(folder_id), context_of(request, actor))
    return FolderOut.model_validate(done.picture.find(Folder, folder_id))


@router.get(
    "/folders/{folder_id}",
    tags=["folders"],
    summary="Show a business folder",
    responses=problems(NotFound),
)
async def show_folder(
    ledger: Ledger, folder_id: UUID, journal: JournalOf, actor: FolderReader
) -> FolderOut:
    """Show a business folder; who may read one brand's only does not find those of others."""
    row = await queries.folder(journal.engine, ledger, folder_id)
    if not actor.may_for(_READ, ledger, row.brand):
        raise NotFound(folder_id=folder_id)
    return FolderOut.model_validate(row)


@router.get("/folders", tags=["folders"], summary="List business folders")
async def list_folders(
    ledger: Ledger,
    journal: JournalOf,
    actor: FolderReader,
    *,
    brand: Code | None = None,
    limit: RowsPerPage = None,
    cursor: Cursor = None,
) -> Page[FolderOut]:
    """List business folders, newest first; who may read one brand's only has to name it."""
    actor.check_for(_READ, ledger, brand)
    rows, following = await queries.folder_page(
        journal.engine,
        ledger,
        brand=brand,
        limit=limit or await queries.page_rows(journal.engine, ledger, actor.subject),
        cursor=cursor,
    )
    items = [FolderOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@router.put("/preferences/page-size", tags=["preferences"], summary="Choose the rows of a page")
async def choose_page_size(
    request: Request, ledger: Ledger, body: PageSizeIn, actor: Keeper, journal: JournalOf
) -> PageSizeOut:
    """Keep it for every list and for as long as the user does not choose anew."""
    command = ChoosePageSize(user=actor.subject, rows=body.rows)
    await journal.execute(ledger, command, context_of(request, actor))
    return PageSizeOut(rows=body.rows)
