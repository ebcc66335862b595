"""Lists: stable pages by cursor, whatever is inserted meanwhile.

A cursor holds the sort values of the last row seen; the next page starts right after
it. The key column always ends the sort, so no two rows tie.
"""

import base64
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    func,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.errors import Malformed

T = TypeVar("T")

_OWN_PLAN = text("SET LOCAL plan_cache_mode = force_custom_plan")

Limit = Annotated[int, Query(ge=1, le=500, description="Rows per page")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None


async def page(  # noqa: PLR0913 - a page's parts, by name
    engine: AsyncEngine,
    query: Select[Any],
    columns: Sequence[ColumnElement[Any]],
    cursor: str | None,
    *,
    descending: bool,
    limit: int,
    names: Sequence[str] | None = None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return the rows of a query that follow a cursor, in order of columns, and the next cursor.

    `names` says under which the rows hold those columns, where it is not their own.

    Every page has a plan of its own: one for whatever is looked for walks the whole list to find
    what is rare.
    """
    wanted = after(query, columns, cursor, descending=descending).limit(limit + 1)
    async with engine.connect() as db:
        await db.execute(_OWN_PLAN)
        rows = (await db.execute(wanted)).all()
    return cut(rows, names or [column.name for column in columns], limit)


def found_first(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column to sort what a filter finds by, not to look for it in that order.

    PostgreSQL would walk the column's index until it has met enough rows that the filter wants, as
    if they were spread evenly. Of days, and of numbers given day by day, they lie together, and
    may be the last that are met.
    """
    return func.least(column, type_=column.type)


def planned_as_any(ledger: str) -> ScalarSelect[str]:
    """Return a ledger's name to join tables by, planned as for any ledger and not for this one.

    One of which PostgreSQL has counted no row yet, such as a company just taken over, looks empty
    to it. Any index that begins with the ledger then seems as good as the key's, and for each row
    of one table the whole ledger is read in the other.
    """
    return select(literal(ledger)).scalar_subquery()


def encode(values: Sequence[Any]) -> str:
    """Write a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps([str(value) for value in values])).decode()


def after(
    query: Select[Any],
    columns: Sequence[ColumnElement[Any]],
    cursor: str | None,
    *,
    descending: bool,
) -> Select[Any]:
    """Order a query by columns and start it after a cursor; raise Malformed on a bad one."""
    ordered = query.order_by(*(c.desc() if descending else c.asc() for c in columns))
    if cursor is None:
        return ordered
    try:
        texts = orjson.loads(base64.urlsafe_b64decode(cursor.encode()))
        values = [_typed(c, t) for c, t in zip(columns, texts, strict=True)]
    except (ValueError, TypeError) as error:
        raise Malformed(parameter="cursor", found=cursor, expected="a next_cursor") from error
    place = tuple_(*columns)
    return ordered.where(place < tuple_(*values) if descending else place > tuple_(*values))


def _typed(column: ColumnElement[Any], text: str) -> Any:
    kind = column.type.python_type
    if kind is datetime:
        return datetime.fromisoformat(text)
    if kind is date:
        return date.fromisoformat(text)
    if kind is UUID:
        return UUID(text)
    return kind(text)


def cut(
    rows: Sequence[Row[Any]], columns: Sequence[str], limit: int
) -> tuple[Sequence[Row[Any]], str | None]:
    """Drop the one row read beyond the page and make it the sign that there is a next one."""
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    return page, encode([getattr(page[-1], column) for column in columns])
