"""Many payments in one request."""

from collections.abc import Awaitable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.api import RECORDING_REFUSALS, Cashier, today
from services.payments.domain.payment import Payment
from services.payments.schemas import PaymentIn
from shared.auth import Ledger
from shared.bulk import Bulk, BulkIn, BulkOut, Named, Reading, split_name
from shared.decider import Picture
from shared.problems import problems
from shared.short_way import Asked, Hot
from shared.units import SeveralRefused
from shared.web import JournalOf, context_of, json_response

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())


@router.post(
    "/payments/bulk",
    tags=["payments"],
    summary="Record up to 10,000 payments",
    response_model=BulkOut,
    responses=problems(*RECORDING_REFUSALS, SeveralRefused),
)
async def record_payments(
    request: Request, ledger: Ledger, body: BulkIn, actor: Cashier, journal: JournalOf
) -> Response:
    """Accept or refuse each payment with its reason (`each`), or all together (`all`)."""
    bulk = Bulk(journal, ledger, context_of(request, actor), _reading())
    return json_response(await bulk.carry_out(body))


def _begin_payments(asked: Asked) -> Awaitable[bytes]:
    body = BulkIn.model_validate_json(asked.body)
    return Bulk(asked.journal, asked.ledger, asked.context, _reading()).carry_out(body)


HOT_PAYMENTS = Hot(
    "POST", f"{router.prefix}/payments/bulk", "payments:record", 200, _begin_payments
)


def _reading() -> Reading:
    return Reading(partial(_payment, today()), _number)


def _payment(on: date, item: dict[str, Any]) -> Named:
    payment_id, rest = split_name(item)
    return Named(payment_id, PaymentIn.model_validate(rest).command(payment_id, on))


def _number(picture: Picture, payment_id: UUID) -> str | None:
    payment = picture.find(Payment, payment_id)
    return payment.number if payment else None
