"""Dropped tables: which are not there any more, and making those anew that facts can fill.

Tables are made by migrations; this is for what somebody dropped since. What comes back is as
the last migration left it, empty, and for `rebuild` to fill.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, Table, inspect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.tables import Tables


class TablesMissingError(RuntimeError):
    """Tables are not there, though the schema's migrations ran: somebody dropped them."""


async def dropped(engine: AsyncEngine, tables: Tables) -> list[Table]:
    """Return the tables that are gone; raise TablesMissingError if a backup has to bring one back.

    That is so of each table which no fact fills: journal, chain heads, checkpoints, kept files.
    """
    async with engine.connect() as db:
        found = await db.run_sync(lambda connection: inspect(connection).get_table_names())
    gone = [table for table in tables.metadata.sorted_tables if table.name not in found]
    if lost := [table for table in gone if table not in tables.row_tables]:
        raise TablesMissingError(
            f"{_names(lost)}: dropped, and no fact says what was there; restore a backup"
        )
    return gone


async def refuse_dropped(engine: AsyncEngine, tables: Tables) -> None:
    """Raise TablesMissingError unless every table is there."""
    if gone := await dropped(engine, tables):
        raise TablesMissingError(
            f"{_names(gone)}: dropped; run `rebuild`, of all ledgers and with OWNER_DATABASE_URL"
        )


async def make_again(tx: AsyncConnection, gone: Collection[Table]) -> None:
    """Make tables anew, with their indexes, in a transaction of the role that owns the schema."""

    def make(connection: Connection) -> None:
        for table in gone:
            table.create(connection)

    await tx.run_sync(make)


def _names(tables: Iterable[Table]) -> str:
    return ", ".join(sorted(table.name for table in tables))
