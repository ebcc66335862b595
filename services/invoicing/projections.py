"""What facts do to invoicing's rows: its own, and those of payments and reconciliation."""

from collections.abc import Iterator
from uuid import UUID

from msgspec.structs import replace

from services.invoicing.domain.customer import Customer
from services.invoicing.domain.document import Document, payment_status
from services.invoicing.domain.numbers import Counter, Series
from services.invoicing.domain.receipt import SeenPayment, SettledBy
from shared.decider import Need, Picture, fresh, one
from shared.events.invoicing import (
    CustomerRegistered,
    DocumentValidated,
    InvoiceReopened,
    InvoiceSettled,
    NumberingConfigured,
)
from shared.events.payments import PaymentRecorded
from shared.events.reconciliation import AllocationMade, AllocationReleased
from shared.projection import Projection
from shared.seal import Entry

PROJECTION = Projection()


@PROJECTION.on(CustomerRegistered, lambda fact: [one(Customer, fact.customer_id)])
def open_card(picture: Picture, entry: Entry, fact: CustomerRegistered) -> None:
    """Keep the customer card."""
    picture.put(
        Customer(
            ledger=entry.ledger,
            customer_id=fact.customer_id,
            code=fact.code,
            name=fact.name,
            kind=fact.kind,
            account=fact.account,
            auxiliary_account=fact.auxiliary_account,
            town=fact.town,
            request_sha256=fact.request_sha256,
            position=entry.position,
        )
    )


@PROJECTION.on(NumberingConfigured, lambda fact: [one(Series, fact.series)])
def use_template(picture: Picture, entry: Entry, fact: NumberingConfigured) -> None:
    """Number the series' next documents by its new template."""
    picture.put(Series(ledger=entry.ledger, series=fact.series, template=fact.template))


@PROJECTION.on(
    DocumentValidated,
    lambda fact: [one(Document, fact.document_id), one(Counter, fact.numbering_period)],
)
def owe(picture: Picture, entry: Entry, fact: DocumentValidated) -> None:
    """Keep the document, unpaid, and move the counter that gave its number."""
    data = fact.plain()
    picture.put(
        Document(
            ledger=entry.ledger,
            document_id=fact.document_id,
            kind=fact.kind,
            nature=fact.nature,
            number=fact.number,
            series=fact.series,
            customer_id=fact.customer_id,
            issued_on=fact.issued_on,
            due_on=fact.due_on,
            currency=fact.total.currency,
            net_cents=fact.net.cents,
            vat_cents=fact.vat_total.cents,
            total_cents=fact.total.cents,
            lines=tuple(data["lines"]),
            vat=tuple(data["vat"]),
            file_sha256=fact.file_sha256,
            corrects=fact.corrects,
            source_reference=fact.source_reference,
            paid_cents=0,
            payment_status=payment_status(fact.total.cents, 0),
            settled=False,
            settled_on=None,
            validated_at=entry.recorded_at,
            request_sha256=fact.request_sha256,
            position=entry.position,
        )
    )
    period, count = fact.numbering_period, fact.numbering_count
    picture.put(Counter(ledger=entry.ledger, period=period, last=count))


@PROJECTION.on(InvoiceSettled, lambda fact: [one(Document, fact.document_id)])
def settle(picture: Picture, _entry: Entry, fact: InvoiceSettled) -> None:
    """Mark the invoice settled."""
    document = picture.find(Document, fact.document_id)
    assert document
    picture.put(replace(document, settled=True, settled_on=fact.settled_on))


@PROJECTION.on(InvoiceReopened, lambda fact: [one(Document, fact.document_id)])
def reopen(picture: Picture, _entry: Entry, fact: InvoiceReopened) -> None:
    """Mark the invoice owed again."""
    document = picture.find(Document, fact.document_id)
    assert document
    picture.put(replace(document, settled=False, settled_on=None))


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


def documents_of(fact: AllocationMade | AllocationReleased) -> list[tuple[UUID, str, UUID]]:
    """Return each document side of an allocation: its id, and the other side's kind and id."""
    sides = ((fact.credit, fact.debit), (fact.debit, fact.credit))
    return [(this.id, other.kind, other.id) for this, other in sides if this.kind == "document"]


def _needs_of_made(fact: AllocationMade) -> Iterator[Need]:
    for document_id, _, _ in documents_of(fact):
        yield one(Document, document_id)
        yield fresh(SettledBy, link_id(fact.allocation_id, document_id))


def _needs_of_released(fact: AllocationReleased) -> Iterator[Need]:
    for document_id, _, _ in documents_of(fact):
        yield one(Document, document_id)
        yield one(SettledBy, link_id(fact.allocation_id, document_id))


def link_id(allocation_id: UUID, document_id: UUID) -> UUID:
    """Name one side of an allocation: between two documents it has two."""
    return UUID(int=allocation_id.int ^ document_id.int)


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


def _add_paid(picture: Picture, document_id: UUID, cents: int) -> None:
    document = picture.find(Document, document_id)
    assert document
    paid = document.paid_cents + cents
    status = payment_status(document.total_cents, paid)
    picture.put(replace(document, paid_cents=paid, payment_status=status))
