"""Invoicing's HTTP API for customers and final documents: request in, one call, answer out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.invoicing import queries
from services.invoicing.documents_schemas import (
    DocumentIn,
    DocumentOut,
    document_out,
    settled_with_out,
)
from services.invoicing.domain.customer import (
    Customer,
    CustomerCodeTaken,
    CustomerIdTaken,
    ParentIsNoParent,
    UnknownCustomer,
)
from services.invoicing.domain.document import (
    AmountNotPositive,
    CorrectedDocumentMissing,
    Document,
    DocumentIdTaken,
    DueBeforeIssued,
    FollowedDocumentMissing,
)
from services.invoicing.domain.folder import FolderOfAnotherBrand, UnknownFolder
from services.invoicing.domain.forms import UnknownForm
from services.invoicing.domain.numbers import UnknownSeries
from services.invoicing.domain.purchase import (
    CardOfAnotherRole,
    SupplierNumberMissing,
    SupplierNumberTaken,
)
from services.invoicing.domain.vat import VatDoesNotFit
from services.invoicing.prepaid_schemas import prepayment_out
from services.invoicing.schemas import (
    CustomerChangeIn,
    CustomerIn,
    CustomerOut,
    TabOut,
    tabs_out,
)
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.errors import NotFound
from shared.events.invoicing import CustomerRole
from shared.paging import Cursor, Page
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

Registrar = Annotated[Actor, Depends(actor_with("customers:register"))]
Validator = Annotated[Actor, Depends(actor_with("documents:validate"))]
CustomerReader = Annotated[Actor, Depends(actor_with("customers:read"))]
RowsPerPage = Annotated[
    int | None, Query(ge=1, le=500, description="Rows per page. Default: what the user chose")
]
READ_CUSTOMERS = [needs_right("customers:read")]
DOCUMENTS_READ = "documents:read"
Reader = Annotated[Actor, Depends(actor_with(DOCUMENTS_READ))]
BrandReader = Annotated[Actor, Depends(actor_with(DOCUMENTS_READ, by_brand=True))]
DOCUMENT_REFUSALS = (
    DocumentIdTaken,
    UnknownCustomer,
    UnknownSeries,
    DueBeforeIssued,
    VatDoesNotFit,
    AmountNotPositive,
    CorrectedDocumentMissing,
    FollowedDocumentMissing,
    UnknownForm,
    UnknownFolder,
    FolderOfAnotherBrand,
    CardOfAnotherRole,
    SupplierNumberMissing,
    SupplierNumberTaken,
)


@router.put(
    "/customers/{customer_id}",
    status_code=201,
    tags=["customers"],
    summary="Register a customer",
    responses=problems(CustomerIdTaken, CustomerCodeTaken, ParentIsNoParent),
)
async def register_customer(
    request: Request,
    ledger: Ledger,
    customer_id: UUID,
    body: CustomerIn,
    actor: Registrar,
    journal: JournalOf,
) -> CustomerOut:
    """Open a customer card; repeating the same request changes nothing."""
    done = await journal.execute(ledger, body.command(customer_id), context_of(request, actor))
    return CustomerOut.model_validate(done.picture.find(Customer, customer_id))


@router.get(
    "/customers/{customer_id}",
    tags=["customers"],
    summary="Show a customer",
    dependencies=READ_CUSTOMERS,
    responses=problems(NotFound),
)
async def show_customer(ledger: Ledger, customer_id: UUID, journal: JournalOf) -> CustomerOut:
    """Show a customer card."""
    return CustomerOut.model_validate(await queries.customer(journal.engine, ledger, customer_id))


@router.get("/customers", tags=["customers"], summary="List customers")
async def list_customers(  # noqa: PLR0913 - one parameter per filter
    ledger: Ledger,
    journal: JournalOf,
    actor: CustomerReader,
    *,
    role: CustomerRole = "customer",
    parent_id: UUID | None = None,
    limit: RowsPerPage = None,
    cursor: Cursor = None,
) -> Page[CustomerOut]:
    """List customers by code, or the cards of another role.

    `parent_id` leaves those for whom this one pays.
    """
    rows, following = await queries.customer_page(
        journal.engine,
        ledger,
        role=role,
        parent_id=parent_id,
        limit=limit or await queries.page_rows(journal.engine, ledger, actor.subject),
        cursor=cursor,
    )
    items = [CustomerOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@router.put(
    "/customers/{customer_id}/details",
    tags=["customers"],
    summary="Change a customer's card",
    responses=problems(NotFound, ParentIsNoParent),
)
async def change_customer(
    request: Request,
    ledger: Ledger,
    customer_id: UUID,
    body: CustomerChangeIn,
    actor: Registrar,
    journal: JournalOf,
) -> CustomerOut:
    """Say name, town, stage and parent anew; what the card said before stays in the journal."""
    done = await journal.execute(ledger, body.command(customer_id), context_of(request, actor))
    return CustomerOut.model_validate(done.picture.find(Customer, customer_id))


@router.get(
    "/customers/{customer_id}/tabs",
    tags=["customers"],
    summary="Show what a customer's page holds",
    dependencies=READ_CUSTOMERS,
    responses=problems(NotFound),
)
async def show_tabs(ledger: Ledger, customer_id: UUID, journal: JournalOf) -> list[TabOut]:
    """Show where each kind of document of a customer is listed, and how many there are."""
    card = await queries.customer(journal.engine, ledger, customer_id)
    counts = await queries.document_counts(journal.engine, ledger, customer_id)
    return tabs_out(customer_id, card.role, counts)


@router.put(
    "/documents/{document_id}",
    status_code=201,
    tags=["documents"],
    summary="Validate a document",
    responses=problems(*DOCUMENT_REFUSALS),
)
async def validate_document(
    request: Request,
    ledger: Ledger,
    document_id: UUID,
    body: DocumentIn,
    actor: Validator,
    journal: JournalOf,
) -> DocumentOut:
    """Number, total and fix a document; repeating the same request changes nothing."""
    done = await journal.execute(ledger, body.command(document_id), context_of(request, actor))
    return document_out(done.picture.find(Document, document_id))


@router.get(
    "/documents/{document_id}",
    tags=["documents"],
    summary="Show a document",
    responses=problems(NotFound),
)
async def show_document(
    ledger: Ledger, document_id: UUID, journal: JournalOf, actor: BrandReader
) -> DocumentOut:
    """Show a document with its VAT, what settles it and the history of its prepayments.

    Who may read one brand's documents only does not find those of others.
    """
    row = await queries.document(journal.engine, ledger, document_id)
    if not actor.may_for(DOCUMENTS_READ, ledger, row.brand):
        raise NotFound(document_id=document_id)
    paid = await queries.settled_with(journal.engine, ledger, document_id)
    held = await queries.held_for_documents(journal.engine, ledger, [document_id])
    return document_out(
        row, [settled_with_out(item) for item in paid], [prepayment_out(item) for item in held]
    )
