"""What the API of refunds takes and gives."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.payments.domain.refund import RecordRefund, Refund
from shared.dates import IsoDate
from shared.fields import AmountText, Code, Currency, LongText, ShortText
from shared.money import Money, decimal_text
from shared.requests import fingerprint
from shared.web import Body, Out


class RefundIn(Body):
    """Money given back to a customer."""

    customer_id: UUID
    amount: AmountText
    currency: Currency = "EUR"
    method: Code | None = None
    bank_account: Code | None = None
    refunded_on: IsoDate | None = Field(default=None, description="Default: today")
    payee_name: ShortText | None = None
    reference: ShortText | None = None
    note: LongText | None = None
    refunds_kind: Literal["payment", "document"] | None = None
    refunds_id: UUID | None = None

    @model_validator(mode="after")
    def _checked(self) -> Self:
        Money.parse(self.amount, self.currency)
        if (self.refunds_kind is None) != (self.refunds_id is None):
            raise ValueError("refunds_kind and refunds_id go together")
        return self

    def command(self, refund_id: UUID, today: date) -> RecordRefund:
        """Return the command it asks for."""
        return RecordRefund(
            refund_id=refund_id,
            amount=Money.parse(self.amount, self.currency),
            request_sha256=fingerprint(self),
            today=today,
            **self.model_dump(exclude={"amount", "currency"}),
        )


class RefundOut(Out):
    """A refund as recorded."""

    refund_id: UUID
    number: str
    customer_id: UUID
    amount: str
    currency: str
    method: str
    bank_account: str
    refunded_on: date
    payee_name: str
    reference: str | None
    note: str | None
    refunds_kind: str | None
    refunds_id: UUID | None
    recorded_at: datetime
    position: int


def refund_out(row: Refund) -> RefundOut:
    """Show a refund's row."""
    names = set(RefundOut.model_fields) - {"amount"}
    values = {name: getattr(row, name) for name in names}
    return RefundOut(amount=decimal_text(row.amount_cents, row.currency), **values)
