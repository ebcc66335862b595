"""Refunds over HTTP: money that goes back to a customer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.payments.api import SETTINGS_REFUSALS, today
from services.payments.domain import payment, refundable, settings
from services.payments.domain.amounts import AmountNotPositive
from services.payments.domain.refund import Refund, RefundIdTaken
from services.payments.refunds_schemas import RefundIn, RefundOut, refund_out
from shared.auth import Actor, Ledger, actor_with
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

Refunder = Annotated[Actor, Depends(actor_with("refunds:record"))]


@router.put(
    "/refunds/{refund_id}",
    status_code=201,
    tags=["refunds"],
    summary="Record a refund",
    responses=problems(
        *SETTINGS_REFUSALS,
        RefundIdTaken,
        AmountNotPositive,
        refundable.UnknownCredit,
        refundable.NotRefundable,
        refundable.NothingToRefund,
        refundable.MoreThanRefundable,
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
) -> RefundOut:
    """Record money given back to a customer; repeating the same request changes nothing."""
    command = body.command(refund_id, today())
    done = await journal.execute(ledger, command, context_of(request, actor))
    refund = done.picture.find(Refund, refund_id)
    assert refund
    return refund_out(refund)
