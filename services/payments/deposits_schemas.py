"""What the API of bank deposits takes and gives."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.payments.domain.confirming import Confirmation
from shared.dates import IsoDate
from shared.fields import Code, Currency, LongText
from shared.money import decimal_text
from shared.web import Body, Out

DepositAction = Literal["closing", "reopening", "reopening-request"]


class DepositIn(Body):
    """A bank deposit to open; its method, bank account and currency are fixed by it."""

    method: Code | None = None
    bank_account: Code | None = None
    currency: Currency = "EUR"


class DepositOfPaymentIn(Body):
    """The bank deposit that a payment is to be in; none takes it out."""

    bank_deposit: Code | None
    confirm: tuple[Confirmation, ...] = Field(
        default=(), max_length=10, description="What a problem asked to be confirmed"
    )


class ClosingIn(Body):
    """The day a bank deposit goes to the bank."""

    on: IsoDate | None = Field(default=None, description="Default: today")


class ReopeningIn(Body):
    """Why a closed bank deposit should take payments again."""

    reason: LongText


class DepositOut(Out):
    """A bank deposit: its sum and count, and what this user may do with it.

    `export_id` is the accounting export that closed it; it is never reopened then.
    """

    bank_deposit: str
    method: str
    bank_account: str
    currency: str
    state: Literal["open", "closed"]
    payment_count: int
    total: str
    opened_at: datetime
    closed_on: date | None
    export_id: UUID | None
    reopening_reason: str | None
    actions: list[DepositAction]


def deposit_out(row: Any, *, may_reopen: bool) -> DepositOut:
    """Show a deposit's row; who may not reopen it may ask for it (S2-49, S2-50)."""
    actions: list[DepositAction] = ["closing"]
    if row.state == "closed":
        actions = ["reopening"] if may_reopen else ["reopening-request"]
    if row.export_id:
        actions = []
    names = set(DepositOut.model_fields) - {"total", "actions"}
    return DepositOut(
        total=decimal_text(row.total_cents, row.currency),
        actions=actions,
        **{name: getattr(row, name) for name in names},
    )
