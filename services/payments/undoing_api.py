"""What is changed or undone of payments and refunds over HTTP, one or several at once."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request

from services.payments import queries
from services.payments.api import DEPOSIT_REFUSALS, TAKING_BACK_REFUSALS, Corrector, Reverser, today
from services.payments.domain import locks, refund, refund_locks, settings
from services.payments.domain.changing_refund import DeleteRefund
from services.payments.domain.confirming import DELETE, REVERSE, Confirmation
from services.payments.domain.payment import Payment, UnknownPayment
from services.payments.domain.refund import ReverseRefund
from services.payments.domain.taking_back import (
    DeletePayment,
    DeletionNotConfirmed,
    ReversePayment,
    SeveralNotConfirmed,
)
from services.payments.refunds_schemas import RefundClosedOut, RefundOut, given_out
from services.payments.schemas import (
    ClosedOut,
    PaymentOut,
    TakeBackIn,
    payment_out,
    recorded_out,
)
from services.payments.undoing_schemas import (
    AnnotationIn,
    DeletionIn,
    SeveralIn,
    TakenBackOut,
    foreseen_items,
    taken_back_out,
)
from shared.auth import Ledger
from shared.decider import Command
from shared.problems import problems
from shared.units import Commands, SeveralRefused
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

_LOCKS = (
    *DEPOSIT_REFUSALS,
    locks.PaymentIsBankReconciled,
    locks.PaymentIsExported,
    locks.PaymentIsDigital,
    settings.PeriodIsLocked,
)
_REFUND_LOCKS = (refund_locks.RefundIsBankReconciled, refund_locks.RefundIsExported)
_REFUND_REFUSALS = (refund.UnknownRefund, refund.RefundIsReversed, settings.PeriodIsLocked)
_SEVERAL_REFUSALS = (*TAKING_BACK_REFUSALS, *_REFUND_REFUSALS, SeveralNotConfirmed, SeveralRefused)


@router.put(
    "/payments/{payment_id}/annotation",
    tags=["payments"],
    summary="Change a payment's reference or note",
    responses=problems(UnknownPayment, *_LOCKS),
)
async def annotate_payment(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    body: AnnotationIn,
    actor: Corrector,
    journal: JournalOf,
) -> PaymentOut:
    """Change what moves no money: the reference until accounting has it, the note of any."""
    command = body.command(payment_id)
    done = await journal.execute(ledger, command, context_of(request, actor))
    return payment_out(done.picture.find(Payment, payment_id))


@router.put(
    "/payments/{payment_id}/deletion",
    tags=["payments"],
    summary="Delete a payment that nothing locks",
    responses=problems(*TAKING_BACK_REFUSALS, *_LOCKS, DeletionNotConfirmed),
)
async def delete_payment(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    body: DeletionIn,
    actor: Reverser,
    journal: JournalOf,
) -> PaymentOut | ClosedOut:
    """Take a payment out of the books once that is confirmed; where a lock forbids it, reverse."""
    reversal = ReversePayment(
        payment_id=payment_id, reason=body.reason, reversed_on=body.on, today=today()
    )
    command = DeletePayment(reversal=reversal, confirm=body.confirm)
    done = await journal.execute(ledger, command, context_of(request, actor))
    return recorded_out(done.picture, payment_id)


@router.put(
    "/refunds/{refund_id}/reversal",
    tags=["refunds"],
    summary="Reverse a refund",
    responses=problems(*_REFUND_REFUSALS),
)
async def reverse_refund(
    request: Request,
    ledger: Ledger,
    refund_id: UUID,
    body: TakeBackIn,
    actor: Reverser,
    journal: JournalOf,
) -> RefundOut | RefundClosedOut:
    """Take back a refund recorded in error: what it gave back is the customer's credit again."""
    command = _reversal(refund_id, body)
    return await _refund_undone(request, ledger, refund_id, command, actor, journal)


@router.put(
    "/refunds/{refund_id}/deletion",
    tags=["refunds"],
    summary="Delete a refund that nothing locks",
    responses=problems(*_REFUND_REFUSALS, *_REFUND_LOCKS, DeletionNotConfirmed),
)
async def delete_refund(
    request: Request,
    ledger: Ledger,
    refund_id: UUID,
    body: DeletionIn,
    actor: Reverser,
    journal: JournalOf,
) -> RefundOut | RefundClosedOut:
    """Take a refund out of the books once that is confirmed; where a lock forbids it, reverse."""
    command = DeleteRefund(reversal=_reversal(refund_id, body), confirm=body.confirm)
    return await _refund_undone(request, ledger, refund_id, command, actor, journal)


def _reversal(refund_id: UUID, body: TakeBackIn) -> ReverseRefund:
    return ReverseRefund(
        refund_id=refund_id, reason=body.reason, reversed_on=body.on, today=today()
    )


async def _refund_undone(
    request: Request,
    ledger: str,
    refund_id: UUID,
    command: Command,
    actor: Reverser,
    journal: JournalOf,
) -> RefundOut | RefundClosedOut:
    done = await journal.execute(ledger, command, context_of(request, actor))
    return given_out(done.picture, refund_id)


@router.post(
    "/payments/deletions",
    tags=["payments"],
    summary="Delete several payments and refunds",
    responses=problems(*_SEVERAL_REFUSALS, *_LOCKS, *_REFUND_LOCKS, DeletionNotConfirmed),
)
async def delete_several(
    request: Request,
    ledger: Ledger,
    body: SeveralIn,
    actor: Reverser,
    journal: JournalOf,
) -> list[TakenBackOut]:
    """Delete all in one commit, or none; without `delete` in `confirm` it only says what would be.

    The problem then has, per item, what stands against it.
    """
    commands = body.deletions(today())
    return await _several(request, ledger, body, DELETE, commands, actor, journal)


@router.post(
    "/payments/reversals",
    tags=["payments"],
    summary="Reverse several payments and refunds",
    responses=problems(*_SEVERAL_REFUSALS),
)
async def reverse_several(
    request: Request,
    ledger: Ledger,
    body: SeveralIn,
    actor: Reverser,
    journal: JournalOf,
) -> list[TakenBackOut]:
    """Reverse all in one commit, or none; without `reverse` in `confirm` it says what would be.

    The problem then has, per item, what stands against it.
    """
    commands = body.reversals(today())
    return await _several(request, ledger, body, REVERSE, commands, actor, journal)


async def _several(  # noqa: PLR0913, PLR0917 - what a route was given
    request: Request,
    ledger: str,
    body: SeveralIn,
    asked: Confirmation,
    commands: Sequence[Command],
    actor: Reverser,
    journal: JournalOf,
) -> list[TakenBackOut]:
    if asked not in body.confirm:
        found = await queries.standing_against(journal.engine, ledger, commands)
        raise SeveralNotConfirmed(confirm=[asked], items=foreseen_items(body.items, found))
    done = await journal.submit(Commands(ledger, commands, context_of(request, actor)))
    streams = {entry.stream for entry in done.entries}
    return taken_back_out(body.items, done.picture, streams)
