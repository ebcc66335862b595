"""Many payments in one request."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from services.payments.api import RECORDING_REFUSALS, Cashier, today
from services.payments.domain.payment import Payment
from services.payments.schemas import PaymentIn
from shared.auth import Ledger
from shared.bulk import BulkIn, BulkOut, Named, Reading, carry_out, split_name
from shared.decider import Picture
from shared.journal import SeveralRefused
from shared.problems import problems
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
    context = context_of(request, actor)
    return await carry_out(journal, ledger, context, body, Reading(_payment, _number))


def _payment(item: dict[str, Any]) -> Named:
    payment_id, rest = split_name(item)
    return Named(payment_id, PaymentIn.model_validate(rest).command(payment_id, today()))


def _number(picture: Picture, payment_id: UUID) -> str | None:
    payment = picture.find(Payment, payment_id)
    return payment.number if payment else None
