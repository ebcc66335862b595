"""Refunds over HTTP: money that goes back to a customer, or settles what we owe."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.payments.api import SETTINGS_REFUSALS, today
from services.payments.domain import payment, refundable, settings
from services.payments.domain.amounts import AmountNotPositive
from services.payments.domain.refund import RefundIdTaken
from services.payments.refunds_schemas import RefundClosedOut, RefundIn, RefundOut, given_out
from shared.auth import Actor, Ledger, actor_with
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

Refunder = Annotated[Actor, Depends(actor_with("refunds:record"))]


@router.put(
    "/refunds/{refund_id}",
    status_code=201,
    tags=["refunds"],
    summary="Record a refund, or what is paid to a supplier or employee",
    responses=problems(
        *SETTINGS_REFUSALS,
        settings.ReferenceMissing,
        RefundIdTaken,
        AmountNotPositive,
        refundable.UnknownCredit,
        refundable.NotRefundable,
        refundable.NothingToRefund,
        refundable.MoreThanRefundable,
        refundable.NotClosable,
        payment.DocumentOfAnotherCustomer,
        payment.CurrencyDiffers,
        settings.PeriodIsLocked,
    ),
)
async def record_refund(
    request: Request,
    ledger: Ledger,
    refund_id: UUID,
    body: RefundIn,
    actor: Refunder,
    journal: JournalOf,
) -> RefundOut | RefundClosedOut:
    """Record money that goes out; repeating the same request changes nothing.

    It goes back to a customer, or settles purchase invoices or expense notes.
    """
    command = body.command(refund_id, today())
    done = await journal.execute(ledger, command, context_of(request, actor))
    return given_out(done.picture, refund_id)
