"""Refunds (remboursements): money that goes back to a customer, and their reversal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.payments.domain.accounting import Movement
from services.payments.domain.amounts import AmountNotPositive
from services.payments.domain.numbers import next_number, number_needs
from services.payments.domain.payable import KnownCustomer
from services.payments.domain.payment import UnknownCustomer
from services.payments.domain.refundable import (
    RefundClaim,
    Target,
    needs_of_targets,
    parts_refunded,
)
from services.payments.domain.settings import (
    POLICY,
    PaymentPolicy,
    choose_bank_account,
    choose_method,
    needs_of_settings,
    refuse_locked_day,
)
from shared.decider import Need, Picture, Row, one, those
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.payments import RefundRecorded
from shared.events.taking_back import Refunded, RefundReversed
from shared.ids import derived_id
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
    given_back: tuple[dict[str, str], ...] = ()
    state: str = "recorded"  # recorded, reversed
    taken_back_on: date | None = None
    taken_back_reason: str | None = None
    replaces: UUID | None = None
    bank_reconciled: bool = False

    @property
    def reversal_id(self) -> UUID:
        """Return the name of what takes it back, which follows from its own."""
        return derived_id(self.refund_id, "reversal")


class RefundIdTaken(Refusal):
    """This identifier already names a different refund."""


class UnknownRefund(NotFound):
    """No refund has this identifier in this ledger."""


class RefundIsReversed(Refusal):
    """The refund was reversed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRefund:
    """Record money given back, of the payments and credit notes that `refunds` names."""

    refund_id: UUID
    customer_id: UUID
    amount: Money
    method: str | None
    bank_account: str | None
    refunded_on: date | None
    payee_name: str | None
    reference: str | None
    note: str | None
    refunds: Sequence[Target]
    request_sha256: str
    today: date
    source: str | None = None  # of a digital payment: who gave it back
    replaces: UUID | None = None  # the refund that was recorded with a mistake
    freed: Mapping[str, int] = field(default_factory=dict)  # what that one gave back, in cents

    @property
    def on(self) -> date:
        """Return the civil date of the refund: today unless given."""
        return self.refunded_on or self.today

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the refund, the customer, what is given back, the settings, then the counter."""
        yield from (one(Refund, self.refund_id), one(KnownCustomer, self.customer_id))
        yield from needs_of_settings(picture.ledger)
        yield from needs_of_targets(picture, self.refunds)
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
        refuse_locked_day(picture, self.on)
        refunds = self._refunded(picture)
        only = refunds[0] if len(refunds) == 1 else None
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
                refunds_kind=only.kind if only else None,
                refunds_id=only.id if only else None,
                request_sha256=self.request_sha256,
                refunds=refunds,
                source=self.source,
                replaces=self.replaces,
            )
        ]

    def _refunded(self, picture: Picture) -> tuple[Refunded, ...]:
        """Return what is given back; a source gave it, so that nothing can be refused."""
        if self.source:
            return tuple(
                Refunded(kind=t.kind, id=t.id, amount=t.amount or self.amount) for t in self.refunds
            )
        return parts_refunded(
            picture, self.amount, self.refunds, self.customer_id, freed=self.freed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseRefund:
    """Take back a refund recorded in error (extourne): what it gave back is open again."""

    refund_id: UUID
    reason: str
    reversed_on: date | None
    today: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the refund, its movement of money, and what it gave back."""
        yield from (one(Refund, self.refund_id), one(Movement, f"refund/{self.refund_id}"))
        yield from (those(RefundClaim, "refund_id", self.refund_id), one(PaymentPolicy, POLICY))
        yield one(Movement, f"taken_back/{derived_id(self.refund_id, 'reversal')}")

    def decide(self, picture: Picture) -> list[Event]:
        """Reverse once; asking again, for the same reason and day, changes nothing."""
        refund = existing(picture, self.refund_id)
        said = (self.reason, self._on(refund))
        if refund.state == "reversed" and said == (refund.taken_back_reason, refund.taken_back_on):
            return []
        refuse_reversed(refund)
        on = self.reversed_on or self.today
        refuse_locked_day(picture, on)
        return [
            RefundReversed(
                refund_id=refund.refund_id,
                reversal_id=refund.reversal_id,
                customer_id=refund.customer_id,
                amount=Money(refund.amount_cents, refund.currency),
                reason=self.reason,
                reversed_on=on,
            )
        ]

    def _on(self, refund: Refund) -> date | None:
        return self.reversed_on or refund.taken_back_on


def existing(picture: Picture, refund_id: UUID) -> Refund:
    """Return a refund; raise UnknownRefund if it is not here."""
    refund = picture.find(Refund, refund_id)
    if refund is None:
        raise UnknownRefund(refund_id=refund_id)
    return refund


def refuse_reversed(refund: Refund) -> None:
    """Refuse what was reversed before."""
    if refund.state == "reversed":
        facts = {"refund_id": refund.refund_id, "reason": refund.taken_back_reason}
        raise RefundIsReversed(reversed_on=refund.taken_back_on, **facts)
