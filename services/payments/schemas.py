"""What payments' API takes and gives."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

import orjson
from msgspec.structs import replace
from pydantic import Field, model_validator

from services.payments.applied_schemas import AppliedOut, applied_fields
from services.payments.domain.applied import Applied
from services.payments.domain.closing import Closing
from services.payments.domain.confirming import KEEP_AS_CREDIT, Confirmation
from services.payments.domain.payment import Payment, PaymentKind, kind_of
from services.payments.domain.recording import RecordPayment
from services.payments.domain.taking_back import Action, CorrectPayment, ReturnPayment, actions
from shared.dates import IsoDate
from shared.decider import Picture
from shared.fields import AmountText, Code, Currency, LongText, ShortText
from shared.money import Money, decimal_text
from shared.requests import fingerprint
from shared.web import Body, Out


class AppliesTo(Body):
    """A document that this payment pays; without an amount, as much as fits."""

    document_id: UUID
    amount: AmountText | None = None
    closes: bool = Field(
        default=False, description="What is left of the document then will not be paid (soldé)"
    )
    discount: AmountText | None = Field(
        default=None, description="Given up beside the amount, since it is paid early (escompte)"
    )

    def applied(self, currency: str) -> Applied:
        """Return it with its amounts in the payment's currency."""
        amount, discount = (
            Money.parse(text, currency) if text else None for text in (self.amount, self.discount)
        )
        return Applied(self.document_id, amount, self.closes, discount)


class PaymentIn(Body):
    """Money received; what is left out gets its default.

    That is today, the default method and bank account, the customer's name as payer, and the
    rest due on the documents as amount.
    """

    customer_id: UUID | None = Field(default=None, description="Default: the documents' customer")
    amount: AmountText | None = Field(default=None, description="Default: what is left to pay")
    currency: Currency = "EUR"
    method: Code | None = None
    bank_account: Code | None = None
    received_on: IsoDate | None = Field(default=None, description="Default: today; never empty")
    payer_name: ShortText | None = Field(default=None, description="Default: the customer's name")
    reference: ShortText | None = Field(
        default=None, description="Number of the cheque, transfer or debit"
    )
    customer_bank: ShortText | None = None
    note: LongText | None = None
    applies_to: tuple[AppliesTo, ...] = Field(default=(), max_length=500)
    bank_deposit: Code | None = Field(
        default=None, description="The bank deposit it is put in; on none without"
    )
    confirm: tuple[Confirmation, ...] = Field(
        default=(), max_length=10, description="What a problem asked to be confirmed"
    )
    keep_as_credit: bool = Field(
        default=False,
        description="The confirmation `keep-as-credit`, as it was given before there were others",
        json_schema_extra={"deprecated": True},
    )
    replaces: UUID | None = Field(default=None, description="The reversed payment it corrects")

    @model_validator(mode="after")
    def _amounts_fit_currency(self) -> Self:
        parts = (text for part in self.applies_to for text in (part.amount, part.discount))
        for text in (self.amount, *parts):
            if text is not None:
                Money.parse(text, self.currency)
        if self.received_on is None and "received_on" in self.model_fields_set:
            raise ValueError("received_on is a day, or left out for today")
        ids = [applied.document_id for applied in self.applies_to]
        if len(ids) != len(set(ids)):
            raise ValueError("a document is named once in applies_to")
        return self

    def command(self, payment_id: UUID, today: date) -> RecordPayment:
        """Return the command it asks for."""
        return RecordPayment(
            payment_id=payment_id,
            customer_id=self.customer_id,
            amount=Money.parse(self.amount, self.currency) if self.amount else None,
            currency=self.currency,
            method=self.method,
            bank_account=self.bank_account,
            received_on=self.received_on,
            payer_name=self.payer_name,
            reference=self.reference,
            customer_bank=self.customer_bank,
            note=self.note,
            applies_to=[part.applied(self.currency) for part in self.applies_to],
            bank_deposit=self.bank_deposit,
            confirm=(*self.confirm, KEEP_AS_CREDIT) if self.keep_as_credit else self.confirm,
            replaces=self.replaces,
            request_sha256=fingerprint(self),
            today=today,
        )


class PaymentOut(Out):
    """A payment: as recorded, and what became of it.

    `kind` is what it was recorded as: of invoices, a prepayment (acompte), or for no document.
    `held` is kept for documents that are not owed yet, `available` is the customer's credit.
    """

    payment_id: UUID
    number: str
    customer_id: UUID
    amount: str
    currency: str
    method: str
    bank_account: str
    received_on: date
    payer_name: str
    reference: str | None
    customer_bank: str | None
    note: str | None
    applies_to: list[AppliedOut]
    replaces: UUID | None
    state: Literal["recorded", "reversed", "returned"]
    taken_back_on: date | None
    taken_back_reason: str | None
    return_code: str | None
    bank_deposit: str | None
    kind: PaymentKind
    held: str
    available: str
    bank_reconciled: bool
    actions: list[Action]
    recorded_at: datetime
    position: int


