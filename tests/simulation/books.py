"""The writer's statements: heads, entries and rows, read off the very text that goes out.

What a statement guards, raises and does where a key is there is taken from its words, so that
a change of the words changes what happens here.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, TypeAlias

from asyncpg.exceptions import DivisionByZeroError

from shared.chains import MOVE_PARAMETERS, Head

Rows: TypeAlias = Iterable[tuple[Any, ...]]
Meaning: TypeAlias = Callable[..., Rows | Awaitable[Rows]]

_SELECT = re.compile(r'SELECT .* FROM "(\w+)" WHERE ledger = \$1 AND "(\w+)" = ANY\(\$2::\w+\[\]\)')
_INSERT = re.compile(
    r'INSERT INTO "(\w+)" \(([^)]*)\) '
    r"(?:VALUES (\()[^)]*\)|SELECT \* FROM unnest\([^)]*\) u\([^)]*\))"
    r"(?: ON CONFLICT \([^)]*\) DO (NOTHING|UPDATE))?"
)


@dataclass(frozen=True)
class Insert:
    """A table, the order of its columns, and what happens where a key is there."""

    table: str
    columns: tuple[str, ...]
    one_row: bool = False
    conflict: str | None = None

    @classmethod
    def all_in(cls, text: str) -> list["Insert"]:
        """Read them from a statement, in order."""
        return [
            cls(found[1], tuple(re.findall(r"\w+", found[2])), found[3] is not None, found[4])
            for found in _INSERT.finditer(text)
        ]


async def _lock(session: Any, ledgers: Sequence[str]) -> Rows:
    session.database.ways["locked"] += 1
    heads = [await session.lock(ledger) for ledger in ledgers if session.head(ledger)]
    return [(h.ledger, h.position, h.hash, h.signature, h.revision) for h in heads if h]


async def _open(session: Any, ledgers: Sequence[str], *columns: Sequence[Any]) -> Rows:
    opened = []
    for ledger, position, genesis in zip(ledgers, *columns, strict=True):
        if await session.lock(ledger):  # somebody else opened it meanwhile
            session.unlock(ledger)
        else:
            session.heads[ledger] = Head(ledger, position, genesis, None)
            opened.append((ledger,))
    return opened


def _close(session: Any, ledgers: Sequence[str]) -> Rows:
    for ledger in ledgers:
        head = session.head(ledger)
        if head and head.position == 0:
            session.heads[ledger] = None
    return []


async def _move(text: str, session: Any, *columns: Sequence[Any]) -> Rows:
    moved = []
    for ledger, position, hash_, signature, revision, hash_before in zip(*columns, strict=True):
        found = await session.lock(ledger)
        if found is None or not _guard(text, found, revision, hash_before):
            continue
        after = revision + _raised(text, entries=hash_ != hash_before)
        session.heads[ledger] = replace(
            found, position=position, hash=hash_, signature=signature, revision=after
        )
        moved.append((1,))
    return moved


def _guard(text: str, found: Head, revision: int, hash_before: bytes) -> bool:
    same_revision = found.revision == revision or "h.revision = m.revision" not in text
    return same_revision and (found.hash == hash_before or "h.hash = m.hash_before" not in text)


def _raised(text: str, *, entries: bool) -> int:
    if "revision = m.revision + 1" in text:
        return 1
    assert "revision = m.revision + (m.hash <> m.hash_before)::int" in text, text
    return int(entries)


def _revisions(session: Any, ledgers: Sequence[str]) -> Rows:
    heads = [head for ledger in ledgers if (head := session.database.heads.get(ledger))]
    return [(head.ledger, head.revision, head.hash) for head in heads]


def _select(table: str, column: str, session: Any, ledger: str, values: Sequence[Any]) -> Rows:
    here = session.database
    kept = here.records[table].get(ledger, {})
    if column == here.keys[table]:
        return [kept[value] for value in values if value in kept]
    place = here.columns[table].index(column)
    wanted = set(values)
    return [record for record in kept.values() if record[place] in wanted]


def _insert(insert: Insert, session: Any, *values: Any) -> Rows:
    session.write(insert, [values] if insert.one_row else zip(*values, strict=True))
    return []


async def _at_once(text: str, session: Any, *values: Any) -> Rows:
    """Move the heads and write, all in one; divide by zero unless every head was moved."""
    arrays: Iterator[Any] = iter(values)
    moves = [next(arrays) for _ in range(MOVE_PARAMETERS)]
    count = next(arrays)
    moved = await _move(text, session, *moves)
    for insert in Insert.all_in(text):
        _insert(insert, session, *(next(arrays) for _ in insert.columns))
    passed = len(list(moved)) == count
    session.database.ways["at once" if passed else "moved"] += 1
    if not passed:
        raise DivisionByZeroError("division by zero")
    return [(1,)]


@cache
def of_the_writer(text: str) -> Meaning | None:
    """Return what one of the writer's statements does; None for one of somebody else's."""
    beginnings: dict[str, Meaning] = {
        "SELECT ledger, position, hash, signature, revision FROM chain_heads": _lock,
        "INSERT INTO chain_heads": _open,
        "DELETE FROM chain_heads": _close,
        "UPDATE chain_heads h": partial(_move, text),
        "SELECT ledger, revision, hash FROM chain_heads": _revisions,
        "WITH moved AS": partial(_at_once, text),
    }
    for beginning, carry_out in beginnings.items():
        if text.startswith(beginning):
            return carry_out
    if found := _SELECT.fullmatch(text):
        return partial(_select, found[1], found[2])
    if text.startswith("INSERT INTO") and (inserts := Insert.all_in(text)):
        return partial(_insert, inserts[0])
    return None
