"""Digital sources: what carried a digital payment out says of it, taken in once.

The invariant: an event of a source has its effect once. Sent again, it leaves a fact that says
so and points at the first (U07); by hand nobody does what a source does (U22).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.payments.domain.payment import Payment, existing
from services.payments.domain.recording import RecordPayment
from services.payments.domain.refund import RecordRefund, Refund
from services.payments.domain.refundable import MoreThanRefundable, RefundClaim, Target
from services.payments.domain.settings import PaymentMethod, is_digital
from services.payments.domain.taking_back import refuse_taken_back
from shared.decider import Command, Need, Picture, Row, every, one, those
from shared.errors import Refusal
from shared.events import Event
from shared.events.digital import DuplicateIgnored, SourceEventAccepted
from shared.ids import derived_id
from shared.money import Money

# ── remembered ──────────────────────────────────────────────────────────────────


class SourceEvent(Row, frozen=True):
    """An event of a source, where it was taken in, and how often it came again."""

    key = "event"

    event: str  # source/event id
    source: str
    event_id: str
    kind: str
    payment_id: UUID
    body_sha256: str
    position: int
    duplicates: int


def event_key(source: str, event_id: str) -> str:
    """Return the key of a source's event."""
    return f"{source}/{event_id}"


def payment_of(ledger: str, source: str, name: str) -> UUID:
    """Return our name of the payment that a source calls by a name of its own."""
    return derived_id(ledger, "digital-payment", source, name)


# ── refused ─────────────────────────────────────────────────────────────────────


class SourceEventDiffers(Refusal):
    """The source sent another event under this name before: each event has its own."""


class MethodNotDigital(Refusal):
    """A source records payments of digital methods only: configure the method as digital."""

    status = 422


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSourceEvent:
    """Take in what a source says, once; `command` is what it comes to."""

    source: str
    event_id: str
    kind: str
    payment_id: UUID
    body_sha256: str
    command: Command

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the event, and what its command reads."""
        yield one(SourceEvent, event_key(self.source, self.event_id))
        yield from self.command.needs(picture)

    def decide(self, picture: Picture) -> list[Event]:
        """Carry the command out, or say that the event came again."""
        known = picture.find(SourceEvent, event_key(self.source, self.event_id))
        if known and known.body_sha256 != self.body_sha256:
            raise SourceEventDiffers(event_id=self.event_id, position=known.position)
        if known:
            ignored = DuplicateIgnored(
                source=self.source,
                event_id=self.event_id,
                payment_id=known.payment_id,
                first_position=known.position,
            )
            return [ignored]
        accepted = SourceEventAccepted(
            source=self.source,
            event_id=self.event_id,
            kind=self.kind,
            payment_id=self.payment_id,
            body_sha256=self.body_sha256,
        )
        return [accepted, *self.command.decide(picture)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDigital:
    """Record a payment that a source carried out."""

    payment: RecordPayment

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name what recording reads."""
        return self.payment.needs(picture)

    def decide(self, picture: Picture) -> list[Event]:
        """Record it as any other, if its method is digital."""
        if not is_digital(picture, self.payment.method or ""):
            raise MethodNotDigital(method=self.payment.method)
        return self.payment.decide(picture)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDigital:
    """Record that a source gave a digital payment back, or a part of it."""

    source: str
    refund_id: UUID
    payment_id: UUID
    amount: Money
    refunded_on: date | None
    reason: str | None
    request_sha256: str
    today: date

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the payment and what was given back of it, then what the refund reads."""
        payment = one(Payment, self.payment_id)
        yield from (payment, one(Refund, self.refund_id), every(PaymentMethod, picture.ledger))
        yield those(RefundClaim, "target", f"payment/{self.payment_id}")
        if not picture.missing([payment]) and (known := picture.find(Payment, self.payment_id)):
            yield from self._refund(known).needs(picture)

    def decide(self, picture: Picture) -> list[Event]:
        """Refund it on the account it came to, and no more than it was in all."""
        payment = existing(picture, self.payment_id)
        if not picture.find(Refund, self.refund_id):
            self._check(picture, payment)
        return self._refund(payment).decide(picture)

    def _check(self, picture: Picture, payment: Payment) -> None:
        refuse_taken_back(payment)
        claims = picture.where(RefundClaim, "target", f"payment/{self.payment_id}")
        given = sum(claim.amount_cents for claim in claims if not claim.dropped)
        if self.amount.cents > payment.amount_cents - given:
            maximum = Money(payment.amount_cents - given, payment.currency)
            raise MoreThanRefundable(amount=self.amount, maximum=maximum)

    def _refund(self, payment: Payment) -> RecordRefund:
        return RecordRefund(
            refund_id=self.refund_id,
            customer_id=payment.customer_id,
            amount=self.amount,
            method=payment.method,
            bank_account=payment.bank_account,
            refunded_on=self.refunded_on,
            payee_name=payment.payer_name,
            reference=None,
            note=self.reason,
            refunds=[Target("payment", payment.payment_id, self.amount)],
            request_sha256=self.request_sha256,
            today=self.today,
            source=self.source,
        )
