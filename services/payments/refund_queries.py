"""What payments shows of refunds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.payments.domain.refund_locks import needs_of_refund_locks
from services.payments.domain.refundable import RefundClaim
from services.payments.tables import TABLES, refunds
from shared import paging
from shared.database import transaction
from shared.decider import Need, Picture, those


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFilter:
    """The filters of the list of refunds, all combined."""

    customer_id: UUID | None = None
    state: str | None = None
    bank_account: str | None = None
    refunded_from: date | None = None
    refunded_to: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the SQL of the filters that are set."""
        c = refunds.c
        found: list[ColumnElement[bool]] = []
        for column, value in (
            (c.customer_id, self.customer_id),
            (c.state, self.state),
            (c.bank_account, self.bank_account),
        ):
            if value is not None:
                found.append(column == value)
        if self.refunded_from is not None:
            found.append(c.refunded_on >= self.refunded_from)
        if self.refunded_to is not None:
            found.append(c.refunded_on <= self.refunded_to)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTotal:
    """How many refunds there are in a currency, and how much they gave back."""

    currency: str
    refund_count: int
    cents: int


async def with_refund_locks(engine: AsyncEngine, ledger: str, refund_id: UUID) -> Picture:
    """Return a picture of a refund, of what it gives back, and of what locks it."""

    def needs(seen: Picture) -> Iterable[Need]:
        yield from needs_of_refund_locks(seen, refund_id)
        yield those(RefundClaim, "refund_id", refund_id)

    async with transaction(engine) as db:
        return await TABLES.pictured(db, ledger, needs)


async def refund_page(
    engine: AsyncEngine, ledger: str, wanted: RefundFilter, *, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of refunds, latest first, and the cursor of the next."""
    query = select(refunds).where(refunds.c.ledger == ledger, *wanted.conditions())
    columns = [refunds.c.refunded_on, refunds.c.refund_id]
    return await paging.page(engine, query, columns, cursor, descending=True, limit=limit)


async def refund_totals(
    engine: AsyncEngine, ledger: str, wanted: RefundFilter
) -> list[RefundTotal]:
    """Add up refunds per currency; what was reversed counts for nothing."""
    c = refunds.c
    query = select(c.currency, func.count(), func.sum(c.amount_cents)).where(
        c.ledger == ledger, c.state == "recorded", *wanted.conditions()
    )
    async with engine.connect() as db:
        rows = await db.execute(query.group_by(c.currency).order_by(c.currency))
        return [
            RefundTotal(currency=currency, refund_count=count, cents=int(cents))
            for currency, count, cents in rows
        ]
