"""What facts of bank deposits, documents closed short and prints do to payments' rows."""

from uuid import UUID

from msgspec.structs import replace

from services.payments.booked import general_entry
from services.payments.configured import PROJECTION
from services.payments.domain.accounting import Movement
from services.payments.domain.closing import Closing
from services.payments.domain.deposit import BankDeposit
from services.payments.domain.payable import PayableDocument, payable
from services.payments.domain.payment import Payment, existing
from services.payments.domain.printing import ReceiptPrint
from shared.decider import Need, Picture, fresh, one
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.papers import ReceiptPrinted
from shared.events.payments import (
    BankDepositClosed,
    BankDepositOpened,
    BankDepositReopened,
    BankDepositReopeningRequested,
    PaymentAddedToDeposit,
    PaymentRemovedFromDeposit,
)
from shared.events.reconciliation import DifferenceDeclared
from shared.seal import Entry

__all__ = ["PROJECTION"]

# ── bank deposits ───────────────────────────────────────────────────────────────


@PROJECTION.on(BankDepositOpened, lambda fact: [one(BankDeposit, fact.bank_deposit)])
def keep_deposit(picture: Picture, entry: Entry, fact: BankDepositOpened) -> None:
    """Keep the deposit; nothing is in it yet."""
    picture.put(
        BankDeposit(
            ledger=entry.ledger,
            bank_deposit=fact.bank_deposit,
            method=fact.method,
            bank_account=fact.bank_account,
            currency=fact.currency,
            state="open",
            payment_count=0,
            total_cents=0,
            opened_at=entry.recorded_at,
            closed_on=None,
            export_id=None,
            reopening_reason=None,
            used_by=(),
        )
    )


def _needs_of_moved(fact: PaymentAddedToDeposit | PaymentRemovedFromDeposit) -> list[Need]:
    return [one(Payment, fact.payment_id), one(BankDeposit, fact.bank_deposit)]


@PROJECTION.on(PaymentAddedToDeposit, _needs_of_moved)
def add_to_deposit(picture: Picture, entry: Entry, fact: PaymentAddedToDeposit) -> None:
    """Count the payment in, and remember who used the deposit last (S2-43)."""
    picture.put(replace(existing(picture, fact.payment_id), bank_deposit=fact.bank_deposit))
    deposit = _deposit(picture, fact.bank_deposit)
    by = entry.context.actor
    others = tuple(use for use in deposit.used_by if use["actor"] != by)
    picture.put(
        replace(
            deposit,
            payment_count=deposit.payment_count + 1,
            total_cents=deposit.total_cents + fact.amount.cents,
            used_by=(*others, {"actor": by, "position": entry.position}),
        )
    )


@PROJECTION.on(PaymentRemovedFromDeposit, _needs_of_moved)
def remove_from_deposit(picture: Picture, _entry: Entry, fact: PaymentRemovedFromDeposit) -> None:
    """Count the payment out."""
    picture.put(replace(existing(picture, fact.payment_id), bank_deposit=None))
    deposit = _deposit(picture, fact.bank_deposit)
    picture.put(
        replace(
            deposit,
            payment_count=deposit.payment_count - 1,
            total_cents=deposit.total_cents + fact.amount.cents,
        )
    )


@PROJECTION.on(BankDepositClosed, lambda fact: [one(BankDeposit, fact.bank_deposit)])
def close_deposit(picture: Picture, _entry: Entry, fact: BankDepositClosed) -> None:
    """Nothing goes in or out any more."""
    deposit = _deposit(picture, fact.bank_deposit)
    picture.put(
        replace(deposit, state="closed", closed_on=fact.closed_on, export_id=fact.export_id)
    )


@PROJECTION.on(BankDepositReopeningRequested, lambda fact: [one(BankDeposit, fact.bank_deposit)])
def note_request(picture: Picture, _entry: Entry, fact: BankDepositReopeningRequested) -> None:
    """Keep why somebody wants it open."""
    deposit = _deposit(picture, fact.bank_deposit)
    picture.put(replace(deposit, reopening_reason=fact.reason))


@PROJECTION.on(BankDepositReopened, lambda fact: [one(BankDeposit, fact.bank_deposit)])
def reopen_deposit(picture: Picture, _entry: Entry, fact: BankDepositReopened) -> None:
    """Payments go in and out again; nobody waits for it any more."""
    deposit = _deposit(picture, fact.bank_deposit)
    picture.put(replace(deposit, state="open", closed_on=None, reopening_reason=None))


