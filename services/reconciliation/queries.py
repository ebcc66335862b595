"""What reconciliation shows: items, allocations, balances, matching groups."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.reconciliation.tables import (
    TABLES,
    allocations,
    groups,
    items,
    known_customers,
    prepayments,
    sale_documents,
    transfers,
)
from shared import paging, reading
from shared.database import transaction
from shared.decider import Command
from shared.events import Event


async def allocation(engine: AsyncEngine, ledger: str, allocation_id: UUID) -> Row[Any]:
    """Return one allocation; NotFound if the ledger has none of that id."""
    return await reading.row(engine, allocations, ledger, allocation_id=allocation_id)


async def item_page(
    engine: AsyncEngine,
    ledger: str,
    *,
    role: str,
    customer_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of items by date, with the matching code of each."""
    joined = items.outerjoin(
        groups, (groups.c.ledger == items.c.ledger) & (groups.c.group_id == items.c.group_id)
    )
    of_ledger = items.c.ledger == paging.planned_as_any(ledger)
    query = select(items, groups.c.matching_code).select_from(joined)
    query = query.where(of_ledger, *_of(customer_id, ledger, role))
    columns = [items.c.item_on, items.c.item]
    return await paging.page(engine, query, columns, cursor, descending=False, limit=limit)


async def group_of(engine: AsyncEngine, ledger: str, customer_id: UUID) -> Sequence[UUID]:
    """Return the customers of a customer's group: who pays for it, and for whom else; or itself."""
    c = known_customers.c
    pays = func.coalesce(c.parent_id, c.customer_id)
    own = select(pays).where(c.ledger == ledger, c.customer_id == customer_id).scalar_subquery()
    members = select(c.customer_id).where(
        c.ledger == ledger, or_(c.customer_id == own, c.parent_id == own)
    )
    async with engine.connect() as db:
        return (await db.execute(members)).scalars().all() or [customer_id]


async def account_items(
    engine: AsyncEngine, ledger: str, customers: Sequence[UUID], *, unpaid: bool
) -> Sequence[Row[Any]]:
    """Return the items of customers' accounts, oldest first; only what is open if `unpaid`."""
    c = items.c
    query = select(items).where(c.ledger == ledger, c.customer_id.in_(customers))
    if unpaid:
        query = query.where(c.amount_cents > c.allocated_cents + c.declared_cents)
    async with engine.connect() as db:
        return (await db.execute(query.order_by(c.item_on, c.item))).all()


async def prepayable(
    engine: AsyncEngine, ledger: str, customers: Sequence[UUID], *, unpaid: bool
) -> Sequence[Row[Any]]:
    """Return customers' orders and delivery notes with what is held for each, oldest first."""
    d, p = sale_documents.c, prepayments.c
    held = (
        select(func.coalesce(func.sum(p.amount_cents - p.freed_cents), 0))
        .where(p.ledger == d.ledger, p.document_id == d.document_id)
        .scalar_subquery()
    )
    query = select(sale_documents, held.label("held_cents")).where(
        d.ledger == paging.planned_as_any(ledger),
        d.customer_id.in_(customers),
        d.document_status == "validated",
        d.kind.in_(["order", "delivery_note"]),
    )
    if unpaid:
        query = query.where(d.total_cents - d.passed_on_cents > held)
    async with engine.connect() as db:
        return (await db.execute(query.order_by(d.issued_on, d.document_id))).all()


async def held_of(
    engine: AsyncEngine, ledger: str, customers: Sequence[UUID]
) -> Sequence[Row[Any]]:
    """Return what is held of customers' credits, oldest first, with the credit it is part of."""
    p, i = prepayments.c, items.c
    kept = (p.amount_cents - p.freed_cents).label("kept")
    query = (
        select(items, p.prepayment_id, p.document_id, kept)
        .select_from(prepayments.join(items, (i.ledger == p.ledger) & (i.item == p.credit_item)))
        .where(
            p.ledger == paging.planned_as_any(ledger),
            p.customer_id.in_(customers),
            p.amount_cents > p.freed_cents,
        )
        .order_by(i.item_on, i.item, p.position)
    )
    async with engine.connect() as db:
        return (await db.execute(query)).all()


