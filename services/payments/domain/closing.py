"""Closing a document short (soldé): what is left of it will not be paid, and no entry says so.

The difference is declared on the document, so that nothing is left to pay on it; what closed
it, taken back, opens it again for exactly that difference. A payment closes invoices, a refund
purchase invoices and expense notes (S2-56).
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.payments.domain.accounting import Movement
from services.payments.domain.payable import PayableDocument, payable
from services.payments.domain.settings import PaymentPolicy
from shared.decider import Need, Picture, Row, one, those
from shared.events import Event
from shared.events.closing import DocumentClosed, DocumentReopened, Side
from shared.ids import derived_id
from shared.money import Money


class Closing(Row, frozen=True):
    """A document that was closed short, and by how much; amounts in cents.

    `payment_id` names the payment or refund that closed it.
    """

    key = "closing"

    closing: str  # payment id/document id
    payment_id: UUID
    document_id: UUID
    document_number: str
    customer_id: UUID
    difference_cents: int
    currency: str
    closed_on: date
    reopened_on: date | None
    request_sha256: str
    write_off_id: UUID | None = None  # what books the difference, if the ledger wants it booked
    side: Side = "debit"  # where the document stands


def write_off_id(payment_id: UUID, document_id: UUID) -> UUID:
    """Return the name of what books a closing's difference."""
    return derived_id(payment_id, "closes", document_id)


def opposite_id(booked: UUID) -> UUID:
    """Return the name of what takes a booked difference back."""
    return derived_id(booked, "taken back")


class Closer(NamedTuple):
    """Who closes documents short: money that moves, or a request that pays nothing under its name.

    `payment_id` names a payment or a refund.
    """

    payment_id: UUID
    customer_id: UUID
    currency: str
    on: date
    request_sha256: str


def closed(
    current: PaymentPolicy, closer: Closer, left: Iterable[tuple[PayableDocument, int]]
) -> list[Event]:
    """Return what declares the rest of documents, where there is one; what is left is in cents."""
    booked = current.write_off_account
    return [
        DocumentClosed(
            document_id=document.document_id,
            document_number=document.number,
            customer_id=document.customer_id or closer.customer_id,
            payment_id=closer.payment_id,
            difference=Money(cents, closer.currency),
            closed_on=closer.on,
            request_sha256=closer.request_sha256,
            write_off_id=write_off_id(closer.payment_id, document.document_id) if booked else None,
            account=booked,
            reason=current.write_off_reason if booked else None,
            side="credit" if document.purchase else "debit",
        )
        for document, cents in left
        if cents > 0
    ]


def needs_of_reopening(picture: Picture, payment_id: UUID) -> Iterable[Need]:
    """Name what a payment or refund closed, and once that is loaded the documents."""
    closings = those(Closing, "payment_id", payment_id)
    yield closings
    if not picture.missing([closings]):
        for closing in still_closed(picture, payment_id):
            yield from (one(Closing, closing.closing), one(PayableDocument, closing.document_id))
            if closing.write_off_id:
                yield one(Movement, f"write_off/{closing.write_off_id}")
                yield one(Movement, f"write_off/{opposite_id(closing.write_off_id)}")


def still_closed(picture: Picture, payment_id: UUID) -> list[Closing]:
    """Return what a payment or refund closed and nothing has opened again."""
    closings = picture.where(Closing, "payment_id", payment_id)
    return [closing for closing in closings if closing.reopened_on is None]


def reopened(picture: Picture, payment_id: UUID, on: date) -> list[Event]:
    """Return the facts that open again what a payment or refund closed."""
    return [
        DocumentReopened(
            document_id=closing.document_id,
            customer_id=closing.customer_id,
            payment_id=payment_id,
            difference=Money(-closing.difference_cents, closing.currency),
            reopened_on=on,
            write_off_id=closing.write_off_id,
            opposite_id=opposite_id(closing.write_off_id) if closing.write_off_id else None,
            side=closing.side,
        )
        for closing in still_closed(picture, payment_id)
    ]


def freed_by_reopening(picture: Picture, payment_id: UUID) -> dict[UUID, int]:
    """Return the room that opening again gives back per document, in cents."""
    return {
        closing.document_id: min(
            closing.difference_cents,
            payable(picture, closing.document_id).difference_cents,
        )
        for closing in still_closed(picture, payment_id)
    }
