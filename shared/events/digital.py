"""Facts of the payments service about what sources of digital payments told it.

A source is who carries a digital payment out: a card acquirer, a wallet. Only what it says
makes, refunds or disputes its payments.
"""

from typing import ClassVar

from shared.events import Event
from shared.ids import Id


class SourceEventAccepted(Event):
    """A source's signed event was taken in; what it said follows in the same commit."""

    type: ClassVar[str] = "payments.source-event-accepted.v1"
    about: ClassVar[str] = "digital-source/{source}"

    source: str
    event_id: str  # the source's own name of it
    kind: str  # payment.succeeded, payment.refunded, payment.disputed
    payment_id: Id
    body_sha256: str


class DuplicateIgnored(Event):
    """A source sent an event again; nothing came of it (doublon ignoré)."""

    type: ClassVar[str] = "payments.duplicate-ignored.v1"
    about: ClassVar[str] = "digital-source/{source}"

    source: str
    event_id: str
    payment_id: Id
    first_position: int  # where the event was taken in
