"""What invoicing shows: customers, documents, lists with filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.invoicing.domain.due import UNFINISHED
from services.invoicing.tables import (
    customers,
    documents,
    folders,
    held_for,
    preferences,
    seen_payments,
    settled_by,
    unfinished,
)
from shared import paging, reading
from shared.events.invoicing import PURCHASES

Sort = Literal["folder", "folder_name", "issued_on", "due_on", "number", "total"]
_SORT_COLUMNS: dict[Sort, ColumnElement[Any]] = {
    "folder": documents.c.opened,
    "folder_name": documents.c.folder_name,
    "issued_on": documents.c.issued_on,
    "due_on": documents.c.due_on,
    "number": documents.c.number,
    "total": documents.c.total_cents,
}
_EQUAL = (
    *("customer_id", "payer_id", "brand", "folder_id", "business_type", "fiscal_year"),
    *("validated_by", "self_validated"),
)
_ROWS = 50  # on a page, until a user chooses


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """The filters of the document lists, all combined (S2-16 to S2-29)."""

    customer_id: UUID | None = None
    payer_id: UUID | None = None
    kinds: Sequence[str] = ()  # a kind, or a kind and its variant: invoice.internal
    document_statuses: Sequence[str] = ()
    payment_status: str | None = None
    number: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    total_min_cents: int | None = None
    total_max_cents: int | None = None
    brand: str | None = None
    folder_id: UUID | None = None
    business_type: str | None = None
    fiscal_year: int | None = None
    validated_by: str | None = None
    self_validated: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the SQL of the filters that are set.

        Purchases are found by their kind, or among the documents of their card.
        """
        c = documents.c
        given = ((name, getattr(self, name)) for name in _EQUAL)
        found = [c[name] == value for name, value in given if value is not None]
        if self.kinds:
            found.append(or_(*(_of_kind(kind) for kind in self.kinds)))
        elif self.customer_id is None:
            found.append(c.kind.not_in(PURCHASES))
        if self.document_statuses:
            found.append(c.document_status.in_(self.document_statuses))
            found += [unfinished] if self.of_unfinished else []
        if self.payment_status == "open":
            found.append(c.payment_status.in_(["unpaid", "partially_paid"]))
        elif self.payment_status is not None:
            found.append(c.payment_status == self.payment_status)
        if self.self_validated is not None:  # what is not validated yet is neither
            found.append(c.validated_by.is_not(None))
        if self.number is not None:
            found.append(c.number.contains(self.number, autoescape=True))
        found += _between(c.issued_on, self.issued_from, self.issued_to)
        found += _between(c.total_cents, self.total_min_cents, self.total_max_cents)
        return found

    @property
    def of_unfinished(self) -> bool:
        """Say whether it finds none but drafts, which are few."""
        return bool(self.document_statuses) and set(self.document_statuses) <= set(UNFINISHED)

    @property
    def together(self) -> set[Sort]:
        """Return the orders in which the rows it finds lie together, wherever that is."""
        if self.of_unfinished:
            return set(_SORT_COLUMNS) - {"folder"}
        found: set[Sort] = {"folder_name"} if self.folder_id else set()
        return found | {"due_on", "number"} if self.issued_from and self.issued_to else found


def _of_kind(text: str) -> ColumnElement[bool]:
    kind, _, variant = text.partition(".")
    of_kind = documents.c.kind == kind
    return of_kind & (documents.c.variant == variant) if variant else of_kind


def _between(column: Any, low: Any, high: Any) -> list[ColumnElement[bool]]:
    found = []
    if low is not None:
        found.append(column >= low)
    if high is not None:
        found.append(column <= high)
    return found


