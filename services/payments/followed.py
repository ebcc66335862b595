"""What facts of invoicing and reconciliation do to payments' rows.

They may come in any order beside our own: what each does adds up the same.
"""

from uuid import UUID

from msgspec.structs import replace

from services.payments.domain.discount import DiscountTerms, terms_of
from services.payments.domain.payable import (
    DocumentVat,
    KnownCustomer,
    PayableDocument,
    add_pending,
    payable,
)
from services.payments.domain.payment import Payment, existing
from services.payments.domain.refund import Refund
from services.payments.domain.refundable import RefundClaim
from services.payments.undone import PROJECTION
from shared.decider import Need, Picture, fresh, one
from shared.events.invoicing import (
    CustomerChanged,
    CustomerRegistered,
    DocumentCancelled,
    DocumentDrafted,
    DocumentValidated,
    OrderDocumentValidated,
)
from shared.events.purchases import PurchaseValidated
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    PrepaymentFreed,
    PrepaymentHeld,
)
from shared.events.shortfalls import AllocationShortfall, RefundShortfall
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
            parent_id=fact.parent_id,
            role=fact.role,
        )
    )


@PROJECTION.on(CustomerChanged, lambda fact: [one(KnownCustomer, fact.customer_id)])
def rename_customer(picture: Picture, _entry: Entry, fact: CustomerChanged) -> None:
    """Know the customer by the name on the card now, and who pays for it now."""
    if known := picture.find(KnownCustomer, fact.customer_id):
        picture.put(replace(known, name=fact.name, parent_id=fact.parent_id))


def _adjusted(fact: DocumentValidated) -> UUID | None:
    """Return the invoice that a positive adjustment raises."""
    return fact.follows if fact.variant == "positive_adjustment" else None


Content = DocumentDrafted | OrderDocumentValidated | DocumentValidated | PurchaseValidated


def _needs_of_content(fact: Content | DocumentCancelled) -> list[Need]:
    taken_over = [one(PayableDocument, fact.takes_over)] if fact.takes_over else []
    return [one(PayableDocument, fact.document_id), *taken_over]


@PROJECTION.on(DocumentDrafted, _needs_of_content)
def know_draft(picture: Picture, _entry: Entry, fact: DocumentDrafted) -> None:
    """Know the draft: it may be prepaid."""
    _know(picture, fact, number="", status="draft")


@PROJECTION.on(OrderDocumentValidated, _needs_of_content)
def know_order_document(picture: Picture, _entry: Entry, fact: OrderDocumentValidated) -> None:
    """Know the quote, order or delivery note: it may be prepaid."""
    _know(picture, fact, number=fact.number, status="validated")
    _pass_on(picture, fact.takes_over, fact.total.cents)


@PROJECTION.on(DocumentCancelled, _needs_of_content)
def know_cancelled(picture: Picture, _entry: Entry, fact: DocumentCancelled) -> None:
    """Nothing may be paid on it any more; what it took over may be prepaid again."""
    document = payable(picture, fact.document_id)
    picture.put(replace(document, document_status="cancelled"))
    if fact.validated:
        _pass_on(picture, fact.takes_over, -fact.validated.cents)


def _know(picture: Picture, fact: Content, *, number: str, status: str) -> None:
    picture.put(
        replace(
            payable(picture, fact.document_id),
            kind=fact.kind,
            number=number,
            customer_id=fact.customer_id,
            currency=fact.total.currency,
            total_cents=fact.total.cents,
            file_sha256=fact.file_sha256,
            document_status=status,
        )
    )


def _pass_on(picture: Picture, document_id: UUID | None, cents: int) -> None:
    """Count what of an order document's amount passed to one that follows (negative: back)."""
    if document_id:
        document = payable(picture, document_id)
        picture.put(replace(document, passed_on_cents=document.passed_on_cents + cents))


def _needs_of_validated(fact: DocumentValidated) -> list[Need]:
    needs = [*_needs_of_content(fact), fresh(DocumentVat, fact.document_id)]
    if fact.discount_terms:
        needs.append(fresh(DiscountTerms, fact.document_id))
    adjusted = _adjusted(fact)
    return [*needs, one(PayableDocument, adjusted)] if adjusted else needs


@PROJECTION.on(DocumentValidated, _needs_of_validated)
def know_document(picture: Picture, entry: Entry, fact: DocumentValidated) -> None:
    """Know the document and what is payable on it."""
    _know(picture, fact, number=fact.number, status="validated")
    _pass_on(picture, fact.takes_over, fact.taken_over_cents)
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
    if fact.discount_terms:
        picture.put(terms_of(entry.ledger, fact))
    if adjusted_id := _adjusted(fact):
        adjusted = payable(picture, adjusted_id)
        adjusted_by = (*adjusted.adjusted_by, str(fact.document_id))
        picture.put(replace(adjusted, adjusted_by=adjusted_by))


@PROJECTION.on(PurchaseValidated, _needs_of_content)
def know_purchase(picture: Picture, _entry: Entry, fact: PurchaseValidated) -> None:
    """Know what we owe: money that goes out settles it."""
    _know(picture, fact, number=fact.number, status="validated")


# ── facts of reconciliation ─────────────────────────────────────────────────────