def payment_out(row: Any) -> PaymentOut:
    """Show a payment's row."""
    return PaymentOut(**_payment_fields(row))


def payment_json(row: Any) -> bytes:
    """Return the JSON of `payment_out`."""
    return orjson.dumps(_payment_fields(row), default=str, option=orjson.OPT_UTC_Z)


def _payment_fields(row: Any) -> dict[str, Any]:
    """Return what is shown of a payment; what is taken back is no longer available."""
    taken_back = row.state != "recorded"
    available = 0 if taken_back else row.amount_cents - row.allocated_cents - row.held_cents
    return dict(  # noqa: C408 - the names are those of PaymentOut
        payment_id=row.payment_id,
        number=row.number,
        customer_id=row.customer_id,
        amount=decimal_text(row.amount_cents, row.currency),
        currency=row.currency,
        method=row.method,
        bank_account=row.bank_account,
        received_on=row.received_on,
        payer_name=row.payer_name,
        reference=row.reference,
        customer_bank=row.customer_bank,
        note=row.note,
        applies_to=applied_fields(row),
        replaces=row.replaces,
        state=row.state,
        taken_back_on=row.taken_back_on,
        taken_back_reason=row.taken_back_reason,
        return_code=row.return_code,
        bank_deposit=row.bank_deposit,
        kind=kind_of(row.applies_to),
        held=decimal_text(row.held_cents, row.currency),
        available=decimal_text(available, row.currency),
        bank_reconciled=row.bank_reconciled,
        actions=actions(row),
        recorded_at=row.recorded_at,
        position=row.position,
    )


class TakeBackIn(Body):
    """Why a payment is taken back, and when (default today)."""

    reason: LongText
    on: IsoDate | None = None


class ReturnIn(TakeBackIn):
    """Why the bank took a payment back, in its own code too, and what it took for that."""

    code: Code | None = Field(default=None, description="The bank's reason code", examples=["AM04"])
    fee: AmountText | None = Field(default=None, description="What the bank charged for it")
    fee_account: str = Field(
        default="627",
        pattern=r"^6\d{2}[0-9A-Za-z]{0,12}$",
        description="Account of the chart that bears the fee",
    )
    currency: Currency = "EUR"

    @model_validator(mode="after")
    def _fee_fits_currency(self) -> Self:
        if self.fee is not None:
            Money.parse(self.fee, self.currency)
        return self

    def command(self, payment_id: UUID, today: date) -> ReturnPayment:
        """Return the command it asks for."""
        return ReturnPayment(
            payment_id=payment_id,
            reason=self.reason,
            returned_on=self.on,
            today=today,
            reason_code=self.code,
            fee=Money.parse(self.fee, self.currency) if self.fee else None,
            fee_account=self.fee_account,
        )


class ClosedDocumentOut(Out):
    """A document that was closed short, and what of it will not be paid."""

    document_id: UUID
    number: str
    difference: str
    currency: str
    closed_on: date
    reopened_on: date | None


class ClosedOut(Out):
    """Documents closed without a payment: none was recorded."""

    payment_id: UUID
    amount: Literal["0"] = "0"
    closed: list[ClosedDocumentOut]


def recorded_out(picture: Picture, payment_id: UUID) -> PaymentOut | ClosedOut:
    """Show what was recorded under a name: a payment, or what was closed without one."""
    payment = picture.find(Payment, payment_id)
    if payment:
        return payment_out(payment)
    closings = picture.where(Closing, "payment_id", payment_id)
    return ClosedOut(payment_id=payment_id, closed=[closed_out(closing) for closing in closings])


def closed_out(row: Any) -> ClosedDocumentOut:
    """Show a closing's row."""
    return ClosedDocumentOut(
        document_id=row.document_id,
        number=row.document_number,
        difference=decimal_text(row.difference_cents, row.currency),
        currency=row.currency,
        closed_on=row.closed_on,
        reopened_on=row.reopened_on,
    )


class CorrectionIn(Body):
    """Why a payment was wrong, and the one that takes its place under a new name."""

    payment_id: UUID = Field(description="Names the payment that takes the place of the old one")
    reason: LongText
    on: IsoDate | None = Field(default=None, description="Day of the reversal; default today")
    payment: PaymentIn

    def command(self, payment_id: UUID, today: date) -> CorrectPayment:
        """Return the command it asks for."""
        recorded = self.payment.command(self.payment_id, today)
        return CorrectPayment(
            payment_id=payment_id,
            reason=self.reason,
            on=self.on or today,
            payment=replace(recorded, request_sha256=fingerprint(self)),
        )
