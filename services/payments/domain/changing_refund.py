"""Changing a refund: its reference or note, all of it by another, or that it ever was.

A correction is the reversal of the old refund and a new one, in one commit, linked by
`replaces`: what the old one gave back is open again for the new one.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.payments.domain.accounting import Movement
from services.payments.domain.closing import freed_by_reopening
from services.payments.domain.confirming import DELETE, Confirmation
from services.payments.domain.refund import (
    RecordRefund,
    Refund,
    ReverseRefund,
    existing,
    refuse_reversed,
)
from services.payments.domain.refund_locks import (
    CORRECTED,
    RefundField,
    needs_of_refund_locks,
    refuse_locked_refund,
)
from services.payments.domain.refundable import RefundClaim
from services.payments.domain.taking_back import DeletionNotConfirmed
from shared.decider import Need, Picture, one
from shared.events import Event
from shared.events.taking_back import RefundAnnotated


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotateRefund:
    """Change reference, note, or both; `said` has only what is to change."""

    refund_id: UUID
    said: Mapping[RefundField, str | None]

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the refund, its movement for accounting, and what locks it."""
        yield one(Movement, f"refund/{self.refund_id}")
        yield from needs_of_refund_locks(picture, self.refund_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Annotate; what is already so changes nothing, and is not refused either."""
        refund = existing(picture, self.refund_id)
        now: dict[RefundField, str | None] = {"reference": refund.reference, "note": refund.note}
        changed = [name for name, text in self.said.items() if now[name] != text]
        if not changed:
            return []
        refuse_locked_refund(picture, refund, changed)
        after = {**now, **self.said}
        return [
            RefundAnnotated(
                refund_id=self.refund_id, reference=after["reference"], note=after["note"]
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectRefund:
    """Replace a refund by another that says what should have been recorded."""

    refund_id: UUID  # the one recorded with a mistake
    reason: str
    on: date
    refund: RecordRefund

    @property
    def _reversal(self) -> ReverseRefund:
        return ReverseRefund(
            refund_id=self.refund_id, reason=self.reason, reversed_on=self.on, today=self.on
        )

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the old refund, what it gave back and what locks it, and what the new one needs."""
        yield from self._reversal.needs(picture)
        yield from needs_of_refund_locks(picture, self.refund_id)
        yield from self.refund.needs(picture)

    def decide(self, picture: Picture) -> list[Event]:
        """Reverse the old and record the new together; the same request again changes nothing."""
        if picture.find(Refund, self.refund.refund_id):
            return self.refund.decide(picture)
        old = existing(picture, self.refund_id)
        refuse_reversed(old)
        refuse_locked_refund(picture, old, CORRECTED)
        claims = picture.where(RefundClaim, "refund_id", self.refund_id)
        freed = {c.target: c.used_cents + max(0, c.pending_cents) for c in claims}
        for document_id, cents in freed_by_reopening(picture, self.refund_id).items():
            target = f"document/{document_id}"
            freed[target] = freed.get(target, 0) + cents
        recorded = replace(self.refund, replaces=self.refund_id, freed=freed)
        return [*self._reversal.decide(picture), *recorded.decide(picture)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRefund:
    """Take back a refund that nothing locks yet, once that is confirmed."""

    reversal: ReverseRefund
    confirm: Collection[Confirmation]

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name what the reversal reads, and what locks the refund."""
        yield from self.reversal.needs(picture)
        yield from needs_of_refund_locks(picture, self.reversal.refund_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Delete once; asking again, for the same reason and day, changes nothing."""
        refund = picture.find(Refund, self.reversal.refund_id)
        if refund and refund.state == "recorded":
            refuse_locked_refund(picture, refund, ["deletion"])
        facts = self.reversal.decide(picture)
        if facts and DELETE not in self.confirm:
            raise DeletionNotConfirmed(refund_id=self.reversal.refund_id, confirm=[DELETE])
        return facts
