"""The list of transfers over HTTP: which customer of a group paid what for which other."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from services.reconciliation import queries
from services.reconciliation.api import READ
from shared.auth import Ledger
from shared.dates import IsoDate
from shared.money import decimal_text
from shared.paging import Cursor, Limit, Page
from shared.problems import problems
from shared.web import JournalOf, Out

router = APIRouter(prefix="/v1/ledgers/{ledger}/transfers", tags=["accounts"], responses=problems())


class TransferOut(Out):
    """A transfer: the columns of the list, in their order, then what they are shown with.

    `credit_number` is the number of what paid, `debit_number` that of what was owed. One that
    `takes_back` another goes the other way.
    """

    transferred_on: date
    from_customer_code: str
    from_customer_name: str
    credit_number: str
    to_customer_code: str
    to_customer_name: str
    debit_number: str
    amount: str
    currency: str
    reason: str | None
    taken_back_on: date | None
    takes_back: UUID | None
    transfer_id: UUID
    allocation_id: UUID
    from_customer_id: UUID
    credit_item: str
    to_customer_id: UUID
    debit_item: str
    position: int


def _out(row: Any) -> TransferOut:
    own = {name: getattr(row, name) for name in TransferOut.model_fields if name != "amount"}
    return TransferOut(amount=decimal_text(row.amount_cents, row.currency), **own)


@router.get("", summary="List transfers between customers of a group", dependencies=READ)
async def list_transfers(  # noqa: PLR0913 - one parameter per filter
    ledger: Ledger,
    journal: JournalOf,
    *,
    customer_id: UUID | None = None,
    transferred_from: IsoDate | None = None,
    transferred_to: IsoDate | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TransferOut]:
    """List what one customer paid for another, latest first, either side being `customer_id`.

    What was taken back stays, with the day; what took it back is a row of its own.
    """
    rows, following = await queries.transfer_page(
        journal.engine,
        ledger,
        customer_id=customer_id,
        since=transferred_from,
        until=transferred_to,
        limit=limit,
        cursor=cursor,
    )
    return Page(items=[_out(row) for row in rows], next_cursor=following)
