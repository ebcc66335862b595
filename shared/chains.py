"""The journal's rows: append sealed entries, lock and move chain heads, read them back.

The only module that writes the journal. Each statement moves a whole batch. A chain is
opened by whoever first writes in its ledger; one in which nothing was written is not kept.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from shared.database import Driver
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
_COLUMNS = (
    *("ledger", "position", "entry_id", "stream", "type"),
    *("recorded_at", "sealed", "hash", "signature"),
)
_MOVE = """
UPDATE chain_heads h SET position = m.position, hash = m.hash, signature = m.signature
FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[])
     AS m(ledger, position, hash, signature)
WHERE h.ledger = m.ledger
"""
_READ = """
SELECT ledger, position, sealed, hash, signature, entry_id, stream, type, recorded_at
FROM journal WHERE ledger = $1 AND position > $2 ORDER BY position LIMIT $3
"""
_HEADS = "SELECT ledger, position, hash, signature FROM chain_heads ORDER BY ledger"
_HEAD = "SELECT ledger, position, hash, signature FROM chain_heads WHERE ledger = $1"
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
        ledger: Head(ledger, position, head_hash, signature, ledger in opened)
        for ledger, position, head_hash, signature in rows
    }


async def close(tx: Driver, ledgers: Sequence[str]) -> None:
    """Drop the heads of chains that were opened for nothing: what was refused leaves no trace."""
    if ledgers:
        await tx.execute(_CLOSE, list(ledgers))


async def append(tx: Driver, entries: Sequence[Entry], sealed: Sequence[SealedEntry]) -> None:
    """Write new entries, in order, and move their heads."""
    if not entries:
        return
    records = [
        (
            *(entry.ledger, entry.position, entry.entry_id, entry.fact.stream(), entry.fact.type),
            *(entry.recorded_at, stored.sealed, stored.hash, stored.signature),
        )
        for entry, stored in zip(entries, sealed, strict=True)
    ]
    await tx.copy_records_to_table("journal", columns=_COLUMNS, records=records)
    heads = [item for item in sealed if item.signature is not None]
    await tx.execute(
        _MOVE,
        [head.ledger for head in heads],
        [head.position for head in heads],
        [head.hash for head in heads],
        [head.signature for head in heads],
    )


async def read(tx: Driver, ledger: str, after: int | None, limit: int) -> list[SealedEntry]:
    """Return the stored entries after a position, in order of position, as they are.

    `after=None` starts with the very first row, even if its position is one that no
    writer gives (0 or less).
    """
    place = _LOWEST if after is None else after
    rows = await tx.fetch(_READ, ledger, place, limit)
    return [
        SealedEntry(name, position, sealed, entry_hash, signature, Filed(*filed))
        for name, position, sealed, entry_hash, signature, *filed in rows
    ]


async def head(tx: Driver, ledger: str) -> Head | None:
    """Return the head of one ledger; None before its first entry."""
    row = await tx.fetchrow(_HEAD, ledger)
    return Head(*row) if row else None


async def heads(tx: Driver) -> list[Head]:
    """Return the head of every ledger."""
    return [Head(*row) for row in await tx.fetch(_HEADS)]
