"""What payments shows: payments, methods, bank accounts, exports."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.payments.domain.foreseeing import Confirmable, Foreseen, foresee, stands_against
from services.payments.domain.locks import needs_of_locks
from services.payments.domain.payable import DocumentVat, PayableDocument
from services.payments.domain.presentation import PRESENTATION, Presentation
from services.payments.domain.settings import BankAccount, PaymentMethod, methods
from services.payments.tables import (
    TABLES,
    accounting_exports,
    payable_documents,
    payments,
)
from services.payments.tables import setting_changes as changes
from shared import paging, reading
from shared.database import driver_of, transaction
from shared.decider import Command, Need, Picture, every, one
from shared.errors import Refusal

Sort = Literal["received_on", "number", "amount"]
_PARTS = """
WITH RECURSIVE part AS (
    SELECT file_sha256, previous_sha256, octet_length(content) AS size_bytes, 0 AS back
    FROM export_files WHERE ledger = $1 AND file_sha256 = $2
    UNION ALL
    SELECT f.file_sha256, f.previous_sha256, octet_length(f.content), part.back + 1
    FROM part JOIN export_files f ON f.ledger = $1 AND f.file_sha256 = part.previous_sha256
)
SELECT file_sha256, size_bytes FROM part ORDER BY back DESC
"""
_CONTENT = "SELECT content FROM export_files WHERE ledger = $1 AND file_sha256 = $2"
_SORT_COLUMNS: dict[Sort, ColumnElement[Any]] = {
    "received_on": payments.c.received_on,
    "number": payments.c.number,
    "amount": payments.c.amount_cents,
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an exported file, by the SHA-256 of the file up to its end."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFilter:
    """The filters of the payment list, all combined."""

    customer_id: UUID | None = None
    document_id: UUID | None = None
    state: str | None = None
    bank_account: str | None = None
    bank_deposit: str | None = None
    text: str | None = None
    received_from: date | None = None
    received_to: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the SQL of the filters that are set."""
        c = payments.c
        found: list[ColumnElement[bool]] = []
        for column, value in (
            (c.customer_id, self.customer_id),
            (c.state, self.state),
            (c.bank_account, self.bank_account),
            (c.bank_deposit, self.bank_deposit),
        ):
            if value is not None:
                found.append(column == value)
        if self.document_id is not None:
            wanted = [{"document_id": str(self.document_id)}]
            found += [c.applies_to.contains(wanted), c.applies_to != literal_column("'[]'")]
        if self.text is not None:
            found.append(
                c.number.contains(self.text, autoescape=True)
                | c.reference.contains(self.text, autoescape=True)
            )
        if self.received_from is not None:
            found.append(c.received_on >= self.received_from)
        if self.received_to is not None:
            found.append(c.received_on <= self.received_to)
        return found


async def payment(engine: AsyncEngine, ledger: str, payment_id: UUID) -> Row[Any]:
    """Return one payment; NotFound if the ledger has none of that id."""
    return await reading.row(engine, payments, ledger, payment_id=payment_id)


async def foreseen(
    engine: AsyncEngine, ledger: str, command: Confirmable
) -> tuple[Foreseen, Picture]:
    """Decide a command on the rows as they stand, and record nothing.

    Returns what would become of it and the rows it was decided on, with its documents' VAT.
    """

    def needs(seen: Picture) -> Iterable[Need]:
        for need in command.needs(seen):
            yield need
            if need.row is PayableDocument:
                yield one(DocumentVat, need.value)

    async with transaction(engine) as db:
        picture = await TABLES.pictured(db, ledger, needs)
    return foresee(picture, command), picture


async def standing_against(
    engine: AsyncEngine, ledger: str, commands: Sequence[Command]
) -> list[Refusal | None]:
    """Return the refusal that each command would meet now, or none; nothing is recorded."""
    async with transaction(engine) as db:
        picture = await TABLES.pictured(
            db, ledger, lambda seen: [need for command in commands for need in command.needs(seen)]
        )
    return stands_against(picture, commands)


async def with_locks(engine: AsyncEngine, ledger: str, payment_id: UUID) -> Picture:
    """Return a picture of a payment and of what locks it."""
    async with transaction(engine) as db:
        return await TABLES.pictured(db, ledger, lambda seen: needs_of_locks(seen, payment_id))


async def looked_up(engine: AsyncEngine, ledger: str, needs: Iterable[Need]) -> Picture:
    """Return a picture of the rows that are named."""
    async with transaction(engine) as db:
        return await TABLES.pictured(db, ledger, lambda _: needs)


async def payable_document(engine: AsyncEngine, ledger: str, document_id: UUID) -> PayableDocument:
    """Return what is payable on a document; NotFound if payments does not know it."""
    row = await reading.row(engine, payable_documents, ledger, document_id=document_id)
    return PayableDocument(*tuple(row))


async def receipts(engine: AsyncEngine, ledger: str, document_id: UUID) -> Sequence[Row[Any]]:
    """Return every payment that was meant for a document, oldest first, whatever its state."""
    wanted = PaymentFilter(document_id=document_id).conditions()
    query = select(payments).where(payments.c.ledger == ledger, *wanted)
    async with engine.connect() as db:
        return (await db.execute(query.order_by(payments.c.position))).all()


