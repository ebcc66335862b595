"""The lists of documents, over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.invoicing import queries
from services.invoicing.api import BrandReader, Reader, RowsPerPage
from services.invoicing.documents_schemas import DocumentOut, documents_out
from services.invoicing.domain.due import UNFINISHED
from services.invoicing.domain.forms import FORMS
from shared.auth import Actor, Ledger
from shared.dates import IsoDate, civil_date, now
from shared.fields import AmountText, Code
from shared.money import Money
from shared.paging import Page
from shared.problems import problems
from shared.web import JournalOf

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

_KINDS = sorted({kind for kind, _ in FORMS} | {f"{kind}.{variant}" for kind, variant in FORMS})
KindText = Annotated[
    str,
    StringConstraints(pattern="^(" + "|".join(_KINDS).replace(".", r"\.") + ")$"),
]
FiscalYear = Annotated[
    str,
    StringConstraints(pattern=r"^(all|current|[1-9][0-9]{3})$"),
    Field(description="A year, `current`, or `all`"),
]


class DocumentQuery(BaseModel):
    """What every list of documents can be asked for; all filters that are given apply together."""

    model_config = ConfigDict(extra="forbid")

    customer_id: UUID | None = None
    payer_id: UUID | None = None
    kind: list[KindText] = Field(
        default=[], description="Kinds, or kinds in one variant (`invoice.internal`): any of them"
    )
    payment_status: Literal["not_owed", "unpaid", "partially_paid", "settled", "open"] | None = (
        Field(default=None, description="`open` is unpaid and partially paid together")
    )
    number: str | None = Field(
        default=None, min_length=1, max_length=40, description="Any part of the number"
    )
    issued_from: IsoDate | None = None
    issued_to: IsoDate | None = None
    total_from: AmountText | None = None
    total_to: AmountText | None = None
    folder_id: UUID | None = None
    business_type: str | None = Field(default=None, min_length=1, max_length=200)
    fiscal_year: FiscalYear = "all"
    validated_by: str | None = Field(default=None, min_length=1, max_length=200)
    self_validated: bool | None = Field(
        default=None, description="Validated by who drew it up, or by somebody else"
    )
    sort: queries.Sort = Field(
        default="folder", description="`folder` is when the folder was opened"
    )
    direction: Literal["asc", "desc"] = "desc"
    limit: RowsPerPage = None
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")

    @model_validator(mode="after")
    def _amounts_are_euros(self) -> Self:
        _cents(self.total_from)
        _cents(self.total_to)
        return self

    def wanted(self, brand: str | None, statuses: Sequence[str]) -> queries.DocumentFilter:
        """Return the filter of the rows: of a brand if given, in these statuses."""
        year = self.fiscal_year
        current = civil_date(now()).year
        return queries.DocumentFilter(
            customer_id=self.customer_id,
            payer_id=self.payer_id,
            kinds=self.kind,
            document_statuses=statuses,
            payment_status=self.payment_status,
            number=self.number,
            issued_from=self.issued_from,
            issued_to=self.issued_to,
            total_min_cents=_cents(self.total_from),
            total_max_cents=_cents(self.total_to),
            brand=brand,
            folder_id=self.folder_id,
            business_type=self.business_type,
            fiscal_year=None if year == "all" else current if year == "current" else int(year),
            validated_by=self.validated_by,
            self_validated=self.self_validated,
        )


class EnterpriseQuery(DocumentQuery):
    """What the list of the whole enterprise can be asked for."""

    brand: Code | None = None


class EnterpriseViewQuery(EnterpriseQuery):
    """The same as people see it: of the current fiscal year unless they say otherwise."""

    fiscal_year: FiscalYear = "current"


class DraftQuery(EnterpriseQuery):
    """What the list of drafts can be asked for."""

    document_status: list[Literal["draft", "waiting_for_validation", "rejected"]] = []


class BrandViewQuery(DocumentQuery):
    """What the list of one brand can be asked for: documents of every status."""

    fiscal_year: FiscalYear = "current"
    document_status: list[
        Literal["draft", "waiting_for_validation", "validated", "rejected", "cancelled"]
    ] = []


def _cents(text: str | None) -> int | None:
    return Money.parse(text, "EUR").cents if text else None


async def _page(
    ledger: str,
    journal: JournalOf,
    actor: Actor,
    query: DocumentQuery,
    wanted: queries.DocumentFilter,
) -> Page[DocumentOut]:
    rows, following = await queries.document_page(
        journal.engine,
        ledger,
        wanted,
        sort=query.sort,
        descending=query.direction == "desc",
        limit=query.limit or await queries.page_rows(journal.engine, ledger, actor.subject),
        cursor=query.cursor,
    )
    prepaid = [row.document_id for row in rows if row.prepaid_cents]
    held = await queries.held_for_documents(journal.engine, ledger, prepaid)
    return Page(items=documents_out(rows, held), next_cursor=following)


@router.get("/documents", tags=["documents"], summary="List documents")
async def list_documents(
    ledger: Ledger, journal: JournalOf, actor: Reader, query: Annotated[EnterpriseQuery, Query()]
) -> Page[DocumentOut]:
    """List validated documents of all years, newest folder first unless asked otherwise."""
    return await _page(ledger, journal, actor, query, query.wanted(query.brand, ["validated"]))


@router.get("/enterprise/documents", tags=["documents"], summary="List the enterprise's documents")
async def list_enterprise_documents(
    ledger: Ledger,
    journal: JournalOf,
    actor: Reader,
    query: Annotated[EnterpriseViewQuery, Query()],
) -> Page[DocumentOut]:
    """List validated documents of every brand, of the current fiscal year by default."""
    return await _page(ledger, journal, actor, query, query.wanted(query.brand, ["validated"]))


@router.get("/brands/{brand}/documents", tags=["documents"], summary="List a brand's documents")
async def list_brand_documents(
    ledger: Ledger,
    brand: Code,
    journal: JournalOf,
    actor: BrandReader,
    query: Annotated[BrandViewQuery, Query()],
) -> Page[DocumentOut]:
    """List documents of one brand in every status, of the current fiscal year by default."""
    return await _page(ledger, journal, actor, query, query.wanted(brand, query.document_status))


@router.get("/drafts", tags=["drafts"], summary="List drafts")
async def list_drafts(
    ledger: Ledger, journal: JournalOf, actor: Reader, query: Annotated[DraftQuery, Query()]
) -> Page[DocumentOut]:
    """List what is not validated yet, of every brand and of none, of all years."""
    wanted = query.wanted(query.brand, query.document_status or UNFINISHED)
    return await _page(ledger, journal, actor, query, wanted)
