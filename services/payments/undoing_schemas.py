"""What locks, annotations, deletions and reversals take and give in payments' API."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.payments.domain import locks
from services.payments.domain.annotating import AnnotatePayment
from services.payments.domain.changing_refund import AnnotateRefund, DeleteRefund
from services.payments.domain.confirming import DELETE, Confirmation
from services.payments.domain.payment import Payment
from services.payments.domain.refund import Refund, ReverseRefund
from services.payments.domain.refund_locks import RefundField
from services.payments.domain.settings import is_digital
from services.payments.domain.taking_back import DeletePayment, ReversePayment
from services.payments.schemas import PaymentOut, TakeBackIn, payment_out
from shared.decider import Picture
from shared.errors import Refusal
from shared.fields import LongText, ShortText
from shared.money import decimal_text
from shared.web import Body, Out


class LockedPaymentOut(PaymentOut):
    """A payment, and what may still be changed of it.

    `step` is how far it is up the ladder. `editable` names the fields that are free; `locks`
    has for every other the problem that a change of it is refused with, and the ways out of it.
    """

    digital: bool
    step: locks.Step
    editable: list[locks.Field]
    locks: dict[locks.Field, dict[str, Any]]


def locked_payment_out(payment: Payment, picture: Picture) -> LockedPaymentOut:
    """Show a payment with its locks; nothing is free of one that was taken back."""
    shown = payment_out(payment)
    digital = is_digital(picture, payment.method)
    found = locks.locks(picture, payment)
    free = [field for field in locks.FIELDS if field not in found]
    taken_back = payment.state != "recorded"
    return LockedPaymentOut(
        **shown.model_dump(exclude={"actions"}),
        actions=[
            action
            for action in shown.actions
            if not digital and (action != "correction" or not found.keys() & {*locks.CORRECTED})
        ],
        digital=digital,
        step=locks.step(picture, payment),
        editable=[] if taken_back else free,
        locks={field: refusal.problem() for field, refusal in found.items()},
    )


class AnnotationIn(Body):
    """What a reference or note is to be; what is left out stays as it is."""

    reference: ShortText | None = None
    note: LongText | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("say a reference, a note, or both")
        return self

    def command(self, payment_id: UUID) -> AnnotatePayment:
        """Return the command it asks for of a payment."""
        said: dict[locks.Field, str | None] = self.model_dump(exclude_unset=True)  # type: ignore[assignment]
        return AnnotatePayment(payment_id=payment_id, said=said)

    def of_refund(self, refund_id: UUID) -> AnnotateRefund:
        """Return the command it asks for of a refund."""
        said: dict[RefundField, str | None] = self.model_dump(exclude_unset=True)  # type: ignore[assignment]
        return AnnotateRefund(refund_id=refund_id, said=said)


class DeletionIn(TakeBackIn):
    """Why a payment or a refund is deleted, and that this is confirmed."""

    confirm: tuple[Confirmation, ...] = Field(default=(), max_length=10)


class MovedMoney(Body):
    """A payment or a refund."""

    kind: Literal["payment", "refund"] = "payment"
    id: UUID


class SeveralIn(DeletionIn):
    """Payments and refunds that are taken back together, for one reason."""

    items: tuple[MovedMoney, ...] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len(set(self.items)) != len(self.items):
            raise ValueError("each item is named once")
        return self

    def reversals(self, today: date) -> list[ReversePayment | ReverseRefund]:
        """Return the commands that reverse them."""
        said: dict[str, Any] = {"reason": self.reason, "reversed_on": self.on, "today": today}
        return [
            ReversePayment(payment_id=item.id, **said)
            if item.kind == "payment"
            else ReverseRefund(refund_id=item.id, **said)
            for item in self.items
        ]

    def deletions(self, today: date) -> list[DeletePayment | DeleteRefund]:
        """Return the commands that delete them."""
        return [
            DeletePayment(reversal=reversal, confirm=[DELETE])
            if isinstance(reversal, ReversePayment)
            else DeleteRefund(reversal=reversal, confirm=[DELETE])
            for reversal in self.reversals(today)
        ]


class TakenBackOut(Out):
    """What became of one of several: taken back just now, or unchanged since it was before.

    There is no number and no amount where documents were closed without a payment.
    """

    kind: Literal["payment", "refund"]
    id: UUID
    number: str | None
    amount: str | None
    currency: str | None
    outcome: Literal["taken_back", "unchanged"]
    taken_back_on: date | None


def taken_back_out(
    items: Sequence[MovedMoney], picture: Picture, streams: set[str]
) -> list[TakenBackOut]:
    """Show what became of each item, in the order they were named."""
    return [_taken_back_out(item, picture, streams) for item in items]


def _taken_back_out(item: MovedMoney, picture: Picture, streams: set[str]) -> TakenBackOut:
    row = picture.find(Payment if item.kind == "payment" else Refund, item.id)
    assert row is None or isinstance(row, Payment | Refund)
    return TakenBackOut(
        kind=item.kind,
        id=item.id,
        number=row.number if row else None,
        amount=decimal_text(row.amount_cents, row.currency) if row else None,
        currency=row.currency if row else None,
        outcome="taken_back" if f"{item.kind}/{item.id}" in streams else "unchanged",
        taken_back_on=row.taken_back_on if row else None,
    )


def foreseen_items(
    items: Sequence[MovedMoney], found: Sequence[Refusal | None]
) -> list[dict[str, Any]]:
    """Return what would become of each item: the problem that stands against it, or none."""
    return [
        {"kind": item.kind, "id": str(item.id), "problem": refusal.problem() if refusal else None}
        for item, refusal in zip(items, found, strict=True)
    ]
