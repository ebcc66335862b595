"""Making a long journal: sealed, signed entries that verify, written by COPY.

One real payment is recorded through the API. Its envelope, with holes for what differs from
payment to payment, is the pattern of all that follow, and so are its rows in the tables. The
entries continue the ledger's own chain, with a signed head at each commit's end. All of it
lands in one transaction that holds the chain's head, as the writer's own commits do, and
builds the tables' indexes at its end.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import orjson
from uuid_utils.compat import uuid7

from bench.lab import Lab
from deploy.local.keys import Secrets
from shared.canonical import canonical
from shared.seal import Signer
from tests.books import ok

RECEIVED_ON: Final = "2025-06-30"  # its numbering period is nobody else's
_COMMIT: Final = 64  # entries between two signed heads
_PART: Final = 20_000  # entries in one COPY
_COLUMNS: Final = (
    *("ledger", "position", "entry_id", "stream", "type"),
    *("recorded_at", "sealed", "hash", "signature"),
)
_HEAD: Final = "SELECT position, hash FROM chain_heads WHERE ledger = $1 FOR UPDATE"
_LAST: Final = "SELECT sealed FROM journal WHERE ledger = $1 AND position = $2"
_ROW: Final = "SELECT * FROM {table} WHERE ledger = $1 AND position = $2"
_MOVE: Final = """
UPDATE chain_heads SET position = $2, hash = $3, signature = $4 WHERE ledger = $1
"""
_COUNT: Final = "UPDATE numbering_counters SET last = $3 WHERE ledger = $1 AND period = $2"
_RELAYED: Final = "SELECT position FROM relay_checkpoints WHERE ledger = $1"
_INDEXES: Final = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
WHERE indrelid = ANY ('{payments, movements}'::regclass[])
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
_MUCH_MEMORY: Final = "SET LOCAL maintenance_work_mem = '512MB'"
_LOOK_SECONDS: Final = 0.2
_PATIENCE_SECONDS: Final = 1_200
_INTEGER: Final = 2**53 - 1  # stands for an integer in the pattern

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]  # by table


@dataclass(frozen=True, slots=True)
class Pattern:
    """An envelope with holes, as bytes that `%` fills, and what numbers its payment took."""

    text: bytes
    period: str
    count: int
    number_before: str
    number_digits: int
    recorded_at: datetime

    @classmethod
    def of(cls, sealed: bytes) -> "Pattern":
        """Make the pattern of the entries that are like this one."""
        envelope = orjson.loads(sealed)
        data: dict[str, Any] = envelope["data"]
        count, number, period = (
            data[name] for name in ("numbering_count", "number", "numbering_period")
        )
        before = number.rstrip("0123456789")
        envelope |= {"id": "@id@", "position": _INTEGER, "previous_hash": "@previous@"}
        envelope |= {"stream": "payment/@payment@"}
        data |= {"payment_id": "@payment@", "number": "@number@", "numbering_count": _INTEGER - 1}
        text = canonical(envelope).replace(b"%", b"%%")
        for hole in (b"id", b"payment", b"number", b"previous"):
            text = text.replace(b"@%b@" % hole, b"%%(%b)b" % hole)
        text = text.replace(b"%d" % _INTEGER, b"%(position)d")
        text = text.replace(b"%d" % (_INTEGER - 1), b"%(count)d")
        recorded_at = datetime.fromisoformat(envelope["recorded_at"])
        return cls(text, period, count, before, len(number) - len(before), recorded_at)

    def number(self, count: int) -> str:
        """Return the number that a payment of this period gets."""
        return self.number_before + str(count).zfill(self.number_digits)

    def filled(self, fields: Mapping[bytes, bytes | int]) -> bytes:
        """Return the sealed bytes of one entry."""
        return self.text % fields


class Forge:
    """Continues a chain with payments like its last one."""

    def __init__(
        self, ledger: str, signer: Signer, pattern: Pattern, position: int, head: bytes
    ) -> None:
        self.ledger = ledger
        self.pattern = pattern
        self.position = position
        self.count = pattern.count
        self.hash = head
        self.signature: bytes | None = None
        self._signer = signer

    def entry(self, payment_id: UUID, *, last: bool) -> Row:
        """Return the journal's row of one more payment; the last one carries a signed head."""
        self.position += 1
        self.count += 1
        entry_id = uuid7()
        fields: dict[bytes, bytes | int] = {
            b"id": str(entry_id).encode(),
            b"payment": str(payment_id).encode(),
            b"number": self.pattern.number(self.count).encode(),
            b"previous": self.hash.hex().encode(),
            b"position": self.position,
            b"count": self.count,
        }
        sealed = self.pattern.filled(fields)
        self.hash, self.signature = hashlib.sha256(sealed).digest(), None
        if last or self.position % _COMMIT == 0:
            self.signature = self._signer.sign(self.ledger, self.position, self.hash)
        return (
            *(self.ledger, self.position, entry_id, f"payment/{payment_id}"),
            *("payments.payment-recorded.v1", self.pattern.recorded_at),
            *(sealed, self.hash, self.signature),
        )


