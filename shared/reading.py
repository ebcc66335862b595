"""Reading one row for an answer; lists are read by `shared.paging`."""

from typing import Any

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.errors import NotFound


async def row(
    engine: AsyncEngine, table: Table, ledger: str, missing: type[NotFound] = NotFound, **key: Any
) -> Row[Any]:
    """Return the row of a ledger under its key, one named column; raise `missing` if none is."""
    query = select(table).where(table.c.ledger == ledger).filter_by(**key)
    async with engine.connect() as db:
        found = (await db.execute(query)).one_or_none()
    if found is None:
        raise missing(**key)
    return found
