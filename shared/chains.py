"""The journal's rows: append sealed entries, lock and move chain heads, read them back.

The only module that writes the journal. Each statement moves a whole batch. A chain is
opened by whoever first writes in its ledger; one in which nothing was written is not kept.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

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
    opened_now: bool = False  # by this very transaction


_LOCK = """
SELECT ledger, position, hash, signature FROM chain_heads
WHERE ledger = ANY($1::text[]) ORDER BY ledger FOR UPDATE
"""
_OPEN = """
INSERT INTO chain_heads (ledger, position, hash)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[]) ON CONFLICT (ledger) DO NOTHING
RETURNING ledger
"""
_CLOSE = "DELETE FROM chain_heads WHERE ledger = ANY($1::text[]) AND position = 0"
_APPEND = """
INSERT INTO journal
    (ledger, position, entry_id, stream, type, recorded_at, sealed, hash, signature)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[],
                     $6::timestamptz[], $7::bytea[], $8::bytea[], $9::bytea[])
"""
_MOVE = """
UPDATE chain_heads h SET position = m.position, hash = m.hash, signature = m.signature
FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[])
     AS m(ledger, position, hash, signature)
WHERE h.ledger = m.ledger
"""
_READ = text("""
SELECT ledger, position, sealed, hash, signature, entry_id, stream, type, recorded_at
FROM journal WHERE ledger = :ledger AND position > :after ORDER BY position LIMIT :limit
""")
_HEADS = text("SELECT ledger, position, hash, signature FROM chain_heads ORDER BY ledger")
_HEAD = text("SELECT ledger, position, hash, signature FROM chain_heads WHERE ledger = :ledger")
_LOWEST = -(2**63)  # below every position a row can have


def seal(entry: Entry, previous_hash: bytes) -> SealedEntry:
    """Return the entry's bytes and hash, chained to the one before; or raise EntryTooLarge."""
    sealed = entry.sealed(previous_hash)
    if len(sealed) > ENTRY_BYTES_MAX:
        raise EntryTooLarge(bytes=len(sealed), maximum=ENTRY_BYTES_MAX, fact=entry.fact.type)
    return SealedEntry(entry.ledger, entry.position, sealed, hashlib.sha256(sealed).digest())


async def lock_heads(tx: AsyncConnection, service: str, ledgers: Sequence[str]) -> dict[str, Head]:
    """Lock the heads of these ledgers until the transaction ends; open chains that are new."""
    names, opened = sorted(ledgers), set()
    rows = (await tx.exec_driver_sql(_LOCK, (names,))).all()
    if len(rows) < len(names):
        known = {row[0] for row in rows}
        new = [name for name in names if name not in known]
        zeros, hashes = [0] * len(new), [genesis(service, name) for name in new]
        opened = set((await tx.exec_driver_sql(_OPEN, (new, zeros, hashes))).scalars())
        rows = (await tx.exec_driver_sql(_LOCK, (names,))).all()
    return {row[0]: replace(Head(*tuple(row)), opened_now=row[0] in opened) for row in rows}


async def close(tx: AsyncConnection, ledgers: Sequence[str]) -> None:
    """Drop the heads of chains that were opened for nothing: what was refused leaves no trace."""
    if ledgers:
        await tx.exec_driver_sql(_CLOSE, (list(ledgers),))


async def append(
    tx: AsyncConnection, entries: Sequence[Entry], sealed: Sequence[SealedEntry]
) -> None:
    """Write new entries, in order, and move their heads."""
    if not entries:
        return
    columns = (
        [entry.ledger for entry in entries],
        [entry.position for entry in entries],
        [entry.entry_id for entry in entries],
        [entry.fact.stream() for entry in entries],
        [entry.fact.type for entry in entries],
        [entry.recorded_at for entry in entries],
        [item.sealed for item in sealed],
        [item.hash for item in sealed],
        [item.signature for item in sealed],
    )
    await tx.exec_driver_sql(_APPEND, columns)
    heads = [item for item in sealed if item.signature is not None]
    moved = (
        [head.ledger for head in heads],
        [head.position for head in heads],
        [head.hash for head in heads],
        [head.signature for head in heads],
    )
    await tx.exec_driver_sql(_MOVE, moved)


async def read(
    tx: AsyncConnection, ledger: str, after: int | None, limit: int
) -> list[SealedEntry]:
    """Return the stored entries after a position, in order of position, as they are.

    `after=None` starts with the very first row, even if its position is one that no
    writer gives (0 or less).
    """
    place = _LOWEST if after is None else after
    result = await tx.execute(_READ, {"ledger": ledger, "after": place, "limit": limit})
    return [
        SealedEntry(r.ledger, r.position, r.sealed, r.hash, r.signature, Filed(*tuple(r)[5:]))
        for r in result
    ]


async def head(tx: AsyncConnection, ledger: str) -> Head | None:
    """Return the head of one ledger; None before its first entry."""
    row = (await tx.execute(_HEAD, {"ledger": ledger})).one_or_none()
    return Head(*row) if row else None


async def heads(tx: AsyncConnection) -> list[Head]:
    """Return the head of every ledger."""
    return [Head(*row) for row in await tx.execute(_HEADS)]
