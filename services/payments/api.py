"""Payments' HTTP API: request in, one call, answer out."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.payments import queries
from services.payments.domain import amounts, deposit, locks, payment, settings, taking_back
from services.payments.domain.discount import DiscountOverPayable, DiscountOverTerms
from services.payments.domain.payment import Payment
from services.payments.domain.recording import RecordPayment
from services.payments.domain.taking_back import ReversePayment
from services.payments.schemas import (
    ClosedOut,
    CorrectionIn,
    PaymentIn,
    PaymentOut,
    ReturnIn,
    TakeBackIn,
    payment_json,
    payment_out,
    recorded_out,
)
from services.payments.undoing_schemas import LockedPaymentOut, locked_payment_out
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.dates import IsoDate, civil_date, now
from shared.errors import NotFound
from shared.fields import Code
from shared.ids import derived_id, read_id
from shared.paging import Cursor, Limit, Page
from shared.problems import problems
from shared.requests import IdempotencyKey
from shared.short_way import Asked, Hot
from shared.web import JournalOf, context_of, say

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

Cashier = Annotated[Actor, Depends(actor_with("payments:record"))]
Corrector = Annotated[Actor, Depends(actor_with("payments:correct"))]
Reverser = Annotated[Actor, Depends(actor_with("payments:reverse"))]
READ = [needs_right("payments:read")]
SETTINGS_REFUSALS = (
    settings.UnknownMethod,
    settings.UnknownBankAccount,
    payment.UnknownCustomer,
)
DEPOSIT_REFUSALS = (
    deposit.BankDepositNotOpened,
    deposit.BankDepositOfAnotherMethod,
    deposit.BankDepositOfAnotherAccount,
    deposit.BankDepositOfAnotherCurrency,
    deposit.BankDepositIsClosed,
    deposit.MethodNotDepositable,
)
RECORDING_REFUSALS = (
    *SETTINGS_REFUSALS,
    *DEPOSIT_REFUSALS,
    settings.MethodMissing,
    settings.ReferenceMissing,
    payment.PaymentIdTaken,
    amounts.AmountNotPositive,
    amounts.AmountMissing,
    payment.CustomerMissing,
    payment.UnknownDocument,
    payment.DocumentOfAnotherCustomer,
    payment.DocumentNotPayable,
    payment.PrepaymentNotConfirmed,
    payment.CurrencyDiffers,
    amounts.InvoiceIsSettled,
    amounts.AmountOverPayable,
    amounts.AppliedOverAmount,
    DiscountOverPayable,
    DiscountOverTerms,
    amounts.RemainderNotApplied,
    payment.ReceivedInFuture,
    payment.UnknownCustomerBank,
    settings.PeriodIsLocked,
)
TAKING_BACK_REFUSALS = (
    payment.UnknownPayment,
    taking_back.PaymentIsReversed,
    taking_back.PaymentIsReturned,
    locks.PaymentIsDigital,
    settings.PeriodIsLocked,
)


def today() -> date:
    """Return the civil date in France."""
    return civil_date(now())


def payment_filter(  # noqa: PLR0913 - one parameter per filter
    *,
    customer_id: UUID | None = None,
    document_id: UUID | None = None,
    state: Literal["recorded", "reversed", "returned"] | None = None,
    bank_account: Code | None = None,
    bank_deposit: Code | None = None,
    text: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Part of number or reference")
    ] = None,
    received_from: IsoDate | None = None,
    received_to: IsoDate | None = None,
) -> queries.PaymentFilter:
    """Return the filters that a list's address names."""
    return queries.PaymentFilter(
        customer_id=customer_id,
        document_id=document_id,
        state=state,
        bank_account=bank_account,
        bank_deposit=bank_deposit,
        text=text,
        received_from=received_from,
        received_to=received_to,
    )


Wanted = Annotated[queries.PaymentFilter, Depends(payment_filter)]


@router.put(
    "/payments/{payment_id}",
    status_code=201,
    tags=["payments"],
    summary="Record a payment",
    responses=problems(*RECORDING_REFUSALS),
)
async def record_payment(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    body: PaymentIn,
    actor: Cashier,
    journal: JournalOf,
) -> PaymentOut | ClosedOut:
    """Record money received; repeating the same request changes nothing.

    A problem that has `confirm` is a warning: the same request with these confirmations in
    its own `confirm` passes. An amount of zero only closes documents, and records no payment.
    """
    command = body.command(payment_id, today())
    done = await journal.execute(ledger, command, context_of(request, actor))
    shown = recorded_out(done.picture, payment_id)
    if isinstance(shown, ClosedOut):
        say(request, "closed")
    return shown


