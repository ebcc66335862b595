"""Closing an accounting export: read what is left, write the file, then close it as a fact.

The file is kept before the fact that names its hash; a fact that is refused leaves a file
nobody refers to, and one that is accepted always finds its bytes. Neither movements nor file
are ever in memory as a whole, and between two pages this process does other work.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg.cursor import Cursor
from sqlalchemy.ext.asyncio import AsyncEngine

from services.payments.domain.accounting import (
    BOOKS_CURRENCY,
    CloseExport,
    Export,
    ExportIdTaken,
    NothingToExport,
    listed,
    outermost,
)
from services.payments.domain.entries import Entries, Moved
from services.payments.domain.settings import BankAccount, PaymentMethod, methods
from services.payments.tables import TABLES
from shared.canonical import canonical
from shared.database import Driver, transaction
from shared.decider import every
from shared.events.payments import JournalCount
from shared.fec import OFFICIAL, Dialect, file_name
from shared.money import Money

_PAGE_MOVEMENTS = 500  # a few milliseconds' work
_PART_LINES = 4_000  # some hundred kilobytes
_UNKNOWN_SIREN = "000000000"
_DIALECT = Dialect()
_SOURCES = {
    "matching_code": "coalesce(m.matching_code, matched.matching_code)",
    "matched_on": "coalesce(m.matched_on, matched.matched_on)",
    "account": "customer.account",
    "auxiliary_account": "customer.auxiliary_account",
    "name": "customer.name",
    "role": "customer.role",
    "payer_account": "payer.account",
    "payer_auxiliary": "payer.auxiliary_account",
    "payer_name": "payer.name",
    "payer_code": "payer_matched.matching_code",
    "payer_matched_on": "payer_matched.matched_on",
}
# The ledger is planned as any is, for the reason that `shared.paging.planned_as_any` gives.
_LEFT = f"""
SELECT {", ".join(_SOURCES.get(name, f"m.{name}") for name in Moved._fields)}
FROM movements m
LEFT JOIN known_customers customer
    ON customer.ledger = m.ledger AND customer.customer_id = m.customer_id
LEFT JOIN known_customers payer
    ON payer.ledger = m.ledger AND payer.customer_id = m.payer_id
LEFT JOIN matched_items matched
    ON matched.ledger = m.ledger AND matched.item = m.item
LEFT JOIN matched_items payer_matched
    ON payer_matched.ledger = m.ledger AND payer_matched.item = m.payer_item
WHERE m.ledger = (SELECT $1::text) AND moved_on <= $2 AND NOT EXISTS (
    SELECT FROM unnest($3::bigint[], $4::date[]) AS exported (to_position, to_on)
    WHERE m.position <= exported.to_position AND m.moved_on <= exported.to_on
)
ORDER BY position
"""  # noqa: S608 - names are ours
_KEEP = """
INSERT INTO export_files (ledger, file_sha256, content, previous_sha256) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Period:
    """What is asked for: a name, a period, and the company's SIREN for the file's name."""

    export_id: UUID
    from_on: date
    to_on: date
    siren: str | None


class _File:
    """An exported file while it is written: each part is kept under the digest of all so far."""

    def __init__(self, tx: Driver, ledger: str) -> None:
        self._tx = tx
        self._ledger = ledger
        self._digest = hashlib.sha256()
        self._rows = [_DIALECT.row(OFFICIAL)]
        self.sha256: str | None = None

    async def add(self, rows: Sequence[str]) -> None:
        """Take more rows, and keep them once they make a part."""
        self._rows += rows
        if len(self._rows) >= _PART_LINES:
            await self._keep()

    async def end(self) -> None:
        """Keep what remains; only then has the file its digest."""
        if self._rows:
            await self._keep()

    async def _keep(self) -> None:
        """Keep a part; one that an earlier attempt has kept is there already."""
        content, self._rows = _DIALECT.encoded(self._rows), []
        self._digest.update(content)
        previous, self.sha256 = self.sha256, self._digest.hexdigest()
        await self._tx.execute(_KEEP, self._ledger, self.sha256, content, previous)