def lengthen(lab: Lab, entries: int) -> None:
    """Bring the journal of payments to at least this many entries, and its tables with it."""
    ok(lab.books.put("payments", f"/payments/{uuid4()}", lab.payment(received_on=RECEIVED_ON)))
    asyncio.run(_lengthen(lab, entries))
    asyncio.run(_wait_for_relay(lab))
    tidy(lab)
    lab.wait_until_caught_up()


def tidy(lab: Lab) -> None:
    """Do at once what autovacuum would do soon: no dead rows, and a planner that knows."""
    asyncio.run(_tidy(lab.stack.superuser_dsn("acquit_payments")))


async def _wait_for_relay(lab: Lab) -> None:
    """Wait until Kafka has them all."""
    wanted = lab.positions()["payments"]["position"]
    db = await asyncpg.connect(lab.stack.superuser_dsn("acquit_payments"))
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await _relayed(db, lab) < wanted:  # noqa: ASYNC110 - another process sets it
                await asyncio.sleep(_LOOK_SECONDS)
    finally:
        await db.close()


async def _relayed(db: asyncpg.Connection, lab: Lab) -> int:
    return await db.fetchval(_RELAYED, lab.books.ledger) or 0


async def _tidy(dsn: str) -> None:
    db = await asyncpg.connect(dsn)
    try:
        await db.execute("VACUUM (ANALYZE)")
    finally:
        await db.close()


async def _lengthen(lab: Lab, entries: int) -> None:
    ledger = lab.books.ledger
    signer = Signer("payments", Secrets.of(lab.folder).signing_seeds["payments"])
    db = await asyncpg.connect(lab.stack.superuser_dsn("acquit_payments"))
    try:
        async with db.transaction():
            position, head = await db.fetchrow(_HEAD, ledger)
            pattern = Pattern.of(await db.fetchval(_LAST, ledger, position))
            models = {
                table: dict(await db.fetchrow(_ROW.format(table=table), ledger, position))
                for table in ("payments", "movements")
            }
            forge = Forge(ledger, signer, pattern, position, head)
            columns = {"journal": _COLUMNS} | {
                table: tuple(model) for table, model in models.items()
            }
            parts = _parts(forge, models, entries)
            async with _indexes_built_at_the_end(db):
                made = next(parts, None)
                while made:  # the next part is made while this one is written
                    following = asyncio.to_thread(next, parts, None)
                    _, made = await asyncio.gather(_copy(db, columns, made), following)
            await db.execute(_MOVE, ledger, forge.position, forge.hash, forge.signature)
            await db.execute(_COUNT, ledger, pattern.period, forge.count)
    finally:
        await db.close()


@asynccontextmanager
async def _indexes_built_at_the_end(db: asyncpg.Connection) -> AsyncIterator[None]:
    """Do without the indexes of the tables meanwhile; those of keys stay."""
    indexes = await db.fetch(_INDEXES)
    for index in indexes:
        await db.execute(f"DROP INDEX {index['name']}")
    yield
    await db.execute(_MUCH_MEMORY)
    for index in indexes:
        await db.execute(index["definition"])


def _parts(forge: Forge, models: Mapping[str, dict[str, Any]], entries: int) -> Iterator[Rows]:
    """Make rows until the chain has so many entries."""
    while forge.position < entries:
        rows: Rows = {table: [] for table in ("journal", *models)}
        for left in range(min(_PART, entries - forge.position), 0, -1):
            name = uuid4()
            rows["journal"].append(forge.entry(name, last=left == 1))
            text, place = forge.pattern.number(forge.count), {"position": forge.position}
            payment = {"payment_id": name, "number": text, **place}
            movement = {"item": f"payment/{name}", "voucher": text, **place}
            rows["payments"].append(tuple((models["payments"] | payment).values()))
            rows["movements"].append(tuple((models["movements"] | movement).values()))
        yield rows


async def _copy(db: asyncpg.Connection, columns: Mapping[str, Row], rows: Rows) -> None:
    for table, records in rows.items():
        await db.copy_records_to_table(table, columns=list(columns[table]), records=records)
