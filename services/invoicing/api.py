"""Invoicing's HTTP API: request in, one call, answer out."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.invoicing import queries
from services.invoicing.domain.customer import (
    Customer,
    CustomerCodeTaken,
    CustomerIdTaken,
    UnknownCustomer,
)
from services.invoicing.domain.document import (
    AmountNotPositive,
    CorrectedDocumentMissing,
    Document,
    DocumentIdTaken,
    DueBeforeIssued,
    VatDoesNotFit,
)
from services.invoicing.domain.numbers import ConfigureNumbering, UnknownSeries
from services.invoicing.schemas import (
    CustomerIn,
    CustomerOut,
    DocumentIn,
    DocumentOut,
    NumberingIn,
    NumberingOut,
    document_out,
    settled_with_out,
)
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.dates import IsoDate
from shared.errors import Malformed, NotFound
from shared.events.invoicing import DocumentKind
from shared.fields import AmountText, Code
from shared.money import Money
from shared.numbering import Template, TemplateError
from shared.paging import Cursor, Limit, Page
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

Registrar = Annotated[Actor, Depends(actor_with("customers:register"))]
Validator = Annotated[Actor, Depends(actor_with("documents:validate"))]
Configurer = Annotated[Actor, Depends(actor_with("numbering:configure"))]
READ_CUSTOMERS = [needs_right("customers:read")]
READ_DOCUMENTS = [needs_right("documents:read")]
DOCUMENT_REFUSALS = (
    DocumentIdTaken,
    UnknownCustomer,
    UnknownSeries,
    DueBeforeIssued,
    VatDoesNotFit,
    AmountNotPositive,
    CorrectedDocumentMissing,
)


@router.put(
    "/customers/{customer_id}",
    status_code=201,
    tags=["customers"],
    summary="Register a customer",
    responses=problems(CustomerIdTaken, CustomerCodeTaken),
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


@router.get("/customers", tags=["customers"], summary="List customers", dependencies=READ_CUSTOMERS)
async def list_customers(
    ledger: Ledger, journal: JournalOf, limit: Limit = 50, cursor: Cursor = None
) -> Page[CustomerOut]:
    """List customers by code."""
    rows, following = await queries.customer_page(
        journal.engine, ledger, limit=limit, cursor=cursor
    )
    items = [CustomerOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


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
    dependencies=READ_DOCUMENTS,
    responses=problems(NotFound),
)
async def show_document(ledger: Ledger, document_id: UUID, journal: JournalOf) -> DocumentOut:
    """Show a document with its VAT and what settles it."""
    row = await queries.document(journal.engine, ledger, document_id)
    paid = await queries.settled_with(journal.engine, ledger, document_id)
    return document_out(row, [settled_with_out(item) for item in paid])


def _cents(parameter: str, text: str | None) -> int | None:
    try:
        return Money.parse(text, "EUR").cents if text else None
    except ValueError as error:
        raise Malformed(parameter=parameter, found=text, expected=str(error)) from None


class Filters:
    """The filters of the document list; all that are given apply together."""

    def __init__(  # noqa: PLR0913 - one parameter per filter of the guide (S2-16 to S2-26)
        self,
        *,
        customer_id: UUID | None = None,
        kind: DocumentKind | None = None,
        payment_status: Annotated[
            Literal["unpaid", "partially_paid", "settled", "open"] | None,
            Query(description="`open` is unpaid and partially paid together"),
        ] = None,
        number: Annotated[
            str | None, Query(min_length=1, max_length=40, description="Any part of the number")
        ] = None,
        issued_from: IsoDate | None = None,
        issued_to: IsoDate | None = None,
        total_from: AmountText | None = None,
        total_to: AmountText | None = None,
    ) -> None:
        self.wanted = queries.DocumentFilter(
            customer_id=customer_id,
            kind=kind,
            payment_status=payment_status,
            number=number,
            issued_from=issued_from,
            issued_to=issued_to,
            total_min_cents=_cents("total_from", total_from),
            total_max_cents=_cents("total_to", total_to),
        )


@router.get("/documents", tags=["documents"], summary="List documents", dependencies=READ_DOCUMENTS)
async def list_documents(  # noqa: PLR0913 - a list's parameters
    ledger: Ledger,
    journal: JournalOf,
    filters: Annotated[Filters, Depends()],
    *,
    sort: queries.Sort = "issued_on",
    direction: Literal["asc", "desc"] = "desc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DocumentOut]:
    """List validated documents, newest first unless asked otherwise."""
    rows, following = await queries.document_page(
        journal.engine,
        ledger,
        filters.wanted,
        sort=sort,
        descending=direction == "desc",
        limit=limit,
        cursor=cursor,
    )
    return Page(items=[document_out(row) for row in rows], next_cursor=following)


@router.put("/numbering/{series}", tags=["numbering"], summary="Configure a numbering series")
async def configure_numbering(
    request: Request,
    ledger: Ledger,
    series: Code,
    body: NumberingIn,
    actor: Configurer,
    journal: JournalOf,
) -> NumberingOut:
    """Give a series its template; numbers given before stay as they are."""
    try:
        Template.parse(body.template)
    except TemplateError as error:
        raise Malformed(field="template", found=body.template, expected=str(error)) from None
    command = ConfigureNumbering(series=series, template=body.template)
    await journal.execute(ledger, command, context_of(request, actor))
    return NumberingOut(series=series, template=body.template)
