"""What facts of others oblige reconciliation to decide."""

from collections.abc import Iterable

from services.reconciliation.domain.allocation import AllocateWhatFits
from services.reconciliation.domain.asked import AllocateAsked, AllocateWaiting, TakeBack
from services.reconciliation.domain.difference import DeclareDifferences, WithdrawDifference
from shared.decider import Command
from shared.events.invoicing import DocumentValidated
from shared.events.payments import (
    DocumentClosed,
    DocumentReopened,
    PaymentRecorded,
    PaymentReturned,
    PaymentReversed,
    RefundRecorded,
)
from shared.ids import derived_id
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
def allocate_waiting_payments(_entry: Entry, fact: DocumentValidated) -> Iterable[Command]:
    """Give the document what was asked for before it was known; apply a correction."""
    yield AllocateWaiting(document_id=fact.document_id)
    if fact.corrects:
        yield AllocateWhatFits(
            allocation_id=derived_id(fact.document_id, "corrects", fact.corrects),
            credit=f"document/{fact.document_id}",
            debit=f"document/{fact.corrects}",
            origin="correction",
        )
    if fact.variant == "cancellation" and fact.follows:
        yield AllocateWhatFits(
            allocation_id=derived_id(fact.document_id, "cancels", fact.follows),
            credit=f"document/{fact.follows}",
            debit=f"document/{fact.document_id}",
            origin="correction",
        )
    yield DeclareDifferences(document_id=fact.document_id)


@REACTIONS.on(DocumentClosed)
def declare_difference(_entry: Entry, fact: DocumentClosed) -> Iterable[Command]:
    """What is left of a document that was closed short is declared on it."""
    yield DeclareDifferences(document_id=fact.document_id)


@REACTIONS.on(DocumentReopened)
def withdraw_difference(_entry: Entry, fact: DocumentReopened) -> Iterable[Command]:
    """What was declared is owed again with what closed the document taken back."""
    yield WithdrawDifference(
        payment_id=fact.payment_id,
        document_id=fact.document_id,
        on=fact.reopened_on,
        write_off_id=fact.write_off_id,
        opposite_id=fact.opposite_id,
    )


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
    if fact.refunds_kind and fact.refunds_id:
        yield AllocateWhatFits(
            allocation_id=derived_id(fact.refund_id, "refunds", fact.refunds_id),
            credit=f"{fact.refunds_kind}/{fact.refunds_id}",
            debit=f"refund/{fact.refund_id}",
            origin="refund",
        )
