"""What facts of payments and reconciliation do to invoicing's rows: receipts, prepayments."""

from collections.abc import Iterator
from uuid import UUID

from msgspec.structs import replace

from services.invoicing.domain.document import Document
from services.invoicing.domain.due import payment_status
from services.invoicing.domain.receipt import HeldFor, SeenPayment, SettledBy, documents_of, link_id
from services.invoicing.projections import existing
from services.invoicing.purchases import PROJECTION
from shared.decider import Need, Picture, fresh, one
from shared.events.payments import PaymentRecorded
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    DifferenceDeclared,
    DifferenceWithdrawn,
    PrepaymentFreed,
    PrepaymentHeld,
)
from shared.seal import Entry

__all__ = ["PROJECTION"]


@PROJECTION.on(PaymentRecorded, lambda fact: [fresh(SeenPayment, fact.payment_id)])
def see_payment(picture: Picture, entry: Entry, fact: PaymentRecorded) -> None:
    """Remember the payment, to show it on the invoices it settles."""
    picture.put(
        SeenPayment(
            ledger=entry.ledger,
            payment_id=fact.payment_id,
            number=fact.number,
            received_on=fact.received_on,
            method=fact.method,
            bank_account=fact.bank_account,
            reference=fact.reference,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
        )
    )


def _needs_of_made(fact: AllocationMade) -> Iterator[Need]:
    for document_id, _, _ in documents_of(fact):
        yield one(Document, document_id)
        yield fresh(SettledBy, link_id(fact.allocation_id, document_id))


def _needs_of_released(fact: AllocationReleased) -> Iterator[Need]:
    for document_id, _, _ in documents_of(fact):
        yield one(Document, document_id)
        yield one(SettledBy, link_id(fact.allocation_id, document_id))


def _needs_of_held(fact: PrepaymentHeld) -> list[Need]:
    return [one(Document, fact.document_id), fresh(HeldFor, fact.prepayment_id)]


@PROJECTION.on(AllocationMade, _needs_of_made)
def pay(picture: Picture, entry: Entry, fact: AllocationMade) -> None:
    """Count the allocation on each document it touches."""
    for document_id, other_kind, other_id in documents_of(fact):
        _add_paid(picture, document_id, fact.amount.cents)
        picture.put(
            SettledBy(
                ledger=entry.ledger,
                allocation_id=link_id(fact.allocation_id, document_id),
                document_id=document_id,
                other_kind=other_kind,
                other_id=other_id,
                amount_cents=fact.amount.cents,
                currency=fact.amount.currency,
                allocated_on=fact.allocated_on,
                released=False,
            )
        )


@PROJECTION.on(AllocationReleased, _needs_of_released)
def unpay(picture: Picture, _entry: Entry, fact: AllocationReleased) -> None:
    """Take the allocation back from each document it touched."""
    for document_id, _, _ in documents_of(fact):
        _add_paid(picture, document_id, -fact.amount.cents)
        link = picture.find(SettledBy, link_id(fact.allocation_id, document_id))
        assert link
        picture.put(replace(link, released=True))


@PROJECTION.on(PrepaymentHeld, _needs_of_held)
def prepay(picture: Picture, entry: Entry, fact: PrepaymentHeld) -> None:
    """Count the prepayment on its document."""
    _add_prepaid(picture, fact.document_id, fact.amount.cents)
    picture.put(
        HeldFor(
            ledger=entry.ledger,
            prepayment_id=fact.prepayment_id,
            document_id=fact.document_id,
            other_kind=fact.credit.kind,
            other_id=fact.credit.id,
            amount_cents=fact.amount.cents,
            freed_cents=0,
            currency=fact.amount.currency,
            held_on=fact.held_on,
            freed_on=None,
            freed_because=None,
            slid_to=None,
            position=entry.position,
        )
    )


@PROJECTION.on(
    PrepaymentFreed,
    lambda fact: [one(Document, fact.document_id), one(HeldFor, fact.prepayment_id)],
)
def release_prepayment(picture: Picture, _entry: Entry, fact: PrepaymentFreed) -> None:
    """Take what was freed of the prepayment from its document, and keep why."""
    _add_prepaid(picture, fact.document_id, -fact.amount.cents)
    held = picture.find(HeldFor, fact.prepayment_id)
    assert held
    freed = replace(
        held,
        freed_cents=held.freed_cents + fact.amount.cents,
        freed_on=fact.freed_on,
        freed_because=fact.reason,
        slid_to=fact.slides_to,
    )
    picture.put(freed)


def _add_prepaid(picture: Picture, document_id: UUID, cents: int) -> None:
    document = existing(picture, document_id)
    prepaid = document.prepaid_cents + cents
    picture.put(_with_status(replace(document, prepaid_cents=prepaid)))


def _with_status(document: Document) -> Document:
    """Return the document with the payment status that its amounts give it."""
    owed = document.owed
    covered_cents = document.paid_cents + document.declared_cents
    covered_cents += 0 if owed else document.prepaid_cents
    status = payment_status(document.total_cents, covered_cents, owed=owed)
    return replace(document, payment_status=status)


def _add_paid(picture: Picture, document_id: UUID, cents: int) -> None:
    document = existing(picture, document_id)
    picture.put(_with_status(replace(document, paid_cents=document.paid_cents + cents)))


@PROJECTION.on(DifferenceDeclared, lambda fact: [one(Document, fact.document_id)])
def close_short(picture: Picture, _entry: Entry, fact: DifferenceDeclared) -> None:
    """Nobody will pay this much of the document."""
    _declare(picture, fact)


@PROJECTION.on(DifferenceWithdrawn, lambda fact: [one(Document, fact.document_id)])
def owe_again(picture: Picture, _entry: Entry, fact: DifferenceWithdrawn) -> None:
    """This much of the document is owed again."""
    _declare(picture, fact)


def _declare(picture: Picture, fact: DifferenceDeclared | DifferenceWithdrawn) -> None:
    document = existing(picture, fact.document_id)
    declared = document.declared_cents + fact.difference.cents
    picture.put(_with_status(replace(document, declared_cents=declared)))
