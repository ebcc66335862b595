"""Closing an accounting export: read what is left, write the file, then close it as a fact.

The file is kept before the fact that names its hash; a fact that is refused leaves a file
nobody refers to, and one that is accepted always finds its bytes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.payments.domain.accounting import (
    BOOKS_CURRENCY,
    CloseExport,
    ExportIdTaken,
    Movement,
    NothingToExport,
    listed,
)
from services.payments.domain.entries import Books, lines
from services.payments.domain.payable import KnownCustomer
from services.payments.domain.settings import BankAccount, PaymentMethod, methods
from services.payments.tables import (
    TABLES,
    accounting_exports,
    export_files,
    known_customers,
    movements,
)
from shared.canonical import canonical
from shared.database import driver_of
from shared.decider import Picture, every
from shared.events.payments import JournalCount, LeftOutMovement
from shared.fec import Line, file_name, write
from shared.money import Money

_UNKNOWN_SIREN = "000000000"


@dataclass(frozen=True, slots=True)
class Period:
    """What is asked for: a name, a period, and the company's SIREN for the file's name."""

    export_id: UUID
    from_on: date
    to_on: date
    siren: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What an export will hold: its movements in recorded order, its lines, its file's digest.

    `numbers` is the last number of each accounting journal.
    """

    movements: Sequence[Movement]
    lines: Sequence[Line]
    numbers: Mapping[str, int]
    file_sha256: str

    @property
    def left_out(self) -> list[LeftOutMovement]:
        """Return what moved in another currency: nobody here knows the rate to book it at."""
        return [m.left_out() for m in self.movements if m.currency != BOOKS_CURRENCY]


async def prepare(engine: AsyncEngine, ledger: str, period: Period) -> CloseExport | None:
    """Write and keep the file of what no export holds yet; return the command that closes it.

    Returns None when this very export is closed already. Raises NothingToExport, and
    ExportIdTaken when the name was used for another period.
    """
    async with engine.begin() as tx:
        earlier = await _earlier(tx, ledger)
        known = [row for row in earlier if row.export_id == period.export_id]
        if known:
            if (known[0].from_on, known[0].to_on) != (period.from_on, period.to_on):
                raise ExportIdTaken(export_id=period.export_id, sequence=known[0].sequence)
            return None
        found = await _left(tx, ledger, period.to_on)
        if not found:
            raise NothingToExport(from_on=period.from_on, to_on=period.to_on)
        books = await _books(tx, ledger, earlier)
        booked = [movement for movement in found if movement.currency == BOOKS_CURRENCY]
        written = list(lines(booked, books, period.from_on))
        content = write(written)
        digest = hashlib.sha256(content).hexdigest()
        kept = insert(export_files).values(ledger=ledger, file_sha256=digest, content=content)
        await tx.execute(kept.on_conflict_do_nothing())
    draft = Draft(found, written, books.numbers, digest)
    return _command(period, draft, _manifest(ledger, period, earlier, draft))


def _manifest(
    ledger: str, period: Period, earlier: Sequence[Row[Any]], draft: Draft
) -> dict[str, Any]:
    """Return what the export says of itself: period, positions, counts, totals, digests."""
    left_out = listed(draft.left_out)
    return {
        "credit_total": str(Money(sum(line.credit_cents for line in draft.lines))),
        "debit_total": str(Money(sum(line.debit_cents for line in draft.lines))),
        "entry_count": len(draft.movements) - len(left_out),
        "export_id": str(period.export_id),
        "file_name": file_name(period.siren or _UNKNOWN_SIREN, period.to_on),
        "file_sha256": draft.file_sha256,
        "from_on": period.from_on.isoformat(),
        "from_position": draft.movements[0].position,
        "journals": [
            {"journal_code": code, "last_number": last}
            for code, last in sorted(draft.numbers.items())
        ],
        "ledger": ledger,
        "left_out": left_out,
        "line_count": len(draft.lines),
        "previous_manifest_sha256": earlier[-1].manifest_sha256 if earlier else None,
        "sequence": len(earlier) + 1,
        "to_on": period.to_on.isoformat(),
        "to_position": draft.movements[-1].position,
    }


def _command(period: Period, draft: Draft, manifest: Mapping[str, Any]) -> CloseExport:
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
        left_out=draft.left_out,
        **{name: manifest[name] for name in taken_over},
    )


async def _earlier(tx: AsyncConnection, ledger: str) -> Sequence[Row[Any]]:
    table = accounting_exports
    query = select(table).where(table.c.ledger == ledger).order_by(table.c.sequence)
    return (await tx.execute(query)).all()


async def _left(tx: AsyncConnection, ledger: str, to_on: date) -> list[Movement]:
    """Return the movements up to a day that no earlier export holds, in recorded order."""
    m, e = movements.c, accounting_exports.c
    exported = exists().where(
        and_(e.ledger == m.ledger, m.position <= e.to_position, m.moved_on <= e.to_on)
    )
    query = (
        select(movements)
        .where(m.ledger == ledger, m.moved_on <= to_on, ~exported)
        .order_by(m.position)
    )
    return [Movement(**row._mapping) for row in await tx.execute(query)]  # noqa: SLF001


async def _books(tx: AsyncConnection, ledger: str, earlier: Sequence[Row[Any]]) -> Books:
    picture = Picture(ledger)
    wanted = {every(PaymentMethod, ledger), every(BankAccount, ledger)}
    await TABLES.load(await driver_of(tx), {picture: wanted})
    stored = picture.where(PaymentMethod, "ledger", ledger) or methods(picture).values()
    customers = select(known_customers).where(known_customers.c.ledger == ledger)
    numbers: dict[str, int] = {}
    for export in earlier:
        numbers |= {count["journal_code"]: count["last_number"] for count in export.journals}
    return Books(
        bank_accounts={a.code: a for a in picture.where(BankAccount, "ledger", ledger)},
        methods={method.code: method for method in stored},
        customers={
            row.customer_id: KnownCustomer(**row._mapping)  # noqa: SLF001
            for row in await tx.execute(customers)
        },
        numbers=numbers,
    )
