"""What reconciliation shows: links, items, balances, matching groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.reconciliation.tables import allocations, groups, items
from shared import paging
from shared.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFilter:
    """The filters of the list of links."""

    customer_id: UUID | None = None
    payment_id: UUID | None = None
    document_id: UUID | None = None
    same_amount: bool = False


async def allocation(engine: AsyncEngine, ledger: str, allocation_id: UUID) -> Row[Any]:
    """Return one allocation; NotFound if the ledger has none of that id."""
    key = (allocations.c.ledger == ledger) & (allocations.c.allocation_id == allocation_id)
    async with engine.connect() as db:
        row = (await db.execute(select(allocations).where(key))).one_or_none()
    if row is None:
        raise NotFound(allocation_id=allocation_id)
    return row


async def link_page(
    engine: AsyncEngine, ledger: str, wanted: LinkFilter, *, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of links between payments and invoices, latest first."""
    a, credit, debit = allocations.c, items.alias("credit"), items.alias("debit")
    query = (
        select(
            allocations,
            credit.c.number.label("payment_number"),
            credit.c.item_on.label("paid_on"),
            credit.c.amount_cents.label("payment_cents"),
            debit.c.number.label("document_number"),
            debit.c.item_on.label("document_on"),
            debit.c.due_on,
            debit.c.amount_cents.label("document_cents"),
            groups.c.matching_code,
        )
        .select_from(
            allocations.join(
                credit, (credit.c.ledger == a.ledger) & (credit.c.item == a.credit_item)
            )
            .join(debit, (debit.c.ledger == a.ledger) & (debit.c.item == a.debit_item))
            .outerjoin(
                groups,
                (groups.c.ledger == debit.c.ledger) & (groups.c.group_id == debit.c.group_id),
            )
        )
        .where(a.ledger == ledger, a.released_on.is_(None), *_conditions(wanted, credit, debit))
    )
    columns = [a.allocated_on, a.allocation_id]
    query = paging.after(query, columns, cursor, descending=True).limit(limit + 1)
    async with engine.connect() as db:
        rows = (await db.execute(query)).all()
    return paging.cut(rows, [column.name for column in columns], limit)


def _conditions(wanted: LinkFilter, credit: Any, debit: Any) -> list[ColumnElement[bool]]:
    found = [credit.c.kind == "payment", debit.c.kind == "document"]
    if wanted.customer_id:
        found.append(allocations.c.customer_id == wanted.customer_id)
    if wanted.payment_id:
        found.append(allocations.c.credit_item == f"payment/{wanted.payment_id}")
    if wanted.document_id:
        found.append(allocations.c.debit_item == f"document/{wanted.document_id}")
    if wanted.same_amount:
        found.append(credit.c.amount_cents == debit.c.amount_cents)
    return found


async def item_page(
    engine: AsyncEngine,
    ledger: str,
    *,
    customer_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of items by date, with the matching code of each."""
    joined = items.outerjoin(
        groups, (groups.c.ledger == items.c.ledger) & (groups.c.group_id == items.c.group_id)
    )
    query = (
        select(items, groups.c.matching_code).select_from(joined).where(items.c.ledger == ledger)
    )
    if customer_id:
        query = query.where(items.c.customer_id == customer_id)
    columns = [items.c.item_on, items.c.item]
    query = paging.after(query, columns, cursor, descending=False).limit(limit + 1)
    async with engine.connect() as db:
        rows = (await db.execute(query)).all()
    return paging.cut(rows, [column.name for column in columns], limit)


async def balances(
    engine: AsyncEngine, ledger: str, customer_id: UUID | None = None
) -> Sequence[Any]:
    """Return per customer and currency: debit less credit, and what is open on each side."""
    c = items.c
    signed = case((c.side == "debit", c.amount_cents), else_=-c.amount_cents)
    opened = c.amount_cents - c.allocated_cents
    query = (
        select(
            c.customer_id,
            c.currency,
            func.sum(signed).label("balance_cents"),
            func.sum(case((c.side == "debit", opened), else_=0)).label("open_debit_cents"),
            func.sum(case((c.side == "credit", opened), else_=0)).label("open_credit_cents"),
        )
        .where(c.ledger == ledger)
        .group_by(c.customer_id, c.currency)
        .order_by(c.customer_id, c.currency)
    )
    if customer_id:
        query = query.where(c.customer_id == customer_id)
    async with engine.connect() as db:
        return (await db.execute(query)).all()
