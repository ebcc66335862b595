"""Refunds (remboursements): money that goes back to a customer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.payments.domain.amounts import AmountNotPositive
from services.payments.domain.numbers import next_number, number_needs
from services.payments.domain.payable import KnownCustomer
from services.payments.domain.payment import UnknownCustomer
from services.payments.domain.settings import (
    choose_bank_account,
    choose_method,
    needs_of_settings,
)
from shared.decider import Need, Picture, Row, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.payments import RefundRecorded
from shared.money import Money


class Refund(Row, frozen=True):
    """A refund as recorded; `amount_cents` is positive."""

    key = "refund_id"

    refund_id: UUID
    number: str
    customer_id: UUID
    amount_cents: int
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
    request_sha256: str
    position: int


class RefundIdTaken(Refusal):
    """This identifier already names a different refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRefund:
    """Record money given back; `refunds` may name the payment or credit note it gives back."""

    refund_id: UUID
    customer_id: UUID
    amount: Money
    method: str | None
    bank_account: str | None
    refunded_on: date | None
    payee_name: str | None
    reference: str | None
    note: str | None
    refunds_kind: Literal["payment", "document"] | None
    refunds_id: UUID | None
    request_sha256: str
    today: date

    @property
    def on(self) -> date:
        """Return the civil date of the refund: today unless given."""
        return self.refunded_on or self.today

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the refund, the customer, the settings, then the counter."""
        yield from (one(Refund, self.refund_id), one(KnownCustomer, self.customer_id))
        yield from needs_of_settings(picture.ledger)
        yield from number_needs(picture, "refund", self.on)

    def decide(self, picture: Picture) -> list[Event]:
        """Record once; the same request again changes nothing."""
        known = picture.find(Refund, self.refund_id)
        if known:
            if known.request_sha256 != self.request_sha256:
                raise RefundIdTaken(refund_id=self.refund_id, number=known.number)
            return []
        if self.amount.cents <= 0:
            raise AmountNotPositive(amount=self.amount)
        customer = picture.find(KnownCustomer, self.customer_id)
        if customer is None:
            raise UnknownCustomer(customer_id=self.customer_id)
        number = next_number(picture, "refund", self.on)
        return [
            RefundRecorded(
                refund_id=self.refund_id,
                number=number.text,
                numbering_period=number.period,
                numbering_count=number.count,
                customer_id=self.customer_id,
                amount=-self.amount,
                method=choose_method(picture, self.method).code,
                bank_account=choose_bank_account(picture, self.bank_account).code,
                refunded_on=self.on,
                payee_name=self.payee_name or customer.name,
                reference=self.reference,
                note=self.note,
                refunds_kind=self.refunds_kind,
                refunds_id=self.refunds_id,
                request_sha256=self.request_sha256,
            )
        ]
