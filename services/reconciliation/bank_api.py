"""Bank reconciliation over HTTP, by hand: a statement shows a payment, or does not after all."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.reconciliation.domain.bank import (
    BankReconciliation,
    OnAnotherStatement,
    ReconcileWithBank,
    UndoBankReconciliation,
    UnknownPayment,
)
from services.reconciliation.schemas import BankReconciliationIn, BankReconciliationOut, ReleaseIn
from shared.auth import Actor, Ledger, actor_with
from shared.dates import civil_date, now
from shared.decider import Picture
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(
    prefix="/v1/ledgers/{ledger}/payments/{payment_id}/bank-reconciliation",
    tags=["bank reconciliation"],
    responses=problems(),
)

Reconciler = Annotated[Actor, Depends(actor_with("bank-reconciliations:make"))]
Undoer = Annotated[Actor, Depends(actor_with("bank-reconciliations:undo"))]


@router.put(
    "",
    summary="Meet a payment with a bank statement",
    responses=problems(UnknownPayment, OnAnotherStatement),
)
async def reconcile_with_bank(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    body: BankReconciliationIn,
    actor: Reconciler,
    journal: JournalOf,
) -> BankReconciliationOut:
    """Say that the bank shows the payment: from now on it is reversed, not corrected."""
    command = ReconcileWithBank(
        payment_id=payment_id, statement=body.statement, on=body.on or civil_date(now())
    )
    done = await journal.execute(ledger, command, context_of(request, actor))
    return _shown(done.picture, payment_id)


@router.put(
    "/undoing",
    summary="Take a payment off a bank statement",
    responses=problems(UnknownPayment),
)
async def undo_bank_reconciliation(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    body: ReleaseIn,
    actor: Undoer,
    journal: JournalOf,
) -> BankReconciliationOut:
    """Undo what was said by mistake; asking again changes nothing."""
    command = UndoBankReconciliation(
        payment_id=payment_id, reason=body.reason, on=body.on or civil_date(now())
    )
    done = await journal.execute(ledger, command, context_of(request, actor))
    return _shown(done.picture, payment_id)


def _shown(picture: Picture, payment_id: UUID) -> BankReconciliationOut:
    row = picture.find(BankReconciliation, payment_id)
    holds = row if row and row.holds else None
    return BankReconciliationOut(
        payment_id=payment_id,
        bank_reconciled=holds is not None,
        statement=holds.statement if holds else None,
        reconciled_on=holds.reconciled_on if holds else None,
    )
