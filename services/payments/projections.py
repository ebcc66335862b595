"""What facts do to payments' rows: its own, and those of invoicing and reconciliation."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.payments.domain.accounting import Export, Movement
from services.payments.domain.numbers import Counter
from services.payments.domain.payable import KnownCustomer, PayableDocument, payable
from services.payments.domain.payment import Payment
from services.payments.domain.refund import Refund
from services.payments.domain.settings import POLICY, BankAccount, PaymentMethod, PaymentPolicy
from shared.decider import Need, Picture, one, those
from shared.events.invoicing import CustomerRegistered, DocumentValidated
from shared.events.payments import (
    AccountingExportClosed,
    BankAccountConfigured,
    PaymentMethodConfigured,
    PaymentPolicyConfigured,
    PaymentRecorded,
    PaymentReturned,
    PaymentReversed,
    RefundRecorded,
)
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    AllocationShortfall,
    ItemsMatched,
    ItemsUnmatched,
)
from shared.projection import Projection
from shared.seal import Entry

PROJECTION = Projection()


# ── our own facts ───────────────────────────────────────────────────────────────


def _needs_of_recorded(fact: PaymentRecorded) -> list[Need]:
    return [
        one(Payment, fact.payment_id),
        one(Movement, f"payment/{fact.payment_id}"),
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
            applies_to=tuple(
                {
                    "document_id": str(applied.document_id),
                    "number": applied.document_number,
                    "amount": str(applied.amount),
                }
                for applied in fact.applies_to
            ),
            replaces=fact.replaces,
            state="recorded",
            taken_back_on=None,
            taken_back_reason=None,
            allocated_cents=0,
            recorded_at=entry.recorded_at,
            request_sha256=fact.request_sha256,
            position=entry.position,
        )
    )
    for applied in fact.applies_to:
        _add_pending(picture, applied.document_id, applied.amount.cents)
    picture.put(
        Counter(
            ledger=entry.ledger, period=fact.numbering_period, last=fact.numbering_count
        )
    )
    picture.put(
        Movement(
            ledger=entry.ledger,
            item=f"payment/{fact.payment_id}",
            position=entry.position,
            kind="payment",
            moved_on=fact.received_on,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            method=fact.method,
            bank_account=fact.bank_account,
            customer_id=fact.customer_id,
            voucher=fact.number,
            label=fact.payer_name,
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
        one(Movement, f"taken_back/{fact.payment_id}"),
    ]


@PROJECTION.on(PaymentReversed, _needs_of_taken_back)
def keep_reversal(picture: Picture, entry: Entry, fact: PaymentReversed) -> None:
    """Take the payment out of the active ones; both entries stay."""
    _take_back(picture, entry, fact.payment_id, "reversal", fact.reversed_on, fact.reason)


@PROJECTION.on(PaymentReturned, _needs_of_taken_back)
def keep_return(picture: Picture, entry: Entry, fact: PaymentReturned) -> None:
    """Take the payment out of the active ones; both entries stay."""
    _take_back(picture, entry, fact.payment_id, "return", fact.returned_on, fact.reason)


def _take_back(  # noqa: PLR0913 - one place for two facts of the same shape
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


@PROJECTION.on(
    RefundRecorded,
    lambda fact: [
        one(Refund, fact.refund_id),
        one(Movement, f"refund/{fact.refund_id}"),
        one(Counter, fact.numbering_period),
    ],
)
def keep_refund(picture: Picture, entry: Entry, fact: RefundRecorded) -> None:
    """Keep the refund."""
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
        )
    )
    picture.put(
        Counter(
            ledger=entry.ledger, period=fact.numbering_period, last=fact.numbering_count
        )
    )
    picture.put(
        Movement(
            ledger=entry.ledger,
            item=f"refund/{fact.refund_id}",
            position=entry.position,
            kind="refund",
            moved_on=fact.refunded_on,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            method=fact.method,
            bank_account=fact.bank_account,
            customer_id=fact.customer_id,
            voucher=fact.number,
            label=fact.payee_name,
            reference=fact.reference,
            matching_code=None,
            matched_on=None,
            recorded_at=entry.recorded_at,
        )
    )


@PROJECTION.on(
    PaymentMethodConfigured,
    lambda fact: [one(PaymentMethod, fact.code), those(PaymentMethod, "default", value=True)],
)
def keep_method(picture: Picture, entry: Entry, fact: PaymentMethodConfigured) -> None:
    """Keep the method; a new default takes the place of the old one."""
    if fact.default:
        for other in picture.where(PaymentMethod, "default", value=True):
            picture.put(replace(other, default=False))
    picture.put(PaymentMethod(ledger=entry.ledger, **fact.model_dump()))


@PROJECTION.on(
    BankAccountConfigured,
    lambda fact: [one(BankAccount, fact.code), those(BankAccount, "default", value=True)],
)
def keep_bank_account(picture: Picture, entry: Entry, fact: BankAccountConfigured) -> None:
    """Keep the bank account; a new default takes the place of the old one."""
    if fact.default:
        for other in picture.where(BankAccount, "default", value=True):
            picture.put(replace(other, default=False))
    picture.put(BankAccount(ledger=entry.ledger, **fact.model_dump()))


@PROJECTION.on(PaymentPolicyConfigured, lambda _fact: [one(PaymentPolicy, POLICY)])
def keep_policy(picture: Picture, entry: Entry, fact: PaymentPolicyConfigured) -> None:
    """Keep the policy."""
    picture.put(
        PaymentPolicy(
            ledger=entry.ledger,
            name=POLICY,
            tolerance_cents=fact.tolerance.cents,
            tolerance_currency=fact.tolerance.currency,
            receipt_template=fact.receipt_template,
            refund_template=fact.refund_template,
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
            closed_at=entry.recorded_at,
        )
    )


# ── facts of invoicing ──────────────────────────────────────────────────────────


@PROJECTION.on(CustomerRegistered, lambda fact: [one(KnownCustomer, fact.customer_id)])
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


@PROJECTION.on(DocumentValidated, lambda fact: [one(PayableDocument, fact.document_id)])
def know_document(picture: Picture, _entry: Entry, fact: DocumentValidated) -> None:
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
        _add_pending(picture, fact.debit.id, -fact.amount.cents)


@PROJECTION.on(AllocationReleased, _needs_of_allocation)
def see_released(picture: Picture, _entry: Entry, fact: AllocationReleased) -> None:
    """Take the allocation back."""
    _add_allocated(picture, fact, -fact.amount.cents)


@PROJECTION.on(AllocationShortfall, lambda fact: [one(PayableDocument, fact.document_id)])
def see_shortfall(picture: Picture, _entry: Entry, fact: AllocationShortfall) -> None:
    """Stop waiting for the part that did not fit."""
    short = fact.asked.cents - fact.allocated.cents
    _add_pending(picture, fact.document_id, -short)


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


def _add_pending(picture: Picture, document_id: UUID, cents: int) -> None:
    document = payable(picture, document_id)
    picture.put(replace(document, pending_cents=document.pending_cents + cents))


def _add_allocated(
    picture: Picture, fact: AllocationMade | AllocationReleased, cents: int
) -> None:
    for side in (fact.credit, fact.debit):
        if side.kind == "document":
            document = payable(picture, side.id)
            picture.put(replace(document, allocated_cents=document.allocated_cents + cents))
        elif side.kind == "payment":
            payment = picture.find(Payment, side.id)
            assert payment
            picture.put(replace(payment, allocated_cents=payment.allocated_cents + cents))
