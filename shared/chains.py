"""The journal's rows: append sealed entries, lock and move chain heads, read them back.

The only module that writes the journal. Each statement moves a whole batch. A chain is
opened by whoever first writes in its ledger; one in which nothing was written is not kept.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shared.database import Driver
from shared.dates import instant_text
from shared.errors import Refusal
from shared.seal import Entry, Filed, SealedEntry, genesis

ENTRY_BYTES_MAX = 5_000_000  # what one message on the bus may hold


class EntryTooLarge(Refusal):
    """This would make a single entry that is larger than the bus can carry."""

    status = 422


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain: position 0 and the genesis hash before the first."""

    ledger: str
    position: int
    hash: bytes
    signature: bytes | None
    revision: int = 0  # of the ledger's entries and rows: each commit that changes any raises it
    opened_now: bool = False  # by this very transaction


_LOCK = """
SELECT ledger, position, hash, signature, revision FROM chain_heads
WHERE ledger = ANY($1::text[]) ORDER BY ledger FOR UPDATE
"""
_OPEN = """
INSERT INTO chain_heads (ledger, position, hash)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[]) ON CONFLICT (ledger) DO NOTHING
RETURNING ledger
"""
_CLOSE = "DELETE FROM chain_heads WHERE ledger = ANY($1::text[]) AND position = 0"
MOVE_PARAMETERS = 6
MOVE = """
UPDATE chain_heads h
SET position = m.position, hash = m.hash, signature = m.signature, revision = m.revision + 1
FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bytea[])
     AS m(ledger, position, hash, signature, revision, hash_before)
WHERE h.ledger = m.ledger AND h.revision = m.revision AND h.hash = m.hash_before"""
JOURNAL = {
    "ledger": "text",
    "position": "bigint",
    "entry_id": "uuid",
    "stream": "text",
    "type": "text",
    "recorded_at": "timestamptz",
    "sealed": "bytea",
    "hash": "bytea",
    "signature": "bytea",
}  # each column and its SQL type
_READ = """
SELECT ledger, position, sealed, hash, signature, entry_id, stream, type, recorded_at
FROM journal WHERE ledger = $1 AND position > $2 ORDER BY position LIMIT $3
"""
_READ_SEALED = """
SELECT ledger, position, sealed, hash, signature
FROM journal WHERE ledger = $1 AND position > $2 ORDER BY position LIMIT $3
"""
_HEADS = "SELECT ledger, position, hash, signature FROM chain_heads ORDER BY ledger"
_HEAD = "SELECT ledger, position, hash, signature FROM chain_heads WHERE ledger = $1"
_REVISIONS = "SELECT ledger, revision, hash FROM chain_heads WHERE ledger = ANY($1::text[])"
_LOWEST = -(2**63)  # below every position a row can have


def seal(entry: Entry, previous_hash: bytes) -> SealedEntry:
    """Return the entry's bytes and hash, chained to the one before; or raise EntryTooLarge."""
    sealed = entry.sealed(previous_hash)
    if len(sealed) > ENTRY_BYTES_MAX:
        raise EntryTooLarge(bytes=len(sealed), maximum=ENTRY_BYTES_MAX, fact=entry.fact.type)
    return SealedEntry(entry.ledger, entry.position, sealed, hashlib.sha256(sealed).digest())


async def lock_heads(tx: Driver, service: str, ledgers: Sequence[str]) -> dict[str, Head]:
    """Lock the heads of these ledgers until the transaction ends; open chains that are new."""
    names, opened = sorted(ledgers), set()
    rows = await tx.fetch(_LOCK, names)
    if len(rows) < len(names):
        known = {row[0] for row in rows}
        new = [name for name in names if name not in known]
        zeros, hashes = [0] * len(new), [genesis(service, name) for name in new]
        opened = {row[0] for row in await tx.fetch(_OPEN, new, zeros, hashes)}
        rows = await tx.fetch(_LOCK, names)
    return {
        ledger: Head(ledger, position, head_hash, signature, revision, ledger in opened)
        for ledger, position, head_hash, signature, revision in rows
    }


async def close(tx: Driver, ledgers: Sequence[str]) -> None:
    """Drop the heads of chains that were opened for nothing: what was refused leaves no trace."""
    if ledgers:
        await tx.execute(_CLOSE, list(ledgers))


async def unmoved(driver: Driver, known: Collection[Head]) -> bool:
    """Say whether these heads are still what they were."""
    rows = await driver.fetch(_REVISIONS, [head.ledger for head in known])
    return {tuple(row) for row in rows} == {(h.ledger, h.revision, h.hash) for h in known}


@dataclass(frozen=True, slots=True)
class Move:
    """A head as it was, and as a commit leaves it: with new entries, or only with other rows."""

    before: Head
    after: Head


def columns(moves: Iterable[Move]) -> list[tuple[Any, ...]]:
    """Return the arrays that `MOVE` takes; ledgers in order, so that no two commits entangle."""
    rows = [
        (
            *(move.after.ledger, move.after.position, move.after.hash, move.after.signature),
            *(move.before.revision, move.before.hash),
        )
        for move in sorted(moves, key=lambda move: move.after.ledger)
    ]
    return list(zip(*rows, strict=True))


async def move(tx: Driver, moves: Sequence[Move]) -> None:
    """Move heads that this transaction locked."""
    if moves:
        await tx.execute(MOVE, *columns(moves))


def records(entries: Sequence[Entry], sealed: Sequence[SealedEntry]) -> list[tuple[Any, ...]]:
    """Return the journal's rows of new entries, in order."""
    return [
        (
            *(entry.ledger, entry.position, entry.entry_id, entry.stream, entry.fact.type),
            *(entry.recorded_at, stored.sealed, stored.hash, stored.signature),
        )
        for entry, stored in zip(entries, sealed, strict=True)
    ]


async def read(tx: Driver, ledger: str, after: int | None, limit: int) -> list[SealedEntry]:
    """Return the stored entries after a position, in order of position, as they are.

    `after=None` starts with the very first row, even if its position is one that no
    writer gives (0 or less).
    """
    place = _LOWEST if after is None else after
    rows = await tx.fetch(_READ, ledger, place, limit)
    return [
        SealedEntry(
            *(name, position, sealed, entry_hash, signature),
            filed=Filed(str(entry_id), stream, kind, instant_text(at)),
        )
        for name, position, sealed, entry_hash, signature, entry_id, stream, kind, at in rows
    ]


async def read_sealed(tx: Driver, ledger: str, after: int, limit: int) -> list[SealedEntry]:
    """Return entries as `read` does, without the columns under which they are filed."""
    return [SealedEntry(*row) for row in await tx.fetch(_READ_SEALED, ledger, after, limit)]


async def head(tx: Driver, ledger: str) -> Head | None:
    """Return the head of one ledger; None before its first entry."""
    row = await tx.fetchrow(_HEAD, ledger)
    return Head(*row) if row else None


async def heads(tx: Driver) -> list[Head]:
    """Return the head of every ledger."""
    return [Head(*row) for row in await tx.fetch(_HEADS)]