async def payment_page(  # noqa: PLR0913 - a page's parts, by name
    engine: AsyncEngine,
    ledger: str,
    wanted: PaymentFilter,
    *,
    sort: Sort,
    descending: bool,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of payments and the cursor of the next."""
    column = _SORT_COLUMNS[sort]
    if sort == "number" and wanted.received_from and wanted.received_to:
        column = paging.found_first(column)
    query = select(payments).where(payments.c.ledger == ledger, *wanted.conditions())
    return await paging.page(
        engine,
        query,
        [column, payments.c.payment_id],
        cursor,
        descending=descending,
        limit=limit,
        names=[_SORT_COLUMNS[sort].name, "payment_id"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How many payments there are in a currency, how much, and how much of it is not due yet."""

    currency: str
    payment_count: int
    cents: int
    post_dated_cents: int


async def totals(
    engine: AsyncEngine, ledger: str, wanted: PaymentFilter, on: date, only: Iterable[UUID] | None
) -> list[Total]:
    """Add up payments per currency, or only those named; what was taken back counts for nothing.

    A cheque that bears a later date than `on` is not cash yet.
    """
    c = payments.c
    query = select(
        c.currency,
        func.count(),
        func.sum(c.amount_cents),
        func.coalesce(func.sum(c.amount_cents).filter(c.received_on > on), 0),
    ).where(c.ledger == ledger, c.state == "recorded", *wanted.conditions())
    if only is not None:
        query = query.where(c.payment_id.in_(only))
    async with engine.connect() as db:
        rows = await db.execute(query.group_by(c.currency).order_by(c.currency))
        return [
            Total(currency=currency, payment_count=n, cents=int(cents), post_dated_cents=int(later))
            for currency, n, cents, later in rows
        ]


async def settings(engine: AsyncEngine, ledger: str) -> Picture:
    """Return a picture with the ledger's methods and bank accounts."""
    return await looked_up(
        engine, ledger, {every(PaymentMethod, ledger), every(BankAccount, ledger)}
    )


async def setting_changes(engine: AsyncEngine, ledger: str, subject: str) -> Sequence[Row[Any]]:
    """Return all that was ever said of a setting, latest first."""
    c = changes.c
    query = select(changes).where(c.ledger == ledger, c.subject == subject)
    async with engine.connect() as db:
        return (await db.execute(query.order_by(c.position.desc()))).all()


async def payment_methods(engine: AsyncEngine, ledger: str) -> list[PaymentMethod]:
    """Return the ledger's methods: all configured ones, or the built-in ones."""
    picture = await settings(engine, ledger)
    stored = picture.where(PaymentMethod, "ledger", ledger)
    return stored or list(methods(picture).values())


async def our_bank_accounts(engine: AsyncEngine, ledger: str) -> list[BankAccount]:
    """Return the ledger's bank accounts, active or not."""
    return (await settings(engine, ledger)).where(BankAccount, "ledger", ledger)


async def labels(engine: AsyncEngine, ledger: str, row: Any) -> tuple[str, str]:
    """Return what people call the method and the bank account of a payment or a bank deposit."""
    methods_by_code = {m.code: m.label for m in await payment_methods(engine, ledger)}
    accounts_by_code = {a.code: a.label for a in await our_bank_accounts(engine, ledger)}
    return (
        methods_by_code.get(row.method, row.method),
        accounts_by_code.get(row.bank_account, row.bank_account),
    )


async def presentation(engine: AsyncEngine, ledger: str) -> Presentation:
    """Return who issues the ledger's papers, and its help links; the ledger's name, if nobody."""
    picture = await looked_up(engine, ledger, {one(Presentation, PRESENTATION)})
    found = picture.find(Presentation, PRESENTATION)
    return found or Presentation(ledger=ledger, name=PRESENTATION, issuer=(ledger,), help_links=())


async def exports(engine: AsyncEngine, ledger: str) -> Sequence[Row[Any]]:
    """Return every export of the ledger, first to last."""
    table = accounting_exports
    query = select(table).where(table.c.ledger == ledger).order_by(table.c.sequence)
    async with engine.connect() as db:
        return (await db.execute(query)).all()


async def export(engine: AsyncEngine, ledger: str, export_id: UUID) -> Row[Any]:
    """Return one export; NotFound if the ledger has none of that id."""
    return await reading.row(engine, accounting_exports, ledger, export_id=export_id)


async def export_parts(engine: AsyncEngine, ledger: str, file_sha256: str) -> list[Part]:
    """Return the parts of the file that an export handed over, first to last."""
    async with engine.connect() as db:
        found = await (await driver_of(db)).fetch(_PARTS, ledger, file_sha256)
    return [Part(sha256, size_bytes) for sha256, size_bytes in found]


async def export_content(
    engine: AsyncEngine, ledger: str, parts: Iterable[Part]
) -> AsyncIterator[bytes]:
    """Yield the bytes of parts; no connection is held while somebody takes them."""
    for part in parts:
        async with engine.connect() as db:
            content: bytes = await (await driver_of(db)).fetchval(_CONTENT, ledger, part.sha256)
        yield content
