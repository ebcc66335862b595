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

    def insert(self, first: int = 1) -> str:
        """Return the statement that writes arrays, one per column, numbered from a parameter."""
        names = ", ".join(f'"{column}"' for column in self.types)
        arrays = ", ".join(
            f"${number}::{sql}[]" for number, sql in enumerate(self.types.values(), start=first)
        )
        return (
            f'INSERT INTO "{self.table}" ({names}) SELECT * '  # noqa: S608 - names are ours
            f"FROM unnest({arrays}) u({names}){self.conflict}"
        )


@dataclass(frozen=True, slots=True)
class Change:
    """Records for one table."""

    target: Target
    records: Sequence[tuple[Any, ...]]


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
    arrays = [column for change in changes for column in zip(*change.records, strict=True)]
    statement = _statement(tuple(change.target for change in changes))
    try:
        await driver.fetchval(statement, *chains.columns(moves), len(moves), *arrays)
    except (DivisionByZeroError, UniqueViolationError) as error:
        raise MovedError from error


@lru_cache(maxsize=256)
def _statement(targets: tuple[Target, ...]) -> str:
    first = chains.MOVE_PARAMETERS + 2
    parts = [f"moved AS ({chains.MOVE} RETURNING 1)"]
    for number, target in enumerate(targets):
        parts.append(f"w{number} AS ({target.insert(first)})")
        first += len(target.types)
    check = f"SELECT 1 / (count(*) = ${chains.MOVE_PARAMETERS + 1})::int FROM moved"  # noqa: S608
    return f"WITH {', '.join(parts)} {check}"
