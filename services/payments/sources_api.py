"""Digital sources over HTTP: signed events, which alone make and undo digital payments.

A source signs as the Standard Webhooks specification says: HMAC-SHA256, with its secret, over
the event's id, the instant of sending and the body's bytes as they were sent. There is no token:
whoever has the secret is the source. The secret comes from the environment, never from the books.
"""

import hashlib
import hmac
import time
from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from pydantic import StringConstraints

from services.payments.api import RECORDING_REFUSALS, TAKING_BACK_REFUSALS, today
from services.payments.domain.refundable import MoreThanRefundable
from services.payments.domain.source import (
    MethodNotDigital,
    SourceEvent,
    SourceEventDiffers,
    TakeSourceEvent,
    event_key,
    payment_of,
)
from services.payments.settings import Settings, key_of
from services.payments.sources_schemas import SourceEventIn, SourceEventOut
from shared.auth import Ledger
from shared.errors import Refusal
from shared.events.digital import SourceEventAccepted
from shared.fields import Code
from shared.problems import problems
from shared.seal import Context
from shared.web import JournalOf

router = APIRouter(prefix="/v1/ledgers/{ledger}", tags=["digital sources"], responses=problems())

TOLERANCE_SECONDS = 300  # between the source's clock and ours
_VERSION = "v1,"


class SignatureInvalid(Refusal):
    """The event is not signed by this source: its secret, its clock or the body differs."""

    status = 401


EventId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._:-]{0,200}$"),
    Header(alias="webhook-id", description="The source's own name of the event"),
]
SentAt = Annotated[
    str, Header(alias="webhook-timestamp", description="Seconds since 1970, within five minutes")
]
Signatures = Annotated[
    str,
    Header(
        alias="webhook-signature",
        description="`v1,` and the base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`; one of "
        "several, apart by spaces, has to fit",
    ),
]


def signature(key: bytes, event_id: str, sent_at: str, body: bytes) -> str:
    """Return what the source signs an event with.

    >>> signature(b"sixteen bytes...", "evt_1", "1755500000", b"{}")[:5]
    'v1,Xn'
    """
    signed = b"%s.%s.%s" % (event_id.encode(), sent_at.encode(), body)
    return _VERSION + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


async def from_source(
    request: Request,
    ledger: Ledger,
    source: Code,
    event_id: EventId = "",
    sent_at: SentAt = "",
    signatures: Signatures = "",
) -> str:
    """Let an event through when its source signed it just now; return the event's id."""
    settings: Settings = request.app.state.settings
    known = settings.digital_sources
    secret = known.get(f"{ledger}/{source}") or known.get(f"*/{source}")
    if secret is None or not event_id or not _is_now(sent_at):
        raise SignatureInvalid(source=source)
    body = await request.body()
    expected = signature(key_of(secret), event_id, sent_at, body).encode()
    given = signatures.encode("latin-1", "replace").split()
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise SignatureInvalid(source=source)
    return event_id


def _is_now(sent_at: str) -> bool:
    digits = sent_at.isascii() and sent_at.isdigit()
    return digits and abs(time.time() - int(sent_at[:12])) <= TOLERANCE_SECONDS


@router.post(
    "/digital-sources/{source}/events",
    summary="Take in what a source of digital payments says",
    responses=problems(
        SignatureInvalid,
        SourceEventDiffers,
        MethodNotDigital,
        MoreThanRefundable,
        *RECORDING_REFUSALS,
        *TAKING_BACK_REFUSALS,
    ),
)
async def take_source_event(
    request: Request,
    ledger: Ledger,
    source: Code,
    event_id: Annotated[str, Depends(from_source)],
    body: SourceEventIn,
    journal: JournalOf,
) -> SourceEventOut:
    """Record what the source says, once; the same event again is a fact that it was ignored."""
    command = TakeSourceEvent(
        source=source,
        event_id=event_id,
        kind=body.type,
        payment_id=payment_of(ledger, source, body.payment),
        body_sha256=hashlib.sha256(await request.body()).hexdigest(),
        command=body.command(ledger, source, today()),
    )
    context = Context(f"digital-source:{source}", request.state.correlation_id)
    done = await journal.execute(ledger, command, context)
    known = done.picture.find(SourceEvent, event_key(source, event_id))
    assert known
    accepted = any(isinstance(entry.fact, SourceEventAccepted) for entry in done.entries)
    return SourceEventOut(
        outcome="accepted" if accepted else "duplicate_ignored",
        source=source,
        event_id=event_id,
        payment_id=known.payment_id,
        first_position=known.position,
        duplicates=known.duplicates,
    )
