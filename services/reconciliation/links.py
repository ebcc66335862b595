"""The list of links between payments and invoices (lettrage), and the history of each item.

One row per allocation, never per payment: a payment that settles two invoices is there twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    ScalarSelect,
    Select,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from services.reconciliation.tables import allocations, groups, items, known_customers
from shared import paging

Sort: TypeAlias = Literal[
    "allocated_on",
    "customer_code",
    "customer_name",
    "payment_number",
    "paid_on",
    "payment_amount",
    "document_number",
    "document_type",
    "document_on",
    "due_on",
    "document_total",
    "allocated",
]

_a, _credit, _debit = allocations.c, items.alias("credit"), items.alias("debit")
Columns: TypeAlias = Mapping[str, ColumnElement[Any]]

_OF_LINK: Columns = {
    "allocated_on": _a.allocated_on,
    "allocated": _a.amount_cents,
    "paid_on": _a.paid_on,
    "document_on": _a.document_on,
}
_OF_CUSTOMER: Columns = {
    "customer_code": func.coalesce(known_customers.c.code, ""),
    "customer_name": func.coalesce(known_customers.c.name, ""),
}
_OF_PAYMENT: Columns = {
    "payment_number": _credit.c.number,
    "payment_amount": _credit.c.amount_cents,
}
_OF_DOCUMENT: Columns = {
    "document_number": _debit.c.number,
    "document_type": func.coalesce(_debit.c.variant, "normal"),
    "due_on": func.coalesce(_debit.c.due_on, _debit.c.item_on),
    "document_total": _debit.c.amount_cents,
}
_COLUMNS = {**_OF_LINK, **_OF_CUSTOMER, **_OF_PAYMENT, **_OF_DOCUMENT}

_CUSTOMER = (known_customers.c.ledger == _a.ledger) & (
    known_customers.c.customer_id == _a.customer_id
)
_GROUP = (groups.c.ledger == _debit.c.ledger) & (groups.c.group_id == _debit.c.group_id)

# What a list is really sorted by: columns that an index of their own table holds in that order.
_ORDERS: dict[str, list[ColumnElement[Any]]] = {
    "customer_code": [known_customers.c.code],
    "customer_name": [known_customers.c.name],
    "document_type": [_COLUMNS["document_type"], _debit.c.number],
}
_NAMES = {"document_type": ["document_type", "document_number"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFilter:
    """The filters of the list of links; those given apply together."""

    customer_id: UUID | None = None
    payment_id: UUID | None = None
    document_id: UUID | None = None
    paid_from: date | None = None
    paid_to: date | None = None
    document_from: date | None = None
    document_to: date | None = None
    same_amount: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what the rows must fulfil."""
        days = [
            (_a.paid_on, self.paid_from, self.paid_to),
            (_a.document_on, self.document_from, self.document_to),
        ]
        wanted = [day >= since for day, since, _ in days if since]
        wanted += [day <= until for day, _, until in days if until]
        if self.customer_id:
            wanted.append(_a.customer_id == self.customer_id)
        if self.payment_id:
            wanted.append(_a.paid_with == f"payment/{self.payment_id}")
        if self.document_id:
            wanted.append(_a.debit_item == f"document/{self.document_id}")
        if self.same_amount:
            wanted.append(_a.same_amount)
        return wanted

    @property
    def together(self) -> set[Sort]:
        """Return the orders in which the rows it finds lie together, wherever that is."""
        found: set[Sort] = set()
        if self.paid_from and self.paid_to:
            found |= {"allocated_on", "payment_number"}
        if self.document_from and self.document_to:
            found |= {"allocated_on", "document_number", "due_on"}
        return found


