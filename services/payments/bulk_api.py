"""Many payments in one request."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from services.payments.api import RECORDING_REFUSALS, Cashier, today
from services.payments.domain.payment import Payment
from services.payments.schemas import PaymentIn
from shared.auth import Ledger
from shared.bulk import Bulk, BulkIn, BulkOut, Named, Reading, split_name
from shared.decider import Picture
from shared.problems import problems
from shared.short_way import Asked, Hot
from shared.units import SeveralRefused
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())


@router.post(
    "/payments/bulk",
    tags=["payments"],
    summary="Record up to 10,000 payments",
    responses=problems(*RECORDING_REFUSALS, SeveralRefused),
)
async def record_payments(
    request: Request, ledger: Ledger, body: BulkIn, actor: Cashier, journal: JournalOf
) -> BulkOut:
    """Accept or refuse each payment with its reason (`each`), or all together (`all`)."""
    reading = Reading(_payment, _number)
    return await Bulk(journal, ledger, context_of(request, actor), reading).carry_out(body)


def _begin_payments(asked: Asked) -> Awaitable[bytes]:
    return _record_shortly(asked, BulkIn.model_validate_json(asked.body))


async def _record_shortly(asked: Asked, body: BulkIn) -> bytes:
    reading = Reading(_payment, _number)
    done = await Bulk(asked.journal, asked.ledger, asked.context, reading).carry_out(body)
    return done.__pydantic_serializer__.to_json(done)


HOT_PAYMENTS = Hot(
    "POST", f"{router.prefix}/payments/bulk", "payments:record", 200, _begin_payments
)


def _payment(item: dict[str, Any]) -> Named:
    payment_id, rest = split_name(item)
    return Named(payment_id, PaymentIn.model_validate(rest).command(payment_id, today()))


def _number(picture: Picture, payment_id: UUID) -> str | None:
    payment = picture.find(Payment, payment_id)
    return payment.number if payment else None
