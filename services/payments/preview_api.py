"""Before a payment is recorded: what a form starts from, and what the payment would do."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.payments import deposit_queries, queries
from services.payments.api import today
from services.payments.domain.discount import DiscountTerms, discount_cents
from services.payments.domain.payable import KnownCustomer, PayableDocument
from services.payments.domain.settings import (
    UnknownBankAccount,
    UnknownMethod,
    choose_bank_account,
    choose_method,
    needs_of_settings,
    policy,
)
from services.payments.preview_schemas import (
    DefaultsOut,
    PreviewOut,
    WritesOut,
    prepaid_defaults,
    preview_out,
    writes_out,
)
from services.payments.schemas import CorrectionIn, PaymentIn
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.dates import IsoDate
from shared.decider import Picture, one
from shared.ids import derived_id
from shared.money import decimal_text
from shared.problems import problems
from shared.web import JournalOf

router = APIRouter(prefix="/v1/ledgers/{ledger}", tags=["payments"], responses=problems())

Cashier = Annotated[Actor, Depends(actor_with("payments:record"))]


@router.get("/payments/defaults", summary="Show what a new payment starts from")
async def show_defaults(
    ledger: Ledger,
    actor: Cashier,
    journal: JournalOf,
    document: UUID | None = None,
    customer: UUID | None = None,
    received_on: IsoDate | None = None,
) -> DefaultsOut:
    """Return the defaults of a form: today, method, bank account, what is due, who pays.

    What its terms give on the day of receipt is the discount, and the amount is due less that. A
    prepayment has no default method unless the ledger gives it one; the bank deposit is the one
    that you put a payment in last.
    """
    known = [one(PayableDocument, document), one(DiscountTerms, document)] if document else []
    needs = [*needs_of_settings(ledger), *known]
    picture = await queries.looked_up(journal.engine, ledger, needs)
    found = picture.find(PayableDocument, document) if document else None
    customer_id = found.customer_id if found else customer
    if customer_id:
        cards = await queries.looked_up(journal.engine, ledger, [one(KnownCustomer, customer_id)])
        card = cards.find(KnownCustomer, customer_id)
    else:
        card = None
    prepays = document is not None and (found is None or not found.owed)
    last = await deposit_queries.last_used(journal.engine, ledger, actor.subject)
    on = received_on or today()
    return DefaultsOut(
        received_on=on,
        method=None if prepays and not _is_silent(picture) else _method(picture),
        bank_account=_bank_account(picture),
        bank_deposit=last,
        payer_name=card.name if card else None,
        customer_id=customer_id,
        customer_banks=list(policy(picture).customer_banks),
        document_id=document,
        **_document(found, picture, on),
        **prepaid_defaults(found),
    )


def _is_silent(picture: Picture) -> bool:
    return policy(picture).prepayment_method_default


def _method(picture: Picture) -> str | None:
    try:
        return choose_method(picture, None).code
    except UnknownMethod:
        return None


def _bank_account(picture: Picture) -> str | None:
    try:
        return choose_bank_account(picture, None).code
    except UnknownBankAccount:
        return None


def _document(found: PayableDocument | None, picture: Picture, on: date) -> dict[str, str]:
    if found is None or not found.kind:
        return {}
    due = max(0, found.room_cents)
    paid = found.allocated_cents + found.pending_cents + found.held_cents
    terms = picture.find(DiscountTerms, found.document_id)
    discount = discount_cents(due, terms.percent(on)) if terms else 0
    amounts = {"total": found.total_cents, "paid": paid, "due": due, "amount": due - discount}
    if discount:
        amounts["discount"] = discount
    return {
        "number": found.number,
        "currency": found.currency,
        **{name: decimal_text(cents, found.currency) for name, cents in amounts.items()},
    }


@router.post(
    "/payments/preview",
    summary="Show what a payment would do",
    dependencies=[needs_right("payments:record")],
)
async def preview_payment(ledger: Ledger, body: PaymentIn, journal: JournalOf) -> PreviewOut:
    """Decide a payment without recording it: what is due and remains, warnings and errors.

    The facts in `writes` are those that would be written once the warnings are confirmed.
    """
    command = body.command(derived_id(ledger, "preview"), today())
    foreseen, picture = await queries.foreseen(journal.engine, ledger, command)
    return preview_out(foreseen, picture, command)


@router.post(
    "/payments/{payment_id}/correction/preview",
    summary="Show what a correction would do",
    dependencies=[needs_right("payments:correct")],
)
async def preview_correction(
    ledger: Ledger, payment_id: UUID, body: CorrectionIn, journal: JournalOf
) -> WritesOut:
    """Decide a correction without making it: the reversal and the new payment, or the error."""
    command = body.command(payment_id, today())
    foreseen, _ = await queries.foreseen(journal.engine, ledger, command)
    return writes_out(foreseen)
