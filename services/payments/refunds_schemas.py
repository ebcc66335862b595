"""What the API of refunds takes and gives."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.payments.domain.changing_refund import CorrectRefund
from services.payments.domain.closing import Closing
from services.payments.domain.refund import RecordRefund, Refund
from services.payments.domain.refund_locks import (
    REFUND_FIELDS,
    RefundField,
    RefundStep,
    refund_locks,
    refund_step,
)
from services.payments.domain.refundable import RefundClaim, Target
from services.payments.refund_queries import RefundTotal
from services.payments.schemas import ClosedDocumentOut, closed_out
from shared.dates import IsoDate
from shared.decider import Picture
from shared.fields import AmountText, Code, Currency, LongText, ShortText
from shared.money import Money, decimal_text
from shared.requests import fingerprint
from shared.web import Body, Out


class RefundedIn(Body):
    """A payment or document that is settled, and how much of it at most.

    A document is a credit note, a purchase invoice or an expense note.
    """

    kind: Literal["payment", "document"]
    id: UUID
    amount: AmountText | None = Field(default=None, description="Default: all that is open")
    closes: bool = Field(
        default=False,
        description="What is left of this purchase then will not be paid (soldé); with an amount of"
        " 0 in all, it is closed without any money",
    )


class RefundIn(Body):
    """Money given back to a customer, or paid to a supplier or employee.

    The day and the total are said, the reference may be.

    The total is taken from what `refunds` names, in that order, and is no more than is open there.
    """

    customer_id: UUID
    amount: AmountText
    currency: Currency = "EUR"
    method: Code | None = None
    bank_account: Code | None = None
    refunded_on: IsoDate
    payee_name: ShortText | None = None
    reference: ShortText | None = None
    note: LongText | None = None
    refunds: tuple[RefundedIn, ...] = Field(default=(), max_length=100)
    refunds_kind: Literal["payment", "document"] | None = Field(
        default=None,
        description="The kind of the only one, as it was named before there were several",
        json_schema_extra={"deprecated": True},
    )
    refunds_id: UUID | None = Field(default=None, json_schema_extra={"deprecated": True})

    @model_validator(mode="after")
    def _checked(self) -> Self:
        for text in (self.amount, *(one.amount for one in self.refunds)):
            if text is not None:
                Money.parse(text, self.currency)
        if (self.refunds_kind is None) != (self.refunds_id is None):
            raise ValueError("refunds_kind and refunds_id go together")
        names = [(target.kind, target.id) for target in self._targets()]
        if len(names) != len(set(names)):
            raise ValueError("what is given back is named once")
        return self

    def _targets(self) -> list[Target]:
        found = [
            Target(
                one.kind,
                one.id,
                Money.parse(one.amount, self.currency) if one.amount else None,
                one.closes,
            )
            for one in self.refunds
        ]
        if self.refunds_kind and self.refunds_id:
            found.append(Target(self.refunds_kind, self.refunds_id))
        return found

    def command(self, refund_id: UUID, today: date) -> RecordRefund:
        """Return the command it asks for."""
        return RecordRefund(
            refund_id=refund_id,
            amount=Money.parse(self.amount, self.currency),
            refunds=self._targets(),
            request_sha256=fingerprint(self),
            today=today,
            **self.model_dump(
                exclude={"amount", "currency", "refunds", "refunds_kind", "refunds_id"}
            ),
        )


class RefundedOut(Out):
    """What a refund gave of one payment, credit note or purchase."""

    kind: Literal["payment", "document"]
    id: UUID
    amount: str


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
    refunds: list[RefundedOut]
    replaces: UUID | None
    state: Literal["recorded", "reversed"]
    taken_back_on: date | None
    taken_back_reason: str | None
    bank_reconciled: bool
    recorded_at: datetime
    position: int


def refund_out(row: Any) -> RefundOut:
    """Show a refund's row."""
    names = set(RefundOut.model_fields) - {"amount", "refunds"}
    values = {name: getattr(row, name) for name in names}
    refunds = [RefundedOut.model_validate(part) for part in row.given_back]
    amount = decimal_text(row.amount_cents, row.currency)
    return RefundOut(amount=amount, refunds=refunds, **values)


class LockedRefundOut(RefundOut):
    """A refund, what it gives back now, and what may still be changed of it.

    `gives_back` follows what was moved by hand to other payments or credit notes. `step`,
    `editable` and `locks` are those of a payment: how far it is up the ladder, which fields are
    free, and for every other the problem that a change of it is refused with.
    """

    gives_back: list[RefundedOut]
    step: RefundStep
    editable: list[RefundField]
    locks: dict[RefundField, dict[str, Any]]


def locked_refund_out(refund: Refund, picture: Picture) -> LockedRefundOut:
    """Show a refund with its locks; nothing is free of one that was reversed."""
    found = refund_locks(picture, refund)
    recorded = refund.state == "recorded"
    claims = picture.where(RefundClaim, "refund_id", refund.refund_id)
    return LockedRefundOut(
        **refund_out(refund).model_dump(),
        gives_back=[_used_out(claim, refund.currency) for claim in claims if claim.used_cents],
        step=refund_step(picture, refund),
        editable=[name for name in REFUND_FIELDS if recorded and name not in found],
        locks={name: refusal.problem() for name, refusal in found.items()},
    )


def _used_out(claim: RefundClaim, currency: str) -> RefundedOut:
    kind, _, name = claim.target.partition("/")
    amount = decimal_text(claim.used_cents, currency)
    return RefundedOut.model_validate({"kind": kind, "id": name, "amount": amount})


class RefundCorrectionIn(Body):
    """Why a refund was wrong, and the one that takes its place under a new name."""

    refund_id: UUID = Field(description="Names the refund that takes the place of the old one")
    reason: LongText
    on: IsoDate | None = Field(default=None, description="Day of the reversal; default today")
    refund: RefundIn

    def command(self, refund_id: UUID, today: date) -> CorrectRefund:
        """Return the command it asks for."""
        recorded = self.refund.command(self.refund_id, today)
        return CorrectRefund(
            refund_id=refund_id,
            reason=self.reason,
            on=self.on or today,
            refund=replace(recorded, request_sha256=fingerprint(self)),
        )


class RefundTotalOut(Out):
    """What was given back in one currency, and by how many refunds."""

    currency: str
    count: int
    amount: str


def refund_total_out(row: RefundTotal) -> RefundTotalOut:
    """Show a total."""
    amount = decimal_text(row.cents, row.currency)
    return RefundTotalOut(currency=row.currency, count=row.refund_count, amount=amount)


class RefundClosedOut(Out):
    """Purchases closed without any money: no refund was recorded."""

    refund_id: UUID
    amount: Literal["0"] = "0"
    closed: list[ClosedDocumentOut]


def given_out(picture: Picture, refund_id: UUID) -> RefundOut | RefundClosedOut:
    """Show what was recorded under a name: a refund, or what was closed without one."""
    refund = picture.find(Refund, refund_id)
    if refund:
        return refund_out(refund)
    closings = picture.where(Closing, "payment_id", refund_id)
    return RefundClosedOut(refund_id=refund_id, closed=[closed_out(each) for each in closings])