async def link_page(  # noqa: PLR0913 - a page's parts, by name
    engine: AsyncEngine,
    ledger: str,
    wanted: LinkFilter,
    *,
    sort: Sort,
    descending: bool,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of links that hold, and the cursor of the next.

    Which they are is found in their own table and the one that the order looks at; only these few
    rows are then looked up in all.
    """
    if wanted.same_amount and sort == "payment_amount":
        sort = "document_total"  # the same, and the smallest of all payments pay but a part
    order = _ORDERS.get(sort, [_COLUMNS[sort]])
    names = [*_NAMES.get(sort, [sort]), "allocation_id"]
    shown = [_COLUMNS[name].label(name) for name in names[:-1]]
    found = _found(ledger, wanted, sort).with_only_columns(*shown, _a.allocation_id)
    if sort in wanted.together:
        order = [paging.found_first(column) for column in order]
    rows, following = await paging.page(
        engine,
        found,
        [*order, _a.allocation_id],
        cursor,
        descending=descending,
        limit=limit,
        names=names,
    )
    ids = [row.allocation_id for row in rows]
    async with engine.connect() as db:
        links = await db.execute(_links(ledger).where(_a.allocation_id.in_(ids)))
        by_id = {link.allocation_id: link for link in links}
    return [by_id[name] for name in ids], following


def _found(ledger: str, wanted: LinkFilter, sort: Sort) -> Select[Any]:
    """Return the links that hold and are wanted, joined to what they are sorted by."""
    joined: FromClause = allocations
    any_ledger = paging.planned_as_any(ledger)
    words = [_a.ledger == any_ledger, _a.released_on.is_(None), *wanted.conditions()]
    if sort in _OF_PAYMENT:
        joined = joined.join(_credit, _joined(_credit, _a.paid_with))
        words += _allocated(_credit, "payment", any_ledger)
    if sort in _OF_DOCUMENT:
        joined = joined.join(_debit, _joined(_debit, _a.debit_item))
        words += _allocated(_debit, "document", any_ledger)
    if sort in _OF_CUSTOMER:  # whom we do not know yet comes in a moment
        joined = joined.join(known_customers, _CUSTOMER)
    kinds = _a.paid_with.startswith("payment/"), _a.debit_item.startswith("document/")
    return select().select_from(joined).where(*words, *kinds)


def _links(ledger: str) -> Select[Any]:
    """Return links with all that is shown of them."""
    shown = [column.label(name) for name, column in _COLUMNS.items()]
    ids = [_credit.c.item_id.label("payment_id"), _debit.c.item_id.label("document_id")]
    own = [_a.allocation_id, _a.customer_id, _a.currency, groups.c.matching_code]
    return (
        select(*own, *ids, *shown)
        .select_from(
            allocations.join(_credit, _joined(_credit, _a.paid_with))
            .join(_debit, _joined(_debit, _a.debit_item))
            .outerjoin(known_customers, _CUSTOMER)
            .outerjoin(groups, _GROUP)
        )
        .where(_a.ledger == paging.planned_as_any(ledger))
    )


def _allocated(side: Any, kind: str, ledger: ScalarSelect[str]) -> list[ColumnElement[bool]]:
    """Return what is so of any allocated item, in words that the indexes of items know."""
    return [side.c.ledger == ledger, side.c.kind == kind, side.c.allocated_cents > 0]


def _joined(side: Any, key: ColumnElement[Any]) -> Any:
    return (side.c.ledger == _a.ledger) & (side.c.item == key)


async def history_page(
    engine: AsyncEngine, ledger: str, item: str, *, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of what was linked to an item and released from it, latest first."""
    of_item = (_a.ledger == ledger) & or_(_a.credit_item == item, _a.debit_item == item)
    made = select(
        literal("made").label("what"),
        _a.position,
        _a.made_at.label("at"),
        _a.made_by.label("by"),
        _a.allocated_on.label("on"),
        _a.reason,
        *_both(),
    ).where(of_item)
    released = select(
        literal("released").label("what"),
        _a.released_position.label("position"),
        _a.released_at.label("at"),
        _a.released_by.label("by"),
        _a.released_on.label("on"),
        _a.release_reason.label("reason"),
        *_both(),
    ).where(of_item, _a.released_position.is_not(None))
    told = made.union_all(released).subquery()
    return await paging.page(
        engine, select(told), [told.c.position], cursor, descending=True, limit=limit
    )


def _both() -> list[ColumnElement[Any]]:
    names = "allocation_id", "credit_item", "debit_item", "amount_cents", "currency", "origin"
    return [allocations.c[name] for name in names]
