"""Many customers or documents in one request, as a takeover or another system sends them."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.invoicing.api import DOCUMENT_REFUSALS, Registrar, Validator
from services.invoicing.documents_schemas import DocumentIn
from services.invoicing.domain.customer import CustomerCodeTaken, CustomerIdTaken
from services.invoicing.domain.document import Document
from services.invoicing.schemas import CustomerIn
from shared.auth import Ledger
from shared.bulk import Bulk, BulkIn, BulkOut, Named, Reading, split_name
from shared.decider import Picture
from shared.problems import problems
from shared.units import SeveralRefused
from shared.web import JournalOf, context_of, json_response

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())


@router.post(
    "/customers/bulk",
    tags=["customers"],
    summary="Register up to 10,000 customers",
    response_model=BulkOut,
    responses=problems(CustomerIdTaken, CustomerCodeTaken, SeveralRefused),
)
async def register_customers(
    request: Request, ledger: Ledger, body: BulkIn, actor: Registrar, journal: JournalOf
) -> Response:
    """Accept or refuse each customer with its reason (`each`), or all together (`all`)."""
    reading = Reading(_customer, _no_number)
    bulk = Bulk(journal, ledger, context_of(request, actor), reading)
    return json_response(await bulk.carry_out(body))


@router.post(
    "/documents/bulk",
    tags=["documents"],
    summary="Validate up to 10,000 documents",
    response_model=BulkOut,
    responses=problems(*DOCUMENT_REFUSALS, SeveralRefused),
)
async def validate_documents(
    request: Request, ledger: Ledger, body: BulkIn, actor: Validator, journal: JournalOf
) -> Response:
    """Number documents in the order given; each by itself (`each`), or all together (`all`)."""
    reading = Reading(_document, _number)
    bulk = Bulk(journal, ledger, context_of(request, actor), reading)
    return json_response(await bulk.carry_out(body))


def _customer(item: dict[str, Any]) -> Named:
    customer_id, rest = split_name(item)
    return Named(customer_id, CustomerIn.model_validate(rest).command(customer_id))


def _document(item: dict[str, Any]) -> Named:
    document_id, rest = split_name(item)
    return Named(document_id, DocumentIn.model_validate(rest).command(document_id))


def _number(picture: Picture, document_id: UUID) -> str | None:
    document = picture.find(Document, document_id)
    return document.number if document else None


def _no_number(_picture: Picture, _customer_id: UUID) -> None:
    return None
