"""Annotating: the reference and the note of a payment, which move no money."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.payments.domain.accounting import Movement
from services.payments.domain.locks import Field, needs_of_locks, refuse_locked
from services.payments.domain.payment import existing
from shared.decider import Need, Picture, one
from shared.events import Event
from shared.events.taking_back import PaymentAnnotated


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatePayment:
    """Change reference, note, or both; `said` has only what is to change."""

    payment_id: UUID
    said: dict[Field, str | None]

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the payment, its movement for accounting, and what locks it."""
        yield one(Movement, f"payment/{self.payment_id}")
        yield from needs_of_locks(picture, self.payment_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Annotate; what is already so changes nothing, and is not refused either."""
        payment = existing(picture, self.payment_id)
        now: dict[Field, str | None] = {"reference": payment.reference, "note": payment.note}
        changed = [field for field, text in self.said.items() if now[field] != text]
        if not changed:
            return []
        refuse_locked(picture, payment, changed)
        after = now | self.said
        return [
            PaymentAnnotated(
                payment_id=self.payment_id, reference=after["reference"], note=after["note"]
            )
        ]
