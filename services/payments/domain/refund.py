"""Refunds (remboursements): money that goes out against what we owe, and their reversal.

It goes back to a customer, or settles a purchase invoice (règlement fournisseur) or an expense
note (remboursement de note de frais), which it may close short (soldé).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.payments.domain.accounting import Movement
from services.payments.domain.amounts import AmountNotPositive
from services.payments.domain.closing import (
    Closer,
    Closing,
    closed,
    needs_of_reopening,
    reopened,
    write_off_id,
)
from services.payments.domain.numbers import next_number, number_needs
from services.payments.domain.payable import KnownCustomer
from services.payments.domain.payment import UnknownCustomer
from services.payments.domain.refundable import (
    Parts,
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
    policy,
    refuse_locked_day,
    refuse_missing_reference,
)
from shared.decider import Need, Picture, Row, one, those
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.invoicing import CustomerRole
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
    role: CustomerRole = "customer"  # of the card that it names

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
    """Record money that goes out, for the payments, credit notes and purchases it `refunds`."""

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
        for target in self.refunds:
            if target.closes:
                yield those(Closing, "payment_id", self.refund_id)
                booked = write_off_id(self.refund_id, target.id)
                yield one(Movement, f"write_off/{booked}")
        yield from number_needs(picture, "refund", self.on)

    def decide(self, picture: Picture) -> list[Event]:
        """Record once; the same request again changes nothing."""
        if self._is_known(picture):
            return []
        if self.amount.cents <= 0 and not self._only_closes:
            raise AmountNotPositive(amount=self.amount)
        customer = picture.find(KnownCustomer, self.customer_id)
        if customer is None:
            raise UnknownCustomer(customer_id=self.customer_id)
        refuse_locked_day(picture, self.on)
        parts = self._parts(picture)
        closer = Closer(
            self.refund_id, self.customer_id, self.amount.currency, self.on, self.request_sha256
        )
        closing = closed(policy(picture), closer, parts.closed)
        if not self.amount.cents:
            return closing
        return [self._recorded(picture, customer, parts.refunded), *closing]

    @property
    def _only_closes(self) -> bool:
        """Say whether it may be of no money: it closes all that it names (S2-58)."""
        return bool(self.refunds) and all(target.closes for target in self.refunds)

    def _is_known(self, picture: Picture) -> bool:
        known: Refund | Closing | None = picture.find(Refund, self.refund_id)
        if known is None and self._only_closes:
            known = next(iter(picture.where(Closing, "payment_id", self.refund_id)), None)
        if known and known.request_sha256 != self.request_sha256:
            number = known.number if isinstance(known, Refund) else known.document_number
            raise RefundIdTaken(refund_id=self.refund_id, number=number)
        return known is not None

    def _recorded(
        self, picture: Picture, customer: KnownCustomer, refunds: tuple[Refunded, ...]
    ) -> RefundRecorded:
        only = refunds[0] if len(refunds) == 1 else None
        method = choose_method(picture, self.method)
        if not self.source:
            refuse_missing_reference(method, self.reference)
        number = next_number(picture, "refund", self.on)
        return RefundRecorded(
            refund_id=self.refund_id,
            number=number.text,
            numbering_period=number.period,
            numbering_count=number.count,
            customer_id=self.customer_id,
            amount=-self.amount,
            method=method.code,
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
            role=customer.role,
        )

    def _parts(self, picture: Picture) -> Parts:
        """Return what is given of each target; a source gave it, so that nothing can be refused."""
        if self.source:
            given = (
                Refunded(kind=t.kind, id=t.id, amount=t.amount or self.amount) for t in self.refunds
            )
            return Parts(tuple(given), ())
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

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the refund, its movement of money, what it gave back, and what it closed."""
        yield from (one(Refund, self.refund_id), one(Movement, f"refund/{self.refund_id}"))
        yield from needs_of_reopening(picture, self.refund_id)
        yield from (those(RefundClaim, "refund_id", self.refund_id), one(PaymentPolicy, POLICY))
        yield one(Movement, f"taken_back/{derived_id(self.refund_id, 'reversal')}")

    def decide(self, picture: Picture) -> list[Event]:
        """Reverse once; asking again, for the same reason and day, changes nothing.

        What closed purchases without any money is taken back likewise.
        """
        closings = picture.where(Closing, "payment_id", self.refund_id)
        on = self.reversed_on or self.today
        if closings and not picture.find(Refund, self.refund_id):
            return reopened(picture, self.refund_id, on)
        refund = existing(picture, self.refund_id)
        said = (self.reason, self._on(refund))
        if refund.state == "reversed" and said == (refund.taken_back_reason, refund.taken_back_on):
            return []
        refuse_reversed(refund)
        refuse_locked_day(picture, on)
        return [
            RefundReversed(
                refund_id=refund.refund_id,
                reversal_id=refund.reversal_id,
                customer_id=refund.customer_id,
                amount=Money(refund.amount_cents, refund.currency),
                reason=self.reason,
                reversed_on=on,
                role=refund.role,
            ),
            *reopened(picture, self.refund_id, on),
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
