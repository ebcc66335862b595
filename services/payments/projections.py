"""What payments' own facts do to its rows; `followed` says it of the other services' facts."""

from datetime import date
from uuid import UUID

from msgspec.structs import replace

from services.payments.domain.accounting import Export, Movement, listed
from services.payments.domain.numbers import Counter
from services.payments.domain.payable import PayableDocument, add_pending
from services.payments.domain.payment import Payment
from services.payments.domain.refund import Refund
from services.payments.domain.refundable import RefundClaim
from shared.decider import Need, Picture, fresh, one
from shared.events.payments import (
    AccountingExportClosed,
    PaymentRecorded,
    PaymentReturned,
    PaymentReversed,
    RefundRecorded,
)
from shared.events.taking_back import Refunded
from shared.projection import Projection
from shared.seal import Entry

PROJECTION = Projection()


# ── our own facts ───────────────────────────────────────────────────────────────


def _needs_of_recorded(fact: PaymentRecorded) -> list[Need]:
    return [
        fresh(Payment, fact.payment_id),
        fresh(Movement, f"payment/{fact.payment_id}"),
        one(Counter, fact.numbering_period),
        *(one(PayableDocument, applied.document_id) for applied in fact.applies_to),
    ]


@PROJECTION.on(PaymentRecorded, _needs_of_recorded)
def keep_payment(picture: Picture, entry: Entry, fact: PaymentRecorded) -> None:
    """Keep the payment and count what it asks of each document until it is seen allocated."""
    picture.put(
        Payment(
            ledger=entry.ledger,
            payment_id=fact.payment_id,
            number=fact.number,
            customer_id=fact.customer_id,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            method=fact.method,
            bank_account=fact.bank_account,
            received_on=fact.received_on,
            payer_name=fact.payer_name,
            reference=fact.reference,
            customer_bank=fact.customer_bank,
            note=fact.note,
            applies_to=_applied(fact),
            replaces=fact.replaces,
            state="recorded",
            taken_back_on=None,
            taken_back_reason=None,
            allocated_cents=0,
            bank_reconciled=False,
            recorded_at=entry.recorded_at,
            request_sha256=fact.request_sha256,
            position=entry.position,
        )
    )
    for applied in fact.applies_to:
        add_pending(picture, applied.document_id, applied.settles_cents)
    item = f"payment/{fact.payment_id}"
    _book(picture, entry, fact, item=item, moved_on=fact.received_on, label=fact.payer_name)


def _applied(fact: PaymentRecorded) -> tuple[dict[str, str | None], ...]:
    return tuple(
        {
            "document_id": str(applied.document_id),
            "number": applied.document_number,
            "amount": str(applied.amount),
            "file_sha256": applied.file_sha256,
            **({"meant_as": "prepayment"} if applied.prepayment else {}),
            **({"discount": str(applied.discount)} if applied.discount else {}),
        }
        for applied in fact.applies_to
    )


def _book(
    picture: Picture,
    entry: Entry,
    fact: PaymentRecorded | RefundRecorded,
    *,
    item: str,
    moved_on: date,
    label: str,
) -> None:
    """Take the number, and keep the movement of money for accounting."""
    picture.put(
        Counter(ledger=entry.ledger, period=fact.numbering_period, last=fact.numbering_count)
    )
    picture.put(
        Movement(
            ledger=entry.ledger,
            item=item,
            position=entry.position,
            kind=item.partition("/")[0],
            moved_on=moved_on,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            method=fact.method,
            bank_account=fact.bank_account,
            customer_id=fact.customer_id,
            voucher=fact.number,
            label=label,
            reference=fact.reference,
            matching_code=None,
            matched_on=None,
            recorded_at=entry.recorded_at,
        )
    )


def _needs_of_taken_back(fact: PaymentReversed | PaymentReturned) -> list[Need]:
    return [
        one(Payment, fact.payment_id),
        one(Movement, f"payment/{fact.payment_id}"),
        fresh(Movement, f"taken_back/{fact.payment_id}"),
    ]


@PROJECTION.on(PaymentReversed, _needs_of_taken_back)
def keep_reversal(picture: Picture, entry: Entry, fact: PaymentReversed) -> None:
    """Take the payment out of the active ones; both entries stay."""
    _take_back(picture, entry, fact.payment_id, "reversal", fact.reversed_on, fact.reason)


def _needs_of_returned(fact: PaymentReturned) -> list[Need]:
    fee = [fresh(Movement, f"return_fee/{fact.payment_id}")] if fact.fee else []
    return [*_needs_of_taken_back(fact), *fee]