async def prepayment_page(  # noqa: PLR0913 - a page's parts, by name
    engine: AsyncEngine,
    ledger: str,
    *,
    customer_id: UUID | None,
    document_id: UUID | None,
    payment_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of prepayments, latest first."""
    c = prepayments.c
    query = select(prepayments).where(c.ledger == ledger)
    if customer_id:
        query = query.where(c.customer_id == customer_id)
    if document_id:
        query = query.where(c.document_id == document_id)
    if payment_id:
        query = query.where(c.credit_item == f"payment/{payment_id}")
    return await paging.page(engine, query, [c.position], cursor, descending=True, limit=limit)


async def transfer_page(  # noqa: PLR0913 - a page's parts, by name
    engine: AsyncEngine,
    ledger: str,
    *,
    customer_id: UUID | None,
    since: date | None,
    until: date | None,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of transfers, latest first, with the cards of both customers."""
    c = transfers.c
    payer, debtor = known_customers.alias("payer"), known_customers.alias("debtor")
    sides = ((payer, c.from_customer_id, "from"), (debtor, c.to_customer_id, "to"))
    joined: FromClause = transfers
    shown: list[ColumnElement[Any]] = []
    for card, customer, side in sides:
        this = (card.c.ledger == c.ledger) & (card.c.customer_id == customer)
        joined = joined.outerjoin(card, this)
        shown += [
            func.coalesce(card.c[name], "").label(f"{side}_customer_{name}")
            for name in ("code", "name")
        ]
    query = select(transfers, *shown).select_from(joined)
    query = query.where(c.ledger == paging.planned_as_any(ledger))
    day: ColumnElement[Any] = c.transferred_on
    if customer_id:
        query = query.where(or_(c.from_customer_id == customer_id, c.to_customer_id == customer_id))
        day = paging.found_first(day)
    if since:
        query = query.where(c.transferred_on >= since)
    if until:
        query = query.where(c.transferred_on <= until)
    names = ["transferred_on", "position"]
    return await paging.page(
        engine, query, [day, c.position], cursor, descending=True, limit=limit, names=names
    )


async def foreseen(engine: AsyncEngine, ledger: str, command: Command) -> list[Event]:
    """Decide a command on the rows as they stand, and record nothing; raise what it refuses."""
    async with transaction(engine) as db:
        return command.decide(await TABLES.pictured(db, ledger, command.needs))


def _of(customer_id: UUID | None, ledger: str, role: str) -> list[ColumnElement[bool]]:
    """Return which items are one customer's, or else those of the accounts of a role.

    Whose card is on its way is taken for a customer.
    """
    c, k = items.c, known_customers.c
    if customer_id:
        return [c.customer_id == customer_id]
    cards = select(k.customer_id).where(k.ledger == paging.planned_as_any(ledger))
    if role == "customer":
        return [c.customer_id.not_in(cards.where(k.role != role))]
    return [c.customer_id.in_(cards.where(k.role == role))]


async def balances(
    engine: AsyncEngine, ledger: str, customer_id: UUID | None = None, role: str = "customer"
) -> Sequence[Any]:
    """Return per customer and currency: debit less credit, and what is open on each side."""
    c = items.c
    signed = case((c.side == "debit", c.amount_cents), else_=-c.amount_cents)
    opened = c.amount_cents - c.allocated_cents - c.declared_cents
    query = (
        select(
            c.customer_id,
            c.currency,
            func.sum(signed).label("balance_cents"),
            func.sum(case((c.side == "debit", opened), else_=0)).label("open_debit_cents"),
            func.sum(case((c.side == "credit", opened), else_=0)).label("open_credit_cents"),
        )
        .where(c.ledger == paging.planned_as_any(ledger), *_of(customer_id, ledger, role))
        .group_by(c.customer_id, c.currency)
        .order_by(c.customer_id, c.currency)
    )
    async with engine.connect() as db:
        return (await db.execute(query)).all()
