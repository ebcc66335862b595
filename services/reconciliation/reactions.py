"""What facts of others oblige reconciliation to decide."""

from collections.abc import Iterable
from uuid import UUID

from services.reconciliation.domain.allocation import AllocateWhatFits
from services.reconciliation.domain.asked import AllocateAsked, AllocateWaiting, TakeBack
from services.reconciliation.domain.difference import DeclareDifferences, WithdrawDifference
from services.reconciliation.domain.given_back import FreeForSource, TakeBackRefund
from services.reconciliation.domain.sliding import ArrangeSale, ReturnPrepayments
from services.reconciliation.domain.waiting_refund import AllocateWaitingRefunds, refund_link_id
from shared.dates import civil_date
from shared.decider import Command
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.invoicing import (
    DocumentCancelled,
    DocumentDrafted,
    DocumentValidated,
    OrderDocumentValidated,
)
from shared.events.payments import PaymentRecorded, PaymentReturned, PaymentReversed, RefundRecorded
from shared.events.purchases import PurchaseValidated
from shared.events.taking_back import RefundReversed
from shared.ids import derived_id
from shared.money import Money
from shared.projection import Reactions
from shared.seal import Entry

REACTIONS = Reactions()


@REACTIONS.on(PaymentRecorded)
def allocate_to_known_documents(_entry: Entry, fact: PaymentRecorded) -> Iterable[Command]:
    """Give the payment to the documents it applies to, as far as they are known here."""
    if fact.applies_to:
        documents = tuple(applied.document_id for applied in fact.applies_to)
        yield AllocateAsked(payment_id=fact.payment_id, documents=documents)


@REACTIONS.on(DocumentValidated)
def allocate_waiting_payments(entry: Entry, fact: DocumentValidated) -> Iterable[Command]:
    """Give the document what was asked for or held before; apply a correction."""
    yield AllocateWaiting(document_id=fact.document_id)
    yield AllocateWaitingRefunds(document_id=fact.document_id)
    yield _arranging(entry, fact.document_id)
    if fact.corrects:
        yield AllocateWhatFits(
            allocation_id=derived_id(fact.document_id, "corrects", fact.corrects),
            credit=f"document/{fact.document_id}",
            debit=f"document/{fact.corrects}",
            origin="correction",
        )
        if fact.takes_over:
            yield ReturnPrepayments(
                note_id=fact.document_id,
                invoice_id=fact.corrects,
                takes_over=fact.takes_over,
                name=entry.entry_id,
                on=civil_date(entry.recorded_at),
            )
    if fact.variant == "cancellation" and fact.follows:
        yield AllocateWhatFits(
            allocation_id=derived_id(fact.document_id, "cancels", fact.follows),
            credit=f"document/{fact.follows}",
            debit=f"document/{fact.document_id}",
            origin="correction",
        )
    yield DeclareDifferences(document_id=fact.document_id)


@REACTIONS.on(PurchaseValidated)
def settle_purchase(_entry: Entry, fact: PurchaseValidated) -> Iterable[Command]:
    """Nothing that came in pays it, what went out before does; declare what it was closed for."""
    yield AllocateWaiting(document_id=fact.document_id)
    yield AllocateWaitingRefunds(document_id=fact.document_id)
    yield DeclareDifferences(document_id=fact.document_id)


@REACTIONS.on(DocumentDrafted)
def hold_for_draft(entry: Entry, fact: DocumentDrafted) -> Iterable[Command]:
    """Hold what was asked for before; what a draft drawn up anew can't carry goes up again."""
    yield AllocateWaiting(document_id=fact.document_id)
    yield _arranging(entry, fact.document_id)


@REACTIONS.on(OrderDocumentValidated)
def slide_to_order_document(entry: Entry, fact: OrderDocumentValidated) -> Iterable[Command]:
    """Hold what was asked for before; what is held for what it follows slides on to it."""
    yield AllocateWaiting(document_id=fact.document_id)
    yield _arranging(entry, fact.document_id)


@REACTIONS.on(DocumentCancelled)
def give_back_prepayments(entry: Entry, fact: DocumentCancelled) -> Iterable[Command]:
    """What was held for it goes up again, or is the customer's credit."""
    yield _arranging(entry, fact.document_id)


def _arranging(entry: Entry, document_id: UUID) -> ArrangeSale:
    on = civil_date(entry.recorded_at)
    return ArrangeSale(document_id=document_id, name=entry.entry_id, on=on)


@REACTIONS.on(DocumentClosed)
def declare_difference(_entry: Entry, fact: DocumentClosed) -> Iterable[Command]:
    """What is left of a document that was closed short is declared on it."""
    yield DeclareDifferences(document_id=fact.document_id)


@REACTIONS.on(DocumentReopened)
def withdraw_difference(entry: Entry, fact: DocumentReopened) -> Iterable[Command]:
    """What was declared is owed again with what closed it taken back; what is held pays it."""
    yield WithdrawDifference(
        payment_id=fact.payment_id,
        document_id=fact.document_id,
        on=fact.reopened_on,
        write_off_id=fact.write_off_id,
        opposite_id=fact.opposite_id,
    )
    yield _arranging(entry, fact.document_id)


@REACTIONS.on(PaymentReversed)
def release_reversed(_entry: Entry, fact: PaymentReversed) -> Iterable[Command]:
    """Money that never came pays nothing: what it settled is owed again."""
    yield TakeBack(payment_id=fact.payment_id, on=fact.reversed_on, reason=fact.reason)


@REACTIONS.on(PaymentReturned)
def release_returned(_entry: Entry, fact: PaymentReturned) -> Iterable[Command]:
    """Money that went back pays nothing: what it settled is owed again."""
    yield TakeBack(payment_id=fact.payment_id, on=fact.returned_on, reason=fact.reason)


@REACTIONS.on(RefundRecorded)
def allocate_refund(_entry: Entry, fact: RefundRecorded) -> Iterable[Command]:
    """A refund closes what it gives back."""
    if fact.source:
        yield FreeForSource(
            refund_id=fact.refund_id,
            payments=tuple(part.id for part in fact.refunds),
            on=fact.refunded_on,
            reason=f"{fact.source}: {fact.number}",
        )
    for kind, given_back, amount in _given_back(fact):
        yield AllocateWhatFits(
            allocation_id=refund_link_id(fact.refund_id, given_back),
            credit=f"{kind}/{given_back}",
            debit=f"refund/{fact.refund_id}",
            origin="refund",
            amount=amount,
        )


def _given_back(fact: RefundRecorded) -> Iterable[tuple[str, UUID, Money | None]]:
    """Yield what a refund gives back; those from before named one, and no amount of it."""
    if fact.refunds_kind and fact.refunds_id and not fact.refunds:
        yield fact.refunds_kind, fact.refunds_id, None
    for part in fact.refunds:
        yield part.kind, part.id, part.amount


@REACTIONS.on(RefundReversed)
def release_reversed_refund(_entry: Entry, fact: RefundReversed) -> Iterable[Command]:
    """A refund that never was gave nothing back: what it closed is open again."""
    yield TakeBackRefund(
        refund_id=fact.refund_id,
        reversal_id=fact.reversal_id,
        on=fact.reversed_on,
        reason=fact.reason,
    )