async def document_page(  # noqa: PLR0913 - a page's parts, by name
    engine: AsyncEngine,
    ledger: str,
    wanted: DocumentFilter,
    *,
    sort: Sort,
    descending: bool,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of documents and the cursor of the next."""
    column = _SORT_COLUMNS[sort]
    if sort in wanted.together:
        column = paging.found_first(column)
    query = select(documents).where(documents.c.ledger == ledger, *wanted.conditions())
    return await paging.page(
        engine,
        query,
        [column, documents.c.document_id],
        cursor,
        descending=descending,
        limit=limit,
        names=[_SORT_COLUMNS[sort].name, "document_id"],
    )


async def document(engine: AsyncEngine, ledger: str, document_id: UUID) -> Row[Any]:
    """Return one document; NotFound if the ledger has none of that id."""
    return await reading.row(engine, documents, ledger, document_id=document_id)


async def settled_with(engine: AsyncEngine, ledger: str, document_id: UUID) -> Sequence[Row[Any]]:
    """Return what settles a document, oldest first, with the payment where it is one."""
    s, p = settled_by.c, seen_payments.c
    query = (
        select(settled_by, p.number, p.received_on, p.method, p.bank_account, p.reference)
        .select_from(
            settled_by.outerjoin(
                seen_payments, (p.ledger == s.ledger) & (p.payment_id == s.other_id)
            )
        )
        .where(s.ledger == paging.planned_as_any(ledger), s.document_id == document_id, ~s.released)
        .order_by(s.allocated_on, s.allocation_id)
    )
    async with engine.connect() as db:
        return (await db.execute(query)).all()


async def held_for_documents(
    engine: AsyncEngine, ledger: str, document_ids: Sequence[UUID]
) -> Sequence[Row[Any]]:
    """Return the prepayments of documents, oldest first, each with its payment."""
    if not document_ids:
        return []
    h, p = held_for.c, seen_payments.c
    query = (
        select(held_for, p.number, p.received_on, p.method)
        .select_from(
            held_for.outerjoin(seen_payments, (p.ledger == h.ledger) & (p.payment_id == h.other_id))
        )
        .where(h.ledger == paging.planned_as_any(ledger), h.document_id.in_(document_ids))
        .order_by(h.position)
    )
    async with engine.connect() as db:
        return (await db.execute(query)).all()


async def customer(engine: AsyncEngine, ledger: str, customer_id: UUID) -> Row[Any]:
    """Return one customer card; NotFound if the ledger has none of that id."""
    return await reading.row(engine, customers, ledger, customer_id=customer_id)


async def customer_page(
    engine: AsyncEngine,
    ledger: str,
    *,
    role: str,
    parent_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of the cards of a role by code, and the cursor of the next."""
    columns = [customers.c.code, customers.c.customer_id]
    query = select(customers).where(customers.c.ledger == ledger, customers.c.role == role)
    if parent_id is not None:
        query = query.where(customers.c.parent_id == parent_id)
    return await paging.page(engine, query, columns, cursor, descending=False, limit=limit)


async def document_counts(
    engine: AsyncEngine, ledger: str, customer_id: UUID
) -> dict[tuple[str, str], int]:
    """Return how many documents of each kind and variant a customer has."""
    c = documents.c
    query = (
        select(c.kind, c.variant, func.count())
        .where(c.ledger == ledger, c.customer_id == customer_id)
        .group_by(c.kind, c.variant)
    )
    async with engine.connect() as db:
        return {(kind, variant): count for kind, variant, count in await db.execute(query)}


async def folder(engine: AsyncEngine, ledger: str, folder_id: UUID) -> Row[Any]:
    """Return one business folder; NotFound if the ledger has none of that id."""
    return await reading.row(engine, folders, ledger, folder_id=folder_id)


async def folder_page(
    engine: AsyncEngine, ledger: str, *, brand: str | None, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of folders, newest first, and the cursor of the next."""
    columns = [folders.c.position]
    query = select(folders).where(folders.c.ledger == ledger)
    if brand is not None:
        query = query.where(folders.c.brand == brand)
    return await paging.page(engine, query, columns, cursor, descending=True, limit=limit)


async def page_rows(engine: AsyncEngine, ledger: str, user: str) -> int:
    """Return how many rows a user wants on a page (S2-30)."""
    c = preferences.c
    query = select(c.page_rows).where(c.ledger == ledger, c.user == user)
    async with engine.connect() as db:
        return (await db.execute(query)).scalar() or _ROWS