async def prepare(engine: AsyncEngine, ledger: str, period: Period) -> CloseExport | None:
    """Write and keep the file of what no export holds yet; return the command that closes it.

    Returns None when this very export is closed already. Raises NothingToExport, and
    ExportIdTaken when the name was used for another period.
    """
    async with transaction(engine) as tx:
        earlier = await _earlier(tx, ledger)
        for export in earlier:
            if export.export_id == period.export_id:
                if (export.from_on, export.to_on) != (period.from_on, period.to_on):
                    raise ExportIdTaken(export_id=export.export_id, sequence=export.sequence)
                return None
        left = await _left(tx, ledger, period.to_on, earlier)
        entries = await _entries(tx, ledger, period.from_on, earlier)
        file = _File(tx, ledger)
        while page := await left.fetch(_PAGE_MOVEMENTS):
            await file.add(entries.rows(list(map(Moved._make, page))))
        if not entries.to_position:
            raise NothingToExport(from_on=period.from_on, to_on=period.to_on)
        await file.end()
    return _command(period, entries, _manifest(ledger, period, earlier, entries, file))


def _manifest(
    ledger: str, period: Period, earlier: Sequence[Export], entries: Entries, file: _File
) -> dict[str, Any]:
    """Return what the export says of itself: period, positions, counts, totals, digests."""
    moved = str(Money(entries.moved_cents))
    return {
        "credit_total": moved,
        "debit_total": moved,
        "entry_count": entries.count,
        "export_id": str(period.export_id),
        "file_name": file_name(period.siren or _UNKNOWN_SIREN, period.to_on),
        "file_sha256": file.sha256,
        "from_on": period.from_on.isoformat(),
        "from_position": entries.from_position,
        "journals": [
            {"journal_code": code, "last_number": last}
            for code, last in sorted(entries.numbers.items())
        ],
        "ledger": ledger,
        "left_out": listed(entries.left_out),
        "line_count": entries.line_count,
        "previous_manifest_sha256": earlier[-1].manifest_sha256 if earlier else None,
        "sequence": len(earlier) + 1,
        "to_on": period.to_on.isoformat(),
        "to_position": entries.to_position,
    }


def _command(period: Period, entries: Entries, manifest: Mapping[str, Any]) -> CloseExport:
    taken_over = (
        "sequence",
        "from_position",
        "to_position",
        "entry_count",
        "line_count",
        "file_name",
        "file_sha256",
        "previous_manifest_sha256",
    )
    return CloseExport(
        export_id=period.export_id,
        from_on=period.from_on,
        to_on=period.to_on,
        debit=Money.parse(manifest["debit_total"], BOOKS_CURRENCY),
        credit=Money.parse(manifest["credit_total"], BOOKS_CURRENCY),
        journals=[JournalCount(**count) for count in manifest["journals"]],
        manifest_sha256=hashlib.sha256(canonical(dict(manifest))).hexdigest(),
        left_out=entries.left_out,
        **{name: manifest[name] for name in taken_over},
    )


async def _earlier(tx: Driver, ledger: str) -> list[Export]:
    picture = await TABLES.pictured(tx, ledger, lambda _: [every(Export, ledger)])
    exports = picture.where(Export, "ledger", ledger)
    return sorted(exports, key=lambda export: export.sequence)


async def _left(tx: Driver, ledger: str, to_on: date, earlier: Sequence[Export]) -> Cursor:
    """Find the movements up to a day that no earlier export holds, in recorded order.

    They stay those of now, whatever is recorded while they are read.
    """
    exported = outermost(earlier)
    positions, days = [e.to_position for e in exported], [e.to_on for e in exported]
    return await tx.cursor(_LEFT, ledger, to_on, positions, days)


async def _entries(tx: Driver, ledger: str, opens_on: date, earlier: Sequence[Export]) -> Entries:
    """Return what writes the entries; looked up after the movements, it knows their accounts."""
    wanted = (every(PaymentMethod, ledger), every(BankAccount, ledger))
    picture = await TABLES.pictured(tx, ledger, lambda _: wanted)
    numbers: dict[str, int] = {}
    for export in earlier:
        numbers |= {str(c["journal_code"]): int(c["last_number"]) for c in export.journals}
    return Entries(
        opens_on,
        picture.where(BankAccount, "ledger", ledger),
        picture.where(PaymentMethod, "ledger", ledger) or methods(picture).values(),
        numbers,
    )