def _deposit(picture: Picture, name: str) -> BankDeposit:
    deposit = picture.find(BankDeposit, name)
    assert deposit
    return deposit


# ── documents closed short ──────────────────────────────────────────────────────


def _key(fact: DocumentClosed | DocumentReopened | DifferenceDeclared) -> str:
    return f"{fact.payment_id}/{fact.document_id}"


@PROJECTION.on(
    DocumentClosed,
    lambda fact: [
        fresh(Closing, _key(fact)),
        one(PayableDocument, fact.document_id),
        *_booked(fact.write_off_id),
    ],
)
def keep_closing(picture: Picture, entry: Entry, fact: DocumentClosed) -> None:
    """Declare the difference on the document: nothing is left to pay on it."""
    picture.put(
        Closing(
            ledger=entry.ledger,
            closing=_key(fact),
            payment_id=fact.payment_id,
            document_id=fact.document_id,
            document_number=fact.document_number,
            customer_id=fact.customer_id,
            difference_cents=fact.difference.cents,
            currency=fact.difference.currency,
            closed_on=fact.closed_on,
            reopened_on=None,
            request_sha256=fact.request_sha256,
            write_off_id=fact.write_off_id,
            side=fact.side,
        )
    )
    _declare(picture, fact.document_id, fact.difference.cents)
    if fact.write_off_id:
        picture.put(_movement(entry, fact))


def _movement(entry: Entry, fact: DocumentClosed) -> Movement:
    """Return what accounting books of the difference, a loss or a gain; no money moves by it."""
    sign = 1 if fact.side == "debit" else -1
    return general_entry(
        entry,
        item=f"write_off/{fact.write_off_id}",
        kind="write_off",
        moved_on=fact.closed_on,
        amount_cents=sign * fact.difference.cents,
        currency=fact.difference.currency,
        customer_id=fact.customer_id,
        voucher=fact.document_number,
        label=fact.reason or "",
        counter_account=fact.account,
    )


def _booked(*names: UUID | None) -> list[Need]:
    return [one(Movement, f"write_off/{name}") for name in names if name]


@PROJECTION.on(
    DocumentReopened,
    lambda fact: [
        one(Closing, _key(fact)),
        one(PayableDocument, fact.document_id),
        *_booked(fact.write_off_id, fact.opposite_id),
    ],
)
def keep_reopening(picture: Picture, entry: Entry, fact: DocumentReopened) -> None:
    """Take the declared difference back."""
    closing = picture.find(Closing, _key(fact))
    assert closing
    picture.put(replace(closing, reopened_on=fact.reopened_on))
    _declare(picture, fact.document_id, -closing.difference_cents)
    booked = picture.find(Movement, f"write_off/{fact.write_off_id}") if fact.write_off_id else None
    if booked:
        picture.put(
            replace(
                booked,
                item=f"write_off/{fact.opposite_id}",
                position=entry.position,
                moved_on=fact.reopened_on,
                amount_cents=-booked.amount_cents,
                matching_code=None,
                matched_on=None,
                recorded_at=entry.recorded_at,
            )
        )


@PROJECTION.on(
    DifferenceDeclared,
    lambda fact: [one(Closing, _key(fact)), one(PayableDocument, fact.document_id)],
)
def see_declared(picture: Picture, _entry: Entry, fact: DifferenceDeclared) -> None:
    """Less than was asked is declared where less was open: the document is owed no less for it."""
    closing = picture.find(Closing, _key(fact))
    assert closing
    picture.put(replace(closing, difference_cents=fact.difference.cents))
    if closing.reopened_on is None:
        change = fact.difference.cents - closing.difference_cents
        _declare(picture, fact.document_id, change)


def _declare(picture: Picture, document_id: UUID, cents: int) -> None:
    document = payable(picture, document_id)
    picture.put(replace(document, difference_cents=document.difference_cents + cents))


# ── receipts printed ────────────────────────────────────────────────────────────


@PROJECTION.on(ReceiptPrinted, lambda fact: [fresh(ReceiptPrint, fact.print_id)])
def keep_print(picture: Picture, entry: Entry, fact: ReceiptPrinted) -> None:
    """Keep who printed it, when, and which duplicate it is."""
    picture.put(
        ReceiptPrint(
            ledger=entry.ledger,
            print_id=fact.print_id,
            payment_id=fact.payment_id,
            duplicate=fact.duplicate,
            printed_at=entry.recorded_at,
            printed_by=entry.context.actor,
        )
    )
