"""What facts that say something else of a payment or a refund do to payments' rows."""

from msgspec.structs import replace

from services.payments.deposited import PROJECTION
from services.payments.domain.accounting import Movement
from services.payments.domain.payment import Payment, existing
from services.payments.domain.refund import Refund
from services.payments.domain.refundable import RefundClaim
from services.payments.domain.source import SourceEvent, event_key
from shared.decider import Need, Picture, fresh, one, those
from shared.events.digital import DuplicateIgnored, SourceEventAccepted
from shared.events.taking_back import PaymentAnnotated, RefundAnnotated, RefundReversed
from shared.seal import Entry

__all__ = ["PROJECTION"]


@PROJECTION.on(
    PaymentAnnotated,
    lambda fact: [one(Payment, fact.payment_id), one(Movement, f"payment/{fact.payment_id}")],
)
def keep_annotation(picture: Picture, _entry: Entry, fact: PaymentAnnotated) -> None:
    """Show the reference and the note as they are now, to accounting too."""
    payment = existing(picture, fact.payment_id)
    picture.put(replace(payment, reference=fact.reference, note=fact.note))
    movement = picture.find(Movement, f"payment/{fact.payment_id}")
    assert movement
    picture.put(replace(movement, reference=fact.reference))


@PROJECTION.on(
    RefundAnnotated,
    lambda fact: [one(Refund, fact.refund_id), one(Movement, f"refund/{fact.refund_id}")],
)
def keep_refund_annotation(picture: Picture, _entry: Entry, fact: RefundAnnotated) -> None:
    """Show the reference and the note as they are now, to accounting too."""
    refund = picture.find(Refund, fact.refund_id)
    movement = picture.find(Movement, f"refund/{fact.refund_id}")
    assert refund
    assert movement
    picture.put(replace(refund, reference=fact.reference, note=fact.note))
    picture.put(replace(movement, reference=fact.reference))


def _needs_of_reversed(fact: RefundReversed) -> list[Need]:
    return [
        one(Refund, fact.refund_id),
        one(Movement, f"refund/{fact.refund_id}"),
        fresh(Movement, f"taken_back/{fact.reversal_id}"),
        those(RefundClaim, "refund_id", fact.refund_id),
    ]


@PROJECTION.on(RefundReversed, _needs_of_reversed)
def keep_refund_reversal(picture: Picture, entry: Entry, fact: RefundReversed) -> None:
    """Take the refund out of the active ones, and what it claimed; both entries stay."""
    refund = picture.find(Refund, fact.refund_id)
    given = picture.find(Movement, f"refund/{fact.refund_id}")
    assert refund
    assert given
    picture.put(
        replace(
            refund,
            state="reversed",
            taken_back_on=fact.reversed_on,
            taken_back_reason=fact.reason,
        )
    )
    picture.put(
        replace(
            given,
            item=f"taken_back/{fact.reversal_id}",
            position=entry.position,
            kind="reversal",
            moved_on=fact.reversed_on,
            amount_cents=fact.amount.cents,
            matching_code=None,
            matched_on=None,
            recorded_at=entry.recorded_at,
        )
    )
    for claim in picture.where(RefundClaim, "refund_id", fact.refund_id):
        picture.put(replace(claim, dropped=True))


def _needs_of_event(fact: SourceEventAccepted | DuplicateIgnored) -> list[Need]:
    return [one(SourceEvent, event_key(fact.source, fact.event_id))]


@PROJECTION.on(SourceEventAccepted, _needs_of_event)
def keep_source_event(picture: Picture, entry: Entry, fact: SourceEventAccepted) -> None:
    """Remember the event, so that it is known when it comes again."""
    picture.put(
        SourceEvent(
            ledger=entry.ledger,
            event=event_key(fact.source, fact.event_id),
            source=fact.source,
            event_id=fact.event_id,
            kind=fact.kind,
            payment_id=fact.payment_id,
            body_sha256=fact.body_sha256,
            position=entry.position,
            duplicates=0,
        )
    )


@PROJECTION.on(DuplicateIgnored, _needs_of_event)
def count_duplicate(picture: Picture, _entry: Entry, fact: DuplicateIgnored) -> None:
    """Count that it came again."""
    known = picture.find(SourceEvent, event_key(fact.source, fact.event_id))
    assert known
    picture.put(replace(known, duplicates=known.duplicates + 1))
