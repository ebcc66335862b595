"""Bank deposits over HTTP (remises en banque): opened, filled, closed, reopened on request."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.payments import deposit_queries, queries
from services.payments.api import DEPOSIT_REFUSALS, TAKING_BACK_REFUSALS, today
from services.payments.deposits_schemas import (
    ClosingIn,
    DepositIn,
    DepositOfPaymentIn,
    DepositOut,
    ReopeningIn,
    deposit_out,
)
from services.payments.domain import depositing, locks, settings
from services.payments.domain.deposit import BankDeposit, UnknownBankDeposit
from services.payments.domain.payment import Payment
from services.payments.schemas import PaymentOut, payment_out
from services.payments.slips import SLIP, slip_csv, slip_page
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.dates import now
from shared.decider import Command
from shared.fields import Code
from shared.paging import Cursor, Limit, Page
from shared.paper import Pdf, pdf
from shared.problems import problems
from shared.web import JournalOf, context_of, say

router = APIRouter(prefix="/v1/ledgers/{ledger}", tags=["bank deposits"], responses=problems())

Filler = Annotated[Actor, Depends(actor_with("bank-deposits:fill"))]
Reopener = Annotated[Actor, Depends(actor_with("bank-deposits:reopen"))]
Reader = Annotated[Actor, Depends(actor_with("bank-deposits:read"))]


class Csv(Response):
    """Comma-separated values, in UTF-8."""

    media_type = "text/csv"


def _out(ledger: str, actor: Actor, row: object) -> DepositOut:
    return deposit_out(row, may_reopen=actor.may("bank-deposits:reopen", ledger))


async def _carry_out(
    request: Request,
    ledger: str,
    actor: Actor,
    journal: JournalOf,
    name: str,
    command: Command,
) -> DepositOut:
    done = await journal.execute(ledger, command, context_of(request, actor))
    return _out(ledger, actor, done.picture.find(BankDeposit, name))


@router.put(
    "/bank-deposits/{bank_deposit}",
    summary="Open a bank deposit",
    responses=problems(*DEPOSIT_REFUSALS, settings.UnknownMethod, settings.UnknownBankAccount),
)
async def open_deposit(
    request: Request,
    ledger: Ledger,
    bank_deposit: Code,
    body: DepositIn,
    actor: Filler,
    journal: JournalOf,
) -> DepositOut:
    """Open a deposit before its first payment; its method and account never change."""
    command = depositing.OpenDeposit(bank_deposit=bank_deposit, **body.model_dump())
    return await _carry_out(request, ledger, actor, journal, bank_deposit, command)


@router.get("/bank-deposits", summary="List bank deposits")
async def list_deposits(  # noqa: PLR0913 - one parameter per filter
    ledger: Ledger,
    actor: Reader,
    journal: JournalOf,
    *,
    state: Literal["open", "closed"] | None = None,
    bank_account: Code | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DepositOut]:
    """List deposits with their sums and counts, last opened first."""
    rows, following = await deposit_queries.bank_deposit_page(
        journal.engine,
        ledger,
        state=state,
        bank_account=bank_account,
        limit=limit,
        cursor=cursor,
    )
    return Page(items=[_out(ledger, actor, row) for row in rows], next_cursor=following)


@router.get(
    "/bank-deposits/{bank_deposit}",
    summary="Show a bank deposit",
    responses=problems(UnknownBankDeposit),
)
async def show_deposit(
    ledger: Ledger, bank_deposit: Code, actor: Reader, journal: JournalOf
) -> DepositOut:
    """Show a deposit, its sum and count, and what you may do with it."""
    row = await deposit_queries.bank_deposit(journal.engine, ledger, bank_deposit)
    return _out(ledger, actor, row)


@router.get(
    "/bank-deposits/{bank_deposit}/slip",
    summary="Fetch the deposit slip",
    dependencies=[needs_right("bank-deposits:read")],
    response_class=Csv,
    responses=problems(UnknownBankDeposit),
)
async def fetch_slip(ledger: Ledger, bank_deposit: Code, journal: JournalOf) -> Csv:
    """Return the slip for the bank: CSV in French, each payment, then number and sum."""
    deposit = await deposit_queries.bank_deposit(journal.engine, ledger, bank_deposit)
    rows = await deposit_queries.deposited(journal.engine, ledger, bank_deposit)
    method, bank_account = await queries.labels(journal.engine, ledger, deposit)
    return Csv(slip_csv(deposit, rows, method=method, bank_account=bank_account))


@router.get(
    "/bank-deposits/{bank_deposit}/slip.pdf",
    summary="Print the deposit slip",
    dependencies=[needs_right("bank-deposits:read")],
    response_class=Pdf,
    responses=problems(UnknownBankDeposit),
)
async def print_slip(ledger: Ledger, bank_deposit: Code, journal: JournalOf) -> Pdf:
    """Return the slip as PDF; that of a deposit which is not closed yet says PROVISOIRE."""
    deposit = await deposit_queries.bank_deposit(journal.engine, ledger, bank_deposit)
    rows = await deposit_queries.deposited(journal.engine, ledger, bank_deposit)
    method, bank_account = await queries.labels(journal.engine, ledger, deposit)
    shown = await queries.presentation(journal.engine, ledger)
    page = slip_page(deposit, rows, issuer=shown.issuer, method=method, bank_account=bank_account)
    return await pdf(SLIP, page, now())


@router.put(
    "/payments/{payment_id}/bank-deposit",
    summary="Put a payment in a bank deposit, or take it out",
    responses=problems(*DEPOSIT_REFUSALS, *TAKING_BACK_REFUSALS, locks.PaymentIsBankReconciled),
)
async def change_deposit(
    request: Request,
    ledger: Ledger,
    payment_id: UUID,
    body: DepositOfPaymentIn,
    actor: Filler,
    journal: JournalOf,
) -> PaymentOut:
    """Put a payment in a deposit that is open, in another one, or in none."""
    command = depositing.ChangeDeposit(
        payment_id=payment_id, bank_deposit=body.bank_deposit, confirm=body.confirm
    )
    done = await journal.execute(ledger, command, context_of(request, actor))
    if body.bank_deposit is None:
        say(request, "withdrawn")
    return payment_out(done.picture.find(Payment, payment_id))


@router.put(
    "/bank-deposits/{bank_deposit}/closing",
    summary="Close a bank deposit",
    responses=problems(UnknownBankDeposit, depositing.BankDepositIsEmpty, depositing.ChequeNotDue),
)
async def close_deposit(
    request: Request,
    ledger: Ledger,
    bank_deposit: Code,
    body: ClosingIn,
    actor: Filler,
    journal: JournalOf,
) -> DepositOut:
    """Close a deposit: it goes to the bank, and nothing is added or taken out."""
    command = depositing.CloseDeposit(bank_deposit=bank_deposit, closed_on=body.on, today=today())
    return await _carry_out(request, ledger, actor, journal, bank_deposit, command)


@router.put(
    "/bank-deposits/{bank_deposit}/reopening-request",
    summary="Ask for a bank deposit to be reopened",
    responses=problems(UnknownBankDeposit, depositing.BankDepositIsOpen),
)
async def request_reopening(
    request: Request,
    ledger: Ledger,
    bank_deposit: Code,
    body: ReopeningIn,
    actor: Filler,
    journal: JournalOf,
) -> DepositOut:
    """Ask those who may to reopen a closed deposit; the reason is shown to them."""
    command = depositing.RequestReopening(bank_deposit=bank_deposit, reason=body.reason)
    return await _carry_out(request, ledger, actor, journal, bank_deposit, command)


@router.put(
    "/bank-deposits/{bank_deposit}/reopening",
    summary="Reopen a bank deposit",
    responses=problems(UnknownBankDeposit, depositing.BankDepositIsExported),
)
async def reopen_deposit(
    request: Request,
    ledger: Ledger,
    bank_deposit: Code,
    body: ReopeningIn,
    actor: Reopener,
    journal: JournalOf,
) -> DepositOut:
    """Open a closed deposit again, unless accounting has it; the reason is kept."""
    command = depositing.ReopenDeposit(bank_deposit=bank_deposit, reason=body.reason)
    return await _carry_out(request, ledger, actor, journal, bank_deposit, command)
