"""What payments shows of bank deposits."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from services.payments.domain.deposit import UnknownBankDeposit
from services.payments.tables import bank_deposits, payments
from shared import paging, reading


async def bank_deposit(engine: AsyncEngine, ledger: str, name: str) -> Row[Any]:
    """Return a bank deposit; UnknownBankDeposit if the ledger has none of that name."""
    return await reading.row(engine, bank_deposits, ledger, UnknownBankDeposit, bank_deposit=name)


async def deposited(engine: AsyncEngine, ledger: str, name: str) -> Sequence[Row[Any]]:
    """Return the payments in a bank deposit, in the order they were recorded."""
    c = payments.c
    query = select(payments).where(c.ledger == ledger, c.bank_deposit == name)
    async with engine.connect() as db:
        return (await db.execute(query.order_by(c.position))).all()


async def bank_deposit_page(
    engine: AsyncEngine,
    ledger: str,
    *,
    state: str | None,
    bank_account: str | None,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return one page of bank deposits, last opened first, and the cursor of the next."""
    c = bank_deposits.c
    query = select(bank_deposits).where(c.ledger == ledger)
    for column, value in ((c.state, state), (c.bank_account, bank_account)):
        if value is not None:
            query = query.where(column == value)
    columns = [c.opened_at, c.bank_deposit]
    return await paging.page(engine, query, columns, cursor, descending=True, limit=limit)


async def last_used(engine: AsyncEngine, ledger: str, actor: str) -> str | None:
    """Return the bank deposit in which a user put a payment last, if ever."""
    c = bank_deposits.c
    used = c.used_by.cast(JSONB).contains([{"actor": actor}])
    query = select(c.bank_deposit, c.used_by).where(c.ledger == ledger, used)
    async with engine.connect() as db:
        rows = (await db.execute(query)).all()
    uses = [
        (use["position"], row.bank_deposit)
        for row in rows
        for use in row.used_by
        if use["actor"] == actor
    ]
    return max(uses)[1] if uses else None
