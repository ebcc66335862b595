"""Bank reconciliation over HTTP, by hand: a statement shows money, or does not after all."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.reconciliation.domain.bank import (
    Kind,
    OnAnotherStatement,
    ReconcileWithBank,
    UndoBankReconciliation,
    UnknownPayment,
    UnknownRefund,
    statement_of,
)
from services.reconciliation.schemas import (
    BankReconciliationIn,
    BankReconciliationOut,
    RefundBankReconciliationOut,
    ReleaseIn,
)
from shared.auth import Actor, Ledger, actor_with
from shared.dates import civil_date, now
from shared.decider import Picture
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(
    prefix="/v1/ledgers/{ledger}", tags=["bank reconciliation"], responses=problems()
)

Reconciler = Annotated[Actor, Depends(actor_with("bank-reconciliations:make"))]
Undoer = Annotated[Actor, Depends(actor_with("bank-reconciliations:undo"))]


@router.put(
    "/payments/{payment_id}/bank-reconciliation",
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
    command = _reconciling("payment", payment_id, body)
    done = await journal.execute(ledger, command, context_of(request, actor))
    return BankReconciliationOut(
        payment_id=payment_id, **_shown(done.picture, "payment", payment_id)
    )


@router.put(
    "/payments/{payment_id}/bank-reconciliation/undoing",
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
    command = _undoing("payment", payment_id, body)
    done = await journal.execute(ledger, command, context_of(request, actor))
    return BankReconciliationOut(
        payment_id=payment_id, **_shown(done.picture, "payment", payment_id)
    )


@router.put(
    "/refunds/{refund_id}/bank-reconciliation",
    summary="Meet a refund with a bank statement",
    responses=problems(UnknownRefund, OnAnotherStatement),
)
async def reconcile_refund_with_bank(
    request: Request,
    ledger: Ledger,
    refund_id: UUID,
    body: BankReconciliationIn,
    actor: Reconciler,
    journal: JournalOf,
) -> RefundBankReconciliationOut:
    """Say that the bank shows the refund: from now on it is reversed, not corrected."""
    command = _reconciling("refund", refund_id, body)
    done = await journal.execute(ledger, command, context_of(request, actor))
    return RefundBankReconciliationOut(
        refund_id=refund_id, **_shown(done.picture, "refund", refund_id)
    )


@router.put(
    "/refunds/{refund_id}/bank-reconciliation/undoing",
    summary="Take a refund off a bank statement",
    responses=problems(UnknownRefund),
)
async def undo_bank_reconciliation_of_refund(
    request: Request,
    ledger: Ledger,
    refund_id: UUID,
    body: ReleaseIn,
    actor: Undoer,
    journal: JournalOf,
) -> RefundBankReconciliationOut:
    """Undo what was said by mistake; asking again changes nothing."""
    command = _undoing("refund", refund_id, body)
    done = await journal.execute(ledger, command, context_of(request, actor))
    return RefundBankReconciliationOut(
        refund_id=refund_id, **_shown(done.picture, "refund", refund_id)
    )


def _reconciling(kind: Kind, money_id: UUID, body: BankReconciliationIn) -> ReconcileWithBank:
    on = body.on or civil_date(now())
    return ReconcileWithBank(kind=kind, money_id=money_id, statement=body.statement, on=on)


def _undoing(kind: Kind, money_id: UUID, body: ReleaseIn) -> UndoBankReconciliation:
    on = body.on or civil_date(now())
    return UndoBankReconciliation(kind=kind, money_id=money_id, reason=body.reason, on=on)


def _shown(picture: Picture, kind: Kind, money_id: UUID) -> dict[str, Any]:
    holds = statement_of(picture, kind, money_id)
    return {
        "bank_reconciled": holds is not None,
        "statement": holds.statement if holds else None,
        "reconciled_on": holds.reconciled_on if holds else None,
    }
