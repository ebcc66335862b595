"""Rows and tables: one dataclass says both, and statements move whole sets of rows.

`table` derives a SQLAlchemy table from a `Row`; every primary key starts with `ledger`,
so that the same schema can be distributed by ledger. `Tables` reads and writes the rows
of a picture with one statement per table.
"""

import dataclasses
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import orjson
from msgspec.structs import FieldInfo
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TextClause,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from shared.database import Driver
from shared.decider import Need, Picture, Row
from shared.writing import Change, Target

_SQL_TYPES: dict[Any, tuple[type[TypeEngine[Any]], str]] = {
    str: (Text, "text"),
    int: (BigInteger, "bigint"),
    bool: (Boolean, "boolean"),
    UUID: (Uuid, "uuid"),
    bytes: (LargeBinary, "bytea"),
    date: (Date, "date"),
    datetime: (DateTime, "timestamptz"),
    tuple: (JSONB, "jsonb"),
}


class Checkpoint(Row, frozen=True):
    """How far a service has applied another's journal, and reacted to it: the last entry.

    No fact says so, so no rebuild can bring it back: it stays as it is.
    """

    key = "source"

    source: str
    position: int
    hash: bytes


def journal_tables(metadata: MetaData) -> None:
    """Add the tables that every service has: journal, chain heads, checkpoints."""
    Table(
        "journal",
        metadata,
        Column("ledger", Text, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("entry_id", Uuid, nullable=False),
        Column("stream", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("sealed", LargeBinary, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        Column("signature", LargeBinary),
        PrimaryKeyConstraint("ledger", "position"),
    )
    Table(
        "chain_heads",
        metadata,
        Column("ledger", Text, primary_key=True),
        Column("position", BigInteger, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        Column("signature", LargeBinary),
        Column("revision", BigInteger, nullable=False, server_default="0"),
    )
    _topic_tables(metadata)


def _topic_tables(metadata: MetaData) -> None:
    """Add how far the journal was sent to its topic, and how far other topics were read."""
    Table(
        "relay_checkpoints",
        metadata,
        Column("ledger", Text, primary_key=True),
        Column("position", BigInteger, nullable=False),
        Column("topic_partition", BigInteger, nullable=False),
        Column("topic_offset", BigInteger, nullable=False),
    )
    Table(
        "topic_offsets",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("topic_partition", BigInteger, primary_key=True),
        Column("next_offset", BigInteger, nullable=False),
        Column("last_hash", LargeBinary),
    )


def _plain_type(annotation: Any) -> tuple[Any, bool]:
    """Return the bare type of an annotation and whether it allows None."""
    if get_origin(annotation) in (Union, types.UnionType):
        bare = [part for part in get_args(annotation) if part is not type(None)]
        return _plain_type(bare[0])[0], True
    origin = get_origin(annotation)
    if origin is tuple:
        return tuple, False
    if origin is not None and str(origin) == "typing.Literal":
        return str, False
    return annotation, False


@dataclasses.dataclass(frozen=True, slots=True)
class _Shape:
    """The SQL of one row type."""

    table: Table
    json_places: tuple[int, ...]
    selects: Mapping[str, str]
    values: Callable[[Row], tuple[Any, ...]]
    added: Target
    replaced: Target
    rebuilt: bool
    make: Callable[..., Row]

    def row(self, values: Sequence[Any]) -> Row:
        """Return the row of the columns that the driver read."""
        if not self.json_places:
            return self.make(*values)
        parsed = list(values)
        for place in self.json_places:
            parsed[place] = tuple(orjson.loads(parsed[place]))
        return self.make(*parsed)

    def record(self, row: Row) -> tuple[Any, ...]:
        """Return the row's columns as the driver takes them."""
        values = self.values(row)
        if not self.json_places:
            return values
        written = list(values)
        for place in self.json_places:
            written[place] = orjson.dumps(values[place]).decode()
        return tuple(written)


class Tables:
    """A service's tables, by the row type that each holds."""

    def __init__(self, metadata: MetaData) -> None:
        self.metadata = metadata
        self._shapes: dict[type[Row], _Shape] = {}
        self.settings: set[type[Row]] = set()
        journal_tables(metadata)
        self.table("checkpoints", Checkpoint)

    def table(
        self,
        name: str,
        row: type[Row],
        *,
        indexes: Mapping[str, Sequence[Any]] | None = None,
        kept: bool = False,
        settings: bool = False,
    ) -> Table:
        """Derive a table from a row type: same column names, key `(ledger, key)`.

        A field's default is its column's: what code that does not know it yet leaves it to.
        A `kept` table only grows and is no projection: a rebuild leaves it alone. A table of
        `settings` has few rows, which our own facts alone change: the writer remembers them.
        """
        if settings:
            self.settings.add(row)
        hints = get_type_hints(row)
        columns, array_types = [], {}
        for field in msgspec.structs.fields(row):
            bare, optional = _plain_type(hints[field.name])
            kind, array = _SQL_TYPES[bare]
            columns.append(_column(field, kind, optional=optional))
            array_types[field.name] = array
        table = Table(name, self.metadata, *columns, PrimaryKeyConstraint("ledger", row.key))
        for index, parts in (indexes or {}).items():
            Index(index, *(table.c[part] if isinstance(part, str) else part for part in parts))
        self._shapes[row] = _Shape(
            table=table,
            values=attrgetter(*(column.name for column in columns)),
            json_places=tuple(
                place for place, array in enumerate(array_types.values()) if array == "jsonb"
            ),
            selects={column: _select(name, array_types, column) for column in array_types},
            added=Target(name, array_types),
            replaced=Target(name, array_types, "" if kept else _replace(row, array_types)),
            rebuilt=not kept,
            make=row,
        )
        return table

    def is_kept(self, row: type[Row]) -> bool:
        """Say whether rows of this type are kept in a table that only grows."""
        return not self._shapes[row].rebuilt

    def of(self, row: type[Row]) -> Table:
        """Return the table that holds a row type."""
        return self._shapes[row].table

    @property
    def row_tables(self) -> list[Table]:
        """Return the tables that facts fill, and that a rebuild fills again."""
        shapes = self._shapes.items()
        return [s.table for row, s in shapes if s.rebuilt and row is not Checkpoint]

    async def load(self, tx: Driver, wanted: Mapping[Picture, set[Need]]) -> None:
        """Read the rows that pictures need: one statement per ledger, table and column."""
        for picture, needs in wanted.items():
            grouped: dict[tuple[type[Row], str], list[Any]] = {}
            for need in needs:
                grouped.setdefault((need.row, need.column), []).append(need.value)
            found: list[Row] = []
            for (row, column), values in grouped.items():
                shape = self._shapes[row]
                rows = await tx.fetch(shape.selects[column], picture.ledger, values)
                found += map(shape.row, rows)
            picture.load(needs, found)

    async def pictured(
        self, tx: Driver, ledger: str, needs: Callable[[Picture], Iterable[Need]]
    ) -> Picture:
        """Return a picture of what is named, asking again until nothing new is."""
        picture = Picture(ledger)
        while missing := picture.missing(needs(picture)):
            await self.load(tx, {picture: missing})
        return picture

    def changes(self, pictures: Iterable[Picture]) -> list[Change]:
        """Return what facts changed in these pictures: at most two changes per table."""
        records: dict[Target, list[tuple[Any, ...]]] = {}
        for picture in pictures:
            for kind, rows in picture.changes():
                shape = self._shapes[kind]
                for row in rows:
                    target = shape.added if picture.is_new(row) else shape.replaced
                    records.setdefault(target, []).append(shape.record(row))
        return [Change(target, found) for target, found in records.items()]


def _column(field: FieldInfo, kind: type[TypeEngine[Any]], *, optional: bool) -> Column[Any]:
    sql_type = DateTime(timezone=True) if kind is DateTime else kind()
    return Column(field.name, sql_type, nullable=optional, server_default=_default(field.default))


def _default(value: Any) -> TextClause | None:
    """Return the SQL of a field's default; none where it has none, or it is None."""
    if value is None or value is msgspec.NODEFAULT:
        return None
    said = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text(said if isinstance(value, int) else f"'{said}'")


def _select(name: str, array_types: Mapping[str, str], column: str) -> str:
    """Return the statement that reads a ledger's rows with these values in a column.

    A join with the values could be planned as a scan of the whole ledger.
    """
    names = ", ".join(
        f'"{column}"::text' if array == "jsonb" else f'"{column}"'
        for column, array in array_types.items()
    )
    return (
        f'SELECT {names} FROM "{name}" '  # noqa: S608 - names are ours
        f'WHERE ledger = $1 AND "{column}" = ANY($2::{array_types[column]}[])'
    )


def _replace(row: type[Row], array_types: Mapping[str, str]) -> str:
    updates = ", ".join(
        f'"{column}" = excluded."{column}"'
        for column in array_types
        if column not in ("ledger", row.key)
    )
    action = f"UPDATE SET {updates}" if updates else "NOTHING"
    return f' ON CONFLICT (ledger, "{row.key}") DO {action}'
