"""What facts of invoicing and reconciliation do to payments' rows.

They may come in any order beside our own: what each does adds up the same.
"""

from datetime import date
from uuid import UUID

from msgspec.structs import replace

from services.payments.deposited import PROJECTION
from services.payments.domain.accounting import Movement
from services.payments.domain.payable import (
    DocumentVat,
    KnownCustomer,
    PayableDocument,
    add_pending,
    payable,
)
from services.payments.domain.payment import Payment, existing
from shared.decider import Need, Picture, fresh, one
from shared.events.invoicing import CustomerChanged, CustomerRegistered, DocumentValidated
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    AllocationShortfall,
    BankReconciliationUndone,
    ItemsMatched,
    ItemsUnmatched,
    PaymentBankReconciled,
)
from shared.seal import Entry

__all__ = ["PROJECTION"]

# ── facts of invoicing ──────────────────────────────────────────────────────────


@PROJECTION.on(CustomerRegistered, lambda fact: [fresh(KnownCustomer, fact.customer_id)])
def know_customer(picture: Picture, entry: Entry, fact: CustomerRegistered) -> None:
    """Know the customer."""
    picture.put(
        KnownCustomer(
            ledger=entry.ledger,
            customer_id=fact.customer_id,
            code=fact.code,
            name=fact.name,
            account=fact.account,
            auxiliary_account=fact.auxiliary_account,
        )
    )


@PROJECTION.on(CustomerChanged, lambda fact: [one(KnownCustomer, fact.customer_id)])
def rename_customer(picture: Picture, _entry: Entry, fact: CustomerChanged) -> None:
    """Know the customer by the name on the card now."""
    if known := picture.find(KnownCustomer, fact.customer_id):
        picture.put(replace(known, name=fact.name))


def _adjusted(fact: DocumentValidated) -> UUID | None:
    """Return the invoice that a positive adjustment raises."""
    return fact.follows if fact.variant == "positive_adjustment" else None


def _needs_of_validated(fact: DocumentValidated) -> list[Need]:
    needs = [one(PayableDocument, fact.document_id), fresh(DocumentVat, fact.document_id)]
    adjusted = _adjusted(fact)
    return [*needs, one(PayableDocument, adjusted)] if adjusted else needs


@PROJECTION.on(DocumentValidated, _needs_of_validated)
def know_document(picture: Picture, entry: Entry, fact: DocumentValidated) -> None:
    """Know the document and what is payable on it."""
    picture.put(
        replace(
            payable(picture, fact.document_id),
            kind=fact.kind,
            number=fact.number,
            customer_id=fact.customer_id,
            currency=fact.total.currency,
            total_cents=fact.total.cents,
            file_sha256=fact.file_sha256,
        )
    )
    picture.put(
        DocumentVat(
            ledger=entry.ledger,
            document_id=fact.document_id,
            vat=tuple(
                {"rate": part.rate, "net_cents": part.net.cents, "vat_cents": part.vat.cents}
                for part in fact.vat
            ),
        )
    )
    if adjusted_id := _adjusted(fact):
        adjusted = payable(picture, adjusted_id)
        adjusted_by = (*adjusted.adjusted_by, str(fact.document_id))
        picture.put(replace(adjusted, adjusted_by=adjusted_by))


# ── facts of reconciliation ─────────────────────────────────────────────────────


def _needs_of_allocation(fact: AllocationMade | AllocationReleased) -> list[Need]:
    needs = []
    for side in (fact.credit, fact.debit):
        if side.kind == "document":
            needs.append(one(PayableDocument, side.id))
        elif side.kind == "payment":
            needs.append(one(Payment, side.id))
    return needs


@PROJECTION.on(AllocationMade, _needs_of_allocation)
def see_allocated(picture: Picture, _entry: Entry, fact: AllocationMade) -> None:
    """Count the allocation; what we had accepted for it is no longer pending."""
    _add_allocated(picture, fact, fact.amount.cents)
    if fact.origin == "applies_to":
        add_pending(picture, fact.debit.id, -fact.amount.cents)


@PROJECTION.on(AllocationReleased, _needs_of_allocation)
def see_released(picture: Picture, _entry: Entry, fact: AllocationReleased) -> None:
    """Take the allocation back."""
    _add_allocated(picture, fact, -fact.amount.cents)


@PROJECTION.on(AllocationShortfall, lambda fact: [one(PayableDocument, fact.document_id)])
def see_shortfall(picture: Picture, _entry: Entry, fact: AllocationShortfall) -> None:
    """Stop waiting for the part that did not fit."""
    short = fact.asked.cents - fact.allocated.cents
    add_pending(picture, fact.document_id, -short)


def _needs_of_matching(fact: ItemsMatched | ItemsUnmatched) -> list[Need]:
    return [one(Movement, f"{item.kind}/{item.id}") for item in fact.items]


@PROJECTION.on(ItemsMatched, _needs_of_matching)
def see_matched(picture: Picture, _entry: Entry, fact: ItemsMatched) -> None:
    """Keep the matching code, for the next accounting export."""
    _mark(picture, fact, fact.matching_code, fact.matched_on)


@PROJECTION.on(ItemsUnmatched, _needs_of_matching)
def see_unmatched(picture: Picture, _entry: Entry, fact: ItemsUnmatched) -> None:
    """Drop the matching code."""
    _mark(picture, fact, None, None)


def _mark(
    picture: Picture, fact: ItemsMatched | ItemsUnmatched, code: str | None, on: date | None
) -> None:
    for item in fact.items:
        movement = picture.find(Movement, f"{item.kind}/{item.id}")
        if movement:
            picture.put(replace(movement, matching_code=code, matched_on=on))


def _add_allocated(picture: Picture, fact: AllocationMade | AllocationReleased, cents: int) -> None:
    for side in (fact.credit, fact.debit):
        if side.kind == "document":
            document = payable(picture, side.id)
            picture.put(replace(document, allocated_cents=document.allocated_cents + cents))
        elif side.kind == "payment":
            payment = existing(picture, side.id)
            picture.put(replace(payment, allocated_cents=payment.allocated_cents + cents))


@PROJECTION.on(PaymentBankReconciled, lambda fact: [one(Payment, fact.payment_id)])
def see_bank_reconciled(picture: Picture, _entry: Entry, fact: PaymentBankReconciled) -> None:
    """The bank shows the payment: it is not corrected any more, only reversed."""
    payment = existing(picture, fact.payment_id)
    picture.put(replace(payment, bank_reconciled=True))


@PROJECTION.on(BankReconciliationUndone, lambda fact: [one(Payment, fact.payment_id)])
def see_bank_reconciliation_undone(
    picture: Picture, _entry: Entry, fact: BankReconciliationUndone
) -> None:
    """The payment is as free as before."""
    payment = existing(picture, fact.payment_id)
    picture.put(replace(payment, bank_reconciled=False))