def _begin_payment(asked: Asked) -> Awaitable[bytes]:
    payment_id = read_id(asked.name)
    command = PaymentIn.model_validate_json(asked.body).command(payment_id, today())
    if command.amount and not command.amount.cents:
        raise ValueError("what closes documents without a payment is not answered with one")
    return _record_shortly(asked, payment_id, command)


async def _record_shortly(asked: Asked, payment_id: UUID, command: RecordPayment) -> bytes:
    done = await asked.journal.execute(asked.ledger, command, asked.context)
    return payment_json(done.picture.find(Payment, payment_id))


HOT_PAYMENT = Hot(
    "PUT", f"{router.prefix}/payments/{{payment_id}}", "payments:record", 201, _begin_payment
)


@router.post(
    "/payments",
    status_code=201,
    tags=["payments"],
    summary="Record a payment under an Idempotency-Key",
    responses=problems(*RECORDING_REFUSALS),
)
async def post_payment(
    request: Request,
    ledger: Ledger,
    idempotency_key: IdempotencyKey,
    body: PaymentIn,
    actor: Cashier,
    journal: JournalOf,
) -> PaymentOut | ClosedOut:
    """Record money received, for clients that can't name what they make with a UUID."""
    payment_id = derived_id(ledger, "payment", actor.subject, idempotency_key)
    return await record_payment(request, ledger, payment_id, body, actor, journal)


@router.get(
    "/payments/{payment_id}",
    tags=["payments"],
    summary="Show a payment",
    dependencies=READ,
    responses=problems(NotFound),
)
async def show_payment(ledger: Ledger, payment_id: UUID, journal: JournalOf) -> LockedPaymentOut:
    """Show a payment, what became of it, and what may still be changed of it."""
    await queries.payment(journal.engine, ledger, payment_id)
    picture = await queries.with_locks(journal.engine, ledger, payment_id)
    return locked_payment_out(payment.existing(picture, payment_id), picture)


@router.get("/payments", tags=["payments"], summary="List payments", dependencies=READ)
async def list_payments(  # noqa: PLR0913 - a page's parts, by name
    ledger: Ledger,
    journal: JournalOf,
    wanted: Wanted,
    *,
    sort: queries.Sort = "received_on",
    direction: Literal["asc", "desc"] = "desc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PaymentOut]:
    """List payments, latest first unless asked otherwise; filters apply together."""
    rows, following = await queries.payment_page(
        journal.engine,
        ledger,
        wanted,
        sort=sort,
        descending=direction == "desc",
        limit=limit,
        cursor=cursor,
    )
    return Page(items=[payment_out(row) for row in rows], next_cursor=following)


@router.put(
    "/payments/{payment_id}/reversal",
    tags=["payments"],
    summary="Reverse a payment",
    responses=problems(*TAKING_BACK_REFUSALS),
)
async def reverse_payment(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    body: TakeBackIn,
    actor: Reverser,
    journal: JournalOf,
) -> PaymentOut | ClosedOut:
    """Take back a payment recorded in error: an equal and opposite entry; nothing is erased."""
    command = ReversePayment(
        payment_id=payment_id, reason=body.reason, reversed_on=body.on, today=today()
    )
    done = await journal.execute(ledger, command, context_of(request, actor))
    return recorded_out(done.picture, payment_id)


@router.put(
    "/payments/{payment_id}/return",
    tags=["payments"],
    summary="Say that the bank returned a payment",
    responses=problems(*TAKING_BACK_REFUSALS),
)
async def return_payment(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    body: ReturnIn,
    actor: Reverser,
    journal: JournalOf,
) -> PaymentOut:
    """Record a bounced cheque or a rejected debit: what it paid is owed again."""
    command = body.command(payment_id, today())
    done = await journal.execute(ledger, command, context_of(request, actor))
    return payment_out(done.picture.find(Payment, payment_id))


@router.put(
    "/payments/{payment_id}/correction",
    status_code=201,
    tags=["payments"],
    summary="Correct a payment",
    responses=problems(
        *RECORDING_REFUSALS,
        *TAKING_BACK_REFUSALS,
        locks.PaymentIsBankReconciled,
        locks.PaymentIsExported,
    ),
)
async def correct_payment(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    body: CorrectionIn,
    actor: Corrector,
    journal: JournalOf,
) -> PaymentOut | ClosedOut:
    """Reverse a payment and record what it should have been, in one commit; return the new one."""
    command = body.command(payment_id, today())
    done = await journal.execute(ledger, command, context_of(request, actor))
    return recorded_out(done.picture, body.payment_id)
