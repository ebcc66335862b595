"""What sources of digital payments tell payments, in the webhook's body."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.payments.domain.applied import Applied
from services.payments.domain.confirming import KEEP_AS_CREDIT
from services.payments.domain.recording import RecordPayment
from services.payments.domain.source import RecordDigital, RefundDigital, payment_of
from services.payments.domain.taking_back import ReturnPayment
from services.payments.schemas import AppliesTo
from shared.dates import IsoDate
from shared.decider import Command
from shared.fields import AmountText, Code, Currency, LongText, ShortText
from shared.ids import derived_id
from shared.money import Money
from shared.requests import fingerprint
from shared.web import Body, Out


class _Said(Body):
    """What every event names: the source's own name of the payment, an amount, a day."""

    payment: ShortText
    amount: AmountText
    currency: Currency = "EUR"
    on: IsoDate

    @model_validator(mode="after")
    def _amounts_fit_currency(self) -> Self:
        Money.parse(self.amount, self.currency)
        return self

    @property
    def money(self) -> Money:
        """Return the amount."""
        return Money.parse(self.amount, self.currency)


class PaymentSucceeded(_Said):
    """The customer paid; as far as it is not due on the documents named, it is their credit."""

    type: Literal["payment.succeeded"]
    method: Code
    bank_account: Code | None = None
    customer_id: UUID | None = None
    payer_name: ShortText | None = None
    applies_to: tuple[AppliesTo, ...] = Field(default=(), max_length=500)

    def command(self, ledger: str, source: str, today: date) -> Command:
        """Return the command it comes to."""
        payment = RecordPayment(
            payment_id=payment_of(ledger, source, self.payment),
            customer_id=self.customer_id,
            amount=self.money,
            currency=self.currency,
            method=self.method,
            bank_account=self.bank_account,
            received_on=self.on,
            payer_name=self.payer_name,
            reference=self.payment,
            customer_bank=None,
            note=None,
            applies_to=[
                Applied(a.document_id, Money.parse(a.amount, self.currency) if a.amount else None)
                for a in self.applies_to
            ],
            replaces=None,
            request_sha256=fingerprint(self),
            today=today,
            confirm=[KEEP_AS_CREDIT],
        )
        return RecordDigital(payment=payment)


class PaymentRefunded(_Said):
    """The source gave a payment back, or a part of it."""

    type: Literal["payment.refunded"]
    refund: ShortText = Field(description="The source's own name of the refund")
    reason: LongText | None = None

    def command(self, ledger: str, source: str, today: date) -> Command:
        """Return the command it comes to."""
        return RefundDigital(
            source=source,
            refund_id=derived_id(ledger, "digital-refund", source, self.refund),
            payment_id=payment_of(ledger, source, self.payment),
            amount=self.money,
            refunded_on=self.on,
            reason=self.reason,
            request_sha256=fingerprint(self),
            today=today,
        )


class PaymentDisputed(_Said):
    """The customer's bank took the payment back (chargeback): what it paid is owed again."""

    type: Literal["payment.disputed"]
    reason: LongText
    code: Code | None = None
    fee: AmountText | None = Field(default=None, description="What the source charged for it")

    @model_validator(mode="after")
    def _fee_fits_currency(self) -> Self:
        if self.fee is not None:
            Money.parse(self.fee, self.currency)
        return self

    def command(self, ledger: str, source: str, today: date) -> Command:
        """Return the command it comes to."""
        return ReturnPayment(
            payment_id=payment_of(ledger, source, self.payment),
            reason=self.reason,
            returned_on=self.on,
            today=today,
            reason_code=self.code,
            fee=Money.parse(self.fee, self.currency) if self.fee else None,
            fee_account="627",
            source=source,
        )


SourceEventIn = Annotated[
    PaymentSucceeded | PaymentRefunded | PaymentDisputed, Field(discriminator="type")
]


class SourceEventOut(Out):
    """What came of an event: taken in now, or ignored since it was taken in before."""

    outcome: Literal["accepted", "duplicate_ignored"]
    source: str
    event_id: str
    payment_id: UUID
    first_position: int
    duplicates: int