def _needs_of_allocation(fact: AllocationMade | AllocationReleased) -> list[Need]:
    needs = []
    for side in (fact.credit, fact.debit):
        if side.kind == "document":
            needs.append(one(PayableDocument, side.id))
        elif side.kind == "payment":
            needs.append(one(Payment, side.id))
    if _gives_back(fact):
        needs += [one(RefundClaim, _claim(fact)), one(Refund, fact.debit.id)]
    return needs


def _gives_back(fact: AllocationMade | AllocationReleased) -> bool:
    """Say whether it joins a refund and what that gives back; its reversal is none of these."""
    return fact.debit.kind == "refund" and fact.credit.kind in ("payment", "document")


def _claim(fact: AllocationMade | AllocationReleased) -> str:
    return f"{fact.debit.id}/{fact.credit.kind}/{fact.credit.id}"


@PROJECTION.on(AllocationMade, _needs_of_allocation)
def see_allocated(picture: Picture, _entry: Entry, fact: AllocationMade) -> None:
    """Count the allocation; what we had accepted for it is no longer pending."""
    _add_allocated(picture, fact, fact.amount.cents)
    if fact.origin == "applies_to" and fact.prepayment_id is None:
        add_pending(picture, fact.debit.id, -fact.amount.cents)
    elif fact.origin == "refund" and (claim := picture.find(RefundClaim, _claim(fact))):
        left = claim.pending_cents - fact.amount.cents
        picture.put(replace(claim, pending_cents=left))
    _add_used(picture, fact, fact.amount.cents)


@PROJECTION.on(AllocationReleased, _needs_of_allocation)
def see_released(picture: Picture, _entry: Entry, fact: AllocationReleased) -> None:
    """Take the allocation back."""
    _add_allocated(picture, fact, -fact.amount.cents)
    _add_used(picture, fact, -fact.amount.cents)


def _add_used(picture: Picture, fact: AllocationMade | AllocationReleased, cents: int) -> None:
    if not _gives_back(fact):
        return
    refund = picture.find(Refund, fact.debit.id)
    assert refund
    claim = picture.find(RefundClaim, _claim(fact)) or RefundClaim(
        ledger=picture.ledger,
        claim=_claim(fact),
        refund_id=refund.refund_id,
        target=f"{fact.credit.kind}/{fact.credit.id}",
        amount_cents=0,
        pending_cents=0,
        dropped=refund.state == "reversed",
    )
    picture.put(replace(claim, used_cents=claim.used_cents + cents))


@PROJECTION.on(AllocationShortfall, lambda fact: [one(PayableDocument, fact.document_id)])
def see_shortfall(picture: Picture, _entry: Entry, fact: AllocationShortfall) -> None:
    """Stop waiting for the part that did not fit, and for the discount that did not."""
    short = fact.asked.cents - fact.allocated.cents
    if fact.discount_asked and fact.discount:
        short += fact.discount_asked.cents - fact.discount.cents
    add_pending(picture, fact.document_id, -short)


@PROJECTION.on(RefundShortfall, lambda fact: [one(RefundClaim, _short_claim(fact))])
def see_refund_shortfall(picture: Picture, _entry: Entry, fact: RefundShortfall) -> None:
    """Stop waiting for what was not left to give back."""
    claim = picture.find(RefundClaim, _short_claim(fact))
    assert claim
    short = fact.asked.cents - fact.allocated.cents
    picture.put(replace(claim, pending_cents=claim.pending_cents - short))


def _short_claim(fact: RefundShortfall) -> str:
    return f"{fact.refund_id}/{fact.given_back.kind}/{fact.given_back.id}"


def _needs_of_prepayment(fact: PrepaymentHeld | PrepaymentFreed) -> list[Need]:
    payment = [one(Payment, fact.credit.id)] if fact.credit.kind == "payment" else []
    return [one(PayableDocument, fact.document_id), *payment]


@PROJECTION.on(PrepaymentHeld, _needs_of_prepayment)
def see_held(picture: Picture, _entry: Entry, fact: PrepaymentHeld) -> None:
    """Count the prepayment; what we had accepted for it is no longer pending."""
    _add_held(picture, fact, fact.amount.cents)
    if fact.origin == "applies_to":
        add_pending(picture, fact.document_id, -fact.amount.cents)


@PROJECTION.on(PrepaymentFreed, _needs_of_prepayment)
def see_freed(picture: Picture, _entry: Entry, fact: PrepaymentFreed) -> None:
    """Take what was freed of the prepayment back."""
    _add_held(picture, fact, -fact.amount.cents)


def _add_held(picture: Picture, fact: PrepaymentHeld | PrepaymentFreed, cents: int) -> None:
    document = payable(picture, fact.document_id)
    picture.put(replace(document, held_cents=document.held_cents + cents))
    if fact.credit.kind == "payment":
        payment = existing(picture, fact.credit.id)
        picture.put(replace(payment, held_cents=payment.held_cents + cents))


def _add_allocated(picture: Picture, fact: AllocationMade | AllocationReleased, cents: int) -> None:
    for side in (fact.credit, fact.debit):
        if side.kind == "document":
            document = payable(picture, side.id)
            picture.put(replace(document, allocated_cents=document.allocated_cents + cents))
        elif side.kind == "payment":
            payment = existing(picture, side.id)
            picture.put(replace(payment, allocated_cents=payment.allocated_cents + cents))
