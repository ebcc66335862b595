"""Writing: what a commit adds and replaces, table by table, and how it gets to the database.

Few rows go in one statement together with the head they belong under: one round trip, and no
lock is held while we decide. Many rows go by `COPY`, in a transaction that locked the head
before it read. Either way all of it lands, or nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from asyncpg.exceptions import DivisionByZeroError, UniqueViolationError

from shared import chains
from shared.database import Driver


@dataclass(frozen=True, eq=False)
class Target:
    """A table to write to: the SQL type of each column, and what to do where a key is there."""

    table: str
    types: Mapping[str, str]
    conflict: str = ""  # nothing: a key that is there fails the commit

    @property
    def columns(self) -> tuple[str, ...]:
        """Return its columns, in the order in which records hold them."""
        return tuple(self.types)

    def insert(self, first: int = 1, *, one: bool = False) -> str:
        """Return the statement that writes columns, numbered from a parameter.

        That is one array for each, or one value for each where it is about one row: PostgreSQL
        spends more on taking arrays apart than on such a row.
        """
        names = ", ".join(f'"{column}"' for column in self.types)
        numbered = list(enumerate(self.types.values(), start=first))
        if one:
            rows = f"VALUES ({', '.join(f'${number}::{sql}' for number, sql in numbered)})"
        else:
            arrays = ", ".join(f"${number}::{sql}[]" for number, sql in numbered)
            rows = f"SELECT * FROM unnest({arrays}) u({names})"  # noqa: S608 - names are ours
        return f'INSERT INTO "{self.table}" ({names}) {rows}{self.conflict}'


@dataclass(frozen=True, slots=True)
class Change:
    """Records for one table."""

    target: Target
    records: Sequence[tuple[Any, ...]]

    @property
    def values(self) -> Iterable[Any]:
        """Return what its statement takes: each column of the one record, or of all."""
        return self.records[0] if len(self.records) == 1 else zip(*self.records, strict=True)


class MovedError(Exception):
    """Another writer moved the head: what was decided may not hold any more."""


async def write_in_turn(
    tx: Driver, moves: Sequence[chains.Move], changes: Iterable[Change]
) -> None:
    """Write in a transaction that holds the heads; rows that are known to be new by `COPY`."""
    for change in changes:
        target = change.target
        if target.conflict:
            await tx.execute(target.insert(), *zip(*change.records, strict=True))
        else:
            await tx.copy_records_to_table(
                target.table, columns=target.columns, records=change.records
            )
    await chains.move(tx, moves)


async def write_at_once(
    driver: Driver, moves: Sequence[chains.Move], changes: Sequence[Change]
) -> None:
    """Write in one statement, whose success says that no head moved meanwhile.

    Raises MovedError, with nothing written, when one did.
    """
    values = [value for change in changes for value in change.values]
    statement = _statement(tuple((c.target, len(c.records) == 1) for c in changes))
    try:
        await driver.fetchval(statement, *chains.columns(moves), len(moves), *values)
    except (DivisionByZeroError, UniqueViolationError) as error:
        raise MovedError from error


@lru_cache(maxsize=256)
def _statement(written: tuple[tuple[Target, bool], ...]) -> str:
    first = chains.MOVE_PARAMETERS + 2
    parts = [f"moved AS ({chains.MOVE} RETURNING 1)"]
    for number, (target, one) in enumerate(written):
        parts.append(f"w{number} AS ({target.insert(first, one=one)})")
        first += len(target.types)
    check = f"SELECT 1 / (count(*) = ${chains.MOVE_PARAMETERS + 1})::int FROM moved"  # noqa: S608
    return f"WITH {', '.join(parts)} {check}"
