"""Many payments in one request: each by itself, or all or none; order kept."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError

from services.payments.api import RECORDING_REFUSALS, Cashier, today
from services.payments.domain.payment import Payment, RecordPayment
from services.payments.schemas import BulkIn, BulkItem, BulkOut, BulkOutcome
from shared.auth import Ledger
from shared.errors import Malformed, Refusal
from shared.journal import Commands, Outcome, SeveralRefused
from shared.problems import plain_error, problems
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
    parsed = [_parsed(item) for item in body.payments]
    if body.mode == "all":
        malformed = {i: p for i, p in enumerate(parsed) if isinstance(p, Refusal)}
        if malformed:
            raise SeveralRefused(malformed)
        commands = [item for item in parsed if isinstance(item, RecordPayment)]
        done = await journal.submit(Commands(ledger, commands, context))
        return _out([_accepted(i, c, done) for i, c in enumerate(commands)])

    async def one(item: RecordPayment | Refusal) -> Outcome | BaseException:
        if isinstance(item, Refusal):
            return item
        return await journal.submit(Commands(ledger, (item,), context))

    results = await asyncio.gather(*(one(item) for item in parsed), return_exceptions=True)
    return _out(
        [
            _outcome(i, item, result)
            for i, (item, result) in enumerate(zip(parsed, results, strict=True))
        ]
    )


def _parsed(item: dict[str, Any]) -> RecordPayment | Refusal:
    try:
        checked = BulkItem.model_validate(item)
    except ValidationError as error:
        return Malformed(errors=[plain_error(e) for e in error.errors()])
    return checked.without_id().command(checked.payment_id, today())


def _outcome(
    index: int, item: RecordPayment | Refusal, result: Outcome | BaseException
) -> BulkOutcome:
    payment_id = item.payment_id if isinstance(item, RecordPayment) else None
    if isinstance(result, Refusal):
        return BulkOutcome(
            index=index, payment_id=payment_id, outcome="refused", problem=result.problem()
        )
    if isinstance(result, BaseException):
        raise result
    assert isinstance(item, RecordPayment)
    return _accepted(index, item, result)


def _accepted(index: int, command: RecordPayment, done: Outcome) -> BulkOutcome:
    payment = done.picture.find(Payment, command.payment_id)
    assert payment
    written = any(entry.position == payment.position for entry in done.entries)
    return BulkOutcome(
        index=index,
        payment_id=command.payment_id,
        outcome="recorded" if written else "unchanged",
        number=payment.number,
    )


def _out(outcomes: list[BulkOutcome]) -> BulkOut:
    counts = {"recorded": 0, "unchanged": 0, "refused": 0}
    for outcome in outcomes:
        counts[outcome.outcome] += 1
    return BulkOut(outcomes=outcomes, **counts)