@PROJECTION.on(PaymentReturned, _needs_of_returned)
def keep_return(picture: Picture, entry: Entry, fact: PaymentReturned) -> None:
    """Take the payment out of the active ones; both entries stay."""
    _take_back(picture, entry, fact.payment_id, "return", fact.returned_on, fact.reason)
    payment = picture.find(Payment, fact.payment_id)
    returned = picture.find(Movement, f"taken_back/{fact.payment_id}")
    if fact.reason_code and payment:
        picture.put(replace(payment, return_code=fact.reason_code))
    if fact.fee and returned:
        picture.put(
            replace(
                returned,
                item=f"return_fee/{fact.payment_id}",
                kind="return_fee",
                amount_cents=fact.fee.cents,
                currency=fact.fee.currency,
                counter_account=fact.fee_account,
            )
        )


def _take_back(
    picture: Picture, entry: Entry, payment_id: UUID, kind: str, on: date, reason: str
) -> None:
    payment = picture.find(Payment, payment_id)
    received = picture.find(Movement, f"payment/{payment_id}")
    assert payment
    assert received
    state = "reversed" if kind == "reversal" else "returned"
    picture.put(replace(payment, state=state, taken_back_on=on, taken_back_reason=reason))
    picture.put(
        replace(
            received,
            item=f"taken_back/{payment_id}",
            position=entry.position,
            kind=kind,
            moved_on=on,
            amount_cents=-payment.amount_cents,
            matching_code=None,
            matched_on=None,
            recorded_at=entry.recorded_at,
        )
    )


def _claim(fact: RefundRecorded, part: Refunded) -> str:
    return f"{fact.refund_id}/{part.kind}/{part.id}"


def _given_back(fact: RefundRecorded) -> tuple[dict[str, str], ...]:
    return tuple(
        {"kind": part.kind, "id": str(part.id), "amount": str(part.amount)} for part in fact.refunds
    )


def _needs_of_refund(fact: RefundRecorded) -> list[Need]:
    return [
        one(Refund, fact.refund_id),
        fresh(Movement, f"refund/{fact.refund_id}"),
        one(Counter, fact.numbering_period),
        *(fresh(RefundClaim, _claim(fact, part)) for part in fact.refunds),
    ]


@PROJECTION.on(RefundRecorded, _needs_of_refund)
def keep_refund(picture: Picture, entry: Entry, fact: RefundRecorded) -> None:
    """Keep the refund, and what it claims until it is seen allocated."""
    picture.put(
        Refund(
            ledger=entry.ledger,
            refund_id=fact.refund_id,
            number=fact.number,
            customer_id=fact.customer_id,
            amount_cents=-fact.amount.cents,
            currency=fact.amount.currency,
            method=fact.method,
            bank_account=fact.bank_account,
            refunded_on=fact.refunded_on,
            payee_name=fact.payee_name,
            reference=fact.reference,
            note=fact.note,
            refunds_kind=fact.refunds_kind,
            refunds_id=fact.refunds_id,
            recorded_at=entry.recorded_at,
            request_sha256=fact.request_sha256,
            position=entry.position,
            given_back=_given_back(fact),
            replaces=fact.replaces,
            role=fact.role,
        )
    )
    _claim_all(picture, fact)
    item = f"refund/{fact.refund_id}"
    _book(picture, entry, fact, item=item, moved_on=fact.refunded_on, label=fact.payee_name)


def _claim_all(picture: Picture, fact: RefundRecorded) -> None:
    for part in fact.refunds:
        picture.put(
            RefundClaim(
                ledger=picture.ledger,
                claim=_claim(fact, part),
                refund_id=fact.refund_id,
                target=f"{part.kind}/{part.id}",
                amount_cents=part.amount.cents,
                pending_cents=part.amount.cents,
            )
        )


@PROJECTION.on(AccountingExportClosed, lambda fact: [one(Export, fact.export_id)])
def keep_export(picture: Picture, entry: Entry, fact: AccountingExportClosed) -> None:
    """Keep the export's manifest."""
    picture.put(
        Export(
            ledger=entry.ledger,
            export_id=fact.export_id,
            sequence=fact.sequence,
            from_on=fact.from_on,
            to_on=fact.to_on,
            from_position=fact.from_position,
            to_position=fact.to_position,
            entry_count=fact.entry_count,
            line_count=fact.line_count,
            debit_cents=fact.debit_total.cents,
            credit_cents=fact.credit_total.cents,
            currency=fact.debit_total.currency,
            journals=tuple(fact.plain()["journals"]),
            file_name=fact.file_name,
            file_sha256=fact.file_sha256,
            previous_manifest_sha256=fact.previous_manifest_sha256,
            manifest_sha256=fact.manifest_sha256,
            left_out=tuple(listed(fact.left_out)),
            closed_at=entry.recorded_at,
        )
    )
