"""What payments' API takes and gives."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.payments.domain.payment import Applied, RecordPayment
from services.payments.domain.refund import RecordRefund, Refund
from services.payments.domain.settings import ConfigureBankAccount, ConfigureMethod
from shared.dates import IsoDate
from shared.fields import AmountText, Code, Currency, LongText, ShortText
from shared.money import Money, decimal_text
from shared.requests import fingerprint
from shared.web import Body, Out


class AppliesTo(Body):
    """A document that this payment pays; without an amount, as much as fits."""

    document_id: UUID
    amount: AmountText | None = None


class PaymentIn(Body):
    """Money received. What is left out gets its default: today, the default method and bank
    account, the customer's name as payer, the rest due on the documents as amount.
    """

    customer_id: UUID | None = Field(default=None, description="Default: the documents' customer")
    amount: AmountText | None = Field(default=None, description="Default: what is left to pay")
    currency: Currency = "EUR"
    method: Code | None = None
    bank_account: Code | None = None
    received_on: IsoDate | None = Field(default=None, description="Default: today")
    payer_name: ShortText | None = Field(default=None, description="Default: the customer's name")
    reference: ShortText | None = Field(
        default=None, description="Number of the cheque, transfer or debit"
    )
    customer_bank: ShortText | None = None
    note: LongText | None = None
    applies_to: list[AppliesTo] = Field(default=[], max_length=500)
    replaces: UUID | None = Field(default=None, description="The reversed payment it corrects")

    @model_validator(mode="after")
    def _amounts_fit_currency(self) -> Self:
        for text in (self.amount, *(applied.amount for applied in self.applies_to)):
            if text is not None:
                Money.parse(text, self.currency)
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
            applies_to=[
                Applied(a.document_id, Money.parse(a.amount, self.currency) if a.amount else None)
                for a in self.applies_to
            ],
            replaces=self.replaces,
            request_sha256=fingerprint(self),
            today=today,
        )


class AppliedOut(Out):
    """A document the payment was meant for, and for how much."""

    document_id: UUID
    number: str
    amount: str


class PaymentOut(Out):
    """A payment: as recorded, and what became of it."""

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
    available: str
    recorded_at: datetime
    position: int


def payment_out(row: Any) -> PaymentOut:
    """Show a payment's row; what is taken back is no longer available."""
    taken_back = row.state != "recorded"
    available = 0 if taken_back else row.amount_cents - row.allocated_cents
    return PaymentOut(
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
        applies_to=[AppliedOut.model_validate(applied) for applied in row.applies_to],
        replaces=row.replaces,
        state=row.state,
        taken_back_on=row.taken_back_on,
        taken_back_reason=row.taken_back_reason,
        available=decimal_text(available, row.currency),
        recorded_at=row.recorded_at,
        position=row.position,
    )


class BulkIn(Body):
    """Up to 10,000 payments in one request; each carries its `payment_id`.

    `each`: every payment is accepted or refused by itself. `all`: all or none.
    """

    mode: Literal["each", "all"] = "each"
    payments: list[dict[str, Any]] = Field(
        min_length=1, max_length=10_000, description="Objects of a payment, with `payment_id`"
    )


class BulkItem(PaymentIn):
    """One payment of a bulk request."""

    payment_id: UUID

    def without_id(self) -> PaymentIn:
        """Return the payment as a single request would carry it."""
        return PaymentIn.model_construct(
            self.model_fields_set - {"payment_id"},
            **{name: getattr(self, name) for name in PaymentIn.model_fields},
        )


class BulkOutcome(Out):
    """What became of one payment of a bulk request."""

    index: int
    payment_id: UUID | None
    outcome: Literal["recorded", "unchanged", "refused"]
    number: str | None = None
    problem: dict[str, Any] | None = None


class BulkOut(Out):
    """What became of each payment, in the order of the request."""

    recorded: int
    unchanged: int
    refused: int
    outcomes: list[BulkOutcome]


class TakeBackIn(Body):
    """Why a payment is taken back, and when (default today)."""

    reason: LongText
    on: IsoDate | None = None


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


class MethodIn(Body):
    """A payment method: its French label and its UNTDID 4461 code."""

    label: ShortText = Field(examples=["Chèque"])
    untdid_4461: str = Field(pattern=r"^[0-9A-Z]{1,3}$", examples=["20"])
    active: bool = True
    default: bool = False

    def command(self, code: str) -> ConfigureMethod:
        """Return the command it asks for."""
        return ConfigureMethod(code=code, **self.model_dump())


class MethodOut(Out):
    """A payment method."""

    code: str
    label: str
    untdid_4461: str
    active: bool
    default: bool


class BankAccountIn(Body):
    """One of our bank accounts or tills."""

    label: ShortText = Field(examples=["CIC"])
    account: str = Field(pattern=r"^5\d{2}[0-9A-Za-z]{0,12}$", examples=["51210000"])
    journal_code: str = Field(pattern=r"^\S(.{0,18}\S)?$", examples=["BQ1"])
    iban: str | None = Field(default=None, pattern=r"^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$")
    active: bool = True
    default: bool = False

    def command(self, code: str) -> ConfigureBankAccount:
        """Return the command it asks for."""
        return ConfigureBankAccount(code=code, **self.model_dump())


class BankAccountOut(Out):
    """One of our bank accounts or tills."""

    code: str
    label: str
    account: str
    journal_code: str
    iban: str | None
    active: bool
    default: bool


class PolicyIn(Body):
    """How much over the payable amount is tolerated, and how receipts are numbered."""

    tolerance: AmountText = "5.00"
    currency: Currency = "EUR"
    receipt_template: ShortText = "RC{yy}{mm}-{n:4}"
    refund_template: ShortText = "RB{yy}{mm}-{n:4}"


class ExportIn(Body):
    """The period to hand to accounting; with a name of yours the request can be repeated."""

    export_id: UUID | None = None
    from_on: IsoDate = Field(alias="from")
    to_on: IsoDate = Field(alias="to")
    siren: str | None = Field(default=None, pattern=r"^\d{9}$", description="For the file's name")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_on < self.from_on:
            raise ValueError("the period ends before it starts")
        return self


class ExportOut(Out):
    """An export's manifest; the file itself is under `/file`."""

    export_id: UUID
    sequence: int
    from_on: date
    to_on: date
    from_position: int
    to_position: int
    entry_count: int
    line_count: int
    debit_total: str
    credit_total: str
    currency: str
    journals: list[dict[str, Any]]
    file_name: str
    file_sha256: str
    previous_manifest_sha256: str | None
    manifest_sha256: str
    closed_at: datetime


def export_out(row: Any) -> ExportOut:
    """Show an export's row."""
    names = set(ExportOut.model_fields) - {"debit_total", "credit_total", "journals"}
    return ExportOut(
        debit_total=decimal_text(row.debit_cents, row.currency),
        credit_total=decimal_text(row.credit_cents, row.currency),
        journals=list(row.journals),
        **{name: getattr(row, name) for name in names},
    )
