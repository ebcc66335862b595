"""Refunds over HTTP: money that goes out, what it settles, and what is changed of it."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.payments import refund_queries
from services.payments.api import READ, SETTINGS_REFUSALS, Corrector, today
from services.payments.domain import payment, refund, refund_locks, refundable, settings
from services.payments.domain.amounts import AmountNotPositive
from services.payments.domain.refund import Refund
from services.payments.refunds_schemas import (
    LockedRefundOut,
    RefundClosedOut,
    RefundCorrectionIn,
    RefundIn,
    RefundOut,
    RefundTotalOut,
    given_out,
    locked_refund_out,
    refund_out,
    refund_total_out,
)
from services.payments.undoing_schemas import AnnotationIn
from shared.auth import Actor, Ledger, actor_with
from shared.dates import IsoDate
from shared.decider import Command
from shared.fields import Code
from shared.paging import Cursor, Limit, Page
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", tags=["refunds"], responses=problems())

Refunder = Annotated[Actor, Depends(actor_with("refunds:record"))]
_RECORDING_REFUSALS = (
    *SETTINGS_REFUSALS,
    settings.ReferenceMissing,
    refund.RefundIdTaken,
    AmountNotPositive,
    refundable.UnknownCredit,
    refundable.NotRefundable,
    refundable.NothingToRefund,
    refundable.MoreThanRefundable,
    refundable.NotClosable,
    payment.DocumentOfAnotherCustomer,
    payment.CurrencyDiffers,
    settings.PeriodIsLocked,
)
_CHANGING_REFUSALS = (
    refund.UnknownRefund,
    refund_locks.RefundIsBankReconciled,
    refund_locks.RefundIsExported,
    settings.PeriodIsLocked,
)


def refund_filter(
    *,
    customer_id: UUID | None = None,
    state: Literal["recorded", "reversed"] | None = None,
    bank_account: Code | None = None,
    refunded_from: IsoDate | None = None,
    refunded_to: IsoDate | None = None,
) -> refund_queries.RefundFilter:
    """Return the filters that a list's address names."""
    return refund_queries.RefundFilter(
        customer_id=customer_id,
        state=state,
        bank_account=bank_account,
        refunded_from=refunded_from,
        refunded_to=refunded_to,
    )


Wanted = Annotated[refund_queries.RefundFilter, Depends(refund_filter)]


@router.get("/refunds", summary="List refunds", dependencies=READ)
async def list_refunds(
    ledger: Ledger, journal: JournalOf, wanted: Wanted, *, limit: Limit = 50, cursor: Cursor = None
) -> Page[RefundOut]:
    """List refunds, latest first; filters apply together."""
    rows, following = await refund_queries.refund_page(
        journal.engine, ledger, wanted, limit=limit, cursor=cursor
    )
    return Page(items=[refund_out(row) for row in rows], next_cursor=following)


@router.get("/refunds/totals", summary="Add up refunds", dependencies=READ)
async def add_up_refunds(
    ledger: Ledger, journal: JournalOf, wanted: Wanted
) -> list[RefundTotalOut]:
    """Add up all refunds of a list per currency; what was reversed counts for nothing."""
    totals = await refund_queries.refund_totals(journal.engine, ledger, wanted)
    return [refund_total_out(total) for total in totals]


@router.get(
    "/refunds/{refund_id}",
    summary="Show a refund",
    dependencies=READ,
    responses=problems(refund.UnknownRefund),
)
async def show_refund(ledger: Ledger, refund_id: UUID, journal: JournalOf) -> LockedRefundOut:
    """Show a refund, what it gives back now, and what may still be changed of it."""
    picture = await refund_queries.with_refund_locks(journal.engine, ledger, refund_id)
    return locked_refund_out(refund.existing(picture, refund_id), picture)


@router.put(
    "/refunds/{refund_id}",
    status_code=201,
    summary="Record a refund, or what is paid to a supplier or employee",
    responses=problems(*_RECORDING_REFUSALS),
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
    return await _done(request, ledger, refund_id, command, actor, journal)


@router.put(
    "/refunds/{refund_id}/annotation",
    summary="Change a refund's reference or note",
    responses=problems(*_CHANGING_REFUSALS),
)
async def annotate_refund(
    request: Request,
    ledger: Ledger,
    refund_id: UUID,
    body: AnnotationIn,
    actor: Corrector,
    journal: JournalOf,
) -> RefundOut:
    """Change what moves no money: the reference until accounting has it."""
    command = body.of_refund(refund_id)
    done = await journal.execute(ledger, command, context_of(request, actor))
    return refund_out(done.picture.find(Refund, refund_id))


@router.put(
    "/refunds/{refund_id}/correction",
    status_code=201,
    summary="Correct a refund",
    responses=problems(*_RECORDING_REFUSALS, *_CHANGING_REFUSALS, refund.RefundIsReversed),
)
async def correct_refund(
    request: Request,
    ledger: Ledger,
    refund_id: UUID,
    body: RefundCorrectionIn,
    actor: Corrector,
    journal: JournalOf,
) -> RefundOut | RefundClosedOut:
    """Reverse a refund and record what it should have been, in one commit; return the new one."""
    command = body.command(refund_id, today())
    return await _done(request, ledger, body.refund_id, command, actor, journal)


async def _done(
    request: Request,
    ledger: str,
    refund_id: UUID,
    command: Command,
    actor: Actor,
    journal: JournalOf,
) -> RefundOut | RefundClosedOut:
    done = await journal.execute(ledger, command, context_of(request, actor))
    return given_out(done.picture, refund_id)
