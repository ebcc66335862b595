"""Settling over HTTP: what a customer owes, what is available, and one command that joins them."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.reconciliation import queries
from services.reconciliation.api import READ, Allocator
from services.reconciliation.differences_schemas import money_of
from services.reconciliation.domain.allocation import (
    AllocationIdTaken,
    MoreThanOpen,
    SidesDoNotMatch,
)
from services.reconciliation.domain.customer import NotOneGroup
from services.reconciliation.domain.item import Allocation, UnknownItem
from services.reconciliation.domain.settlement import SettleItems, Side
from services.reconciliation.schemas import AllocationOut, allocation_out
from services.reconciliation.settlements_schemas import (
    OpenAccountOut,
    SettlementIn,
    SettlementOut,
    SideIn,
    held_part,
    open_account_out,
    settled_parts,
)
from shared.auth import Ledger, actor_with
from shared.dates import civil_date, now
from shared.events.reconciliation import PrepaymentHeld
from shared.ids import derived_id
from shared.problems import problems
from shared.requests import fingerprint
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())
_REFUSALS = (AllocationIdTaken, UnknownItem, SidesDoNotMatch, NotOneGroup, MoreThanOpen)


@router.get(
    "/customers/{customer_id}/open-account",
    tags=["settlements"],
    summary="Show what a customer owes, and what is available",
    dependencies=READ,
)
async def show_open_account(
    ledger: Ledger,
    customer_id: UUID,
    journal: JournalOf,
    *,
    show: Annotated[
        Literal["unpaid", "all"], Query(description="What is open (impayé), or settled items too")
    ] = "unpaid",
    group: Annotated[
        bool, Query(description="The accounts of the whole group: who pays, and for whom")
    ] = False,
) -> OpenAccountOut:
    """Show two columns: invoices and orders; payments, overpayments and credit notes.

    Prepayments are on the right too, each with the document it is held for.
    """
    engine, unpaid = journal.engine, show == "unpaid"
    members = await queries.group_of(engine, ledger, customer_id) if group else [customer_id]
    rows = await queries.account_items(engine, ledger, members, unpaid=unpaid)
    orders = await queries.prepayable(engine, ledger, members, unpaid=unpaid)
    held = await queries.held_of(engine, ledger, members)
    return open_account_out(customer_id, rows, orders, held, unpaid=unpaid)


@router.put(
    "/settlements/{settlement_id}",
    status_code=201,
    tags=["settlements"],
    summary="Settle any items owed with any available",
    responses=problems(*_REFUSALS),
)
async def settle(
    request: Request,
    ledger: Ledger,
    settlement_id: UUID,
    body: SettlementIn,
    actor: Allocator,
    journal: JournalOf,
) -> list[AllocationOut]:
    """Allocate one side to the other in one commit; repeating it changes nothing.

    All is of one customer, or of one group.

    For an order or delivery note the money is held, as a prepayment; `/prepayments` lists it.
    """
    command = _command(settlement_id, body)
    done = await journal.execute(ledger, command, context_of(request, actor))
    found = (done.picture.find(Allocation, key) for key in command.allocation_ids)
    return [allocation_out(row) for row in found if row]


@router.post(
    "/settlements/preview",
    tags=["settlements"],
    summary="Show what a settlement would do",
    dependencies=[Depends(actor_with("allocations:make"))],
    responses=problems(*_REFUSALS),
)
async def preview_settlement(
    ledger: Ledger, body: SettlementIn, journal: JournalOf
) -> SettlementOut:
    """Show what would be allocated, or refuse as the settlement would; nothing is recorded."""
    command = _command(derived_id(ledger, "preview"), body)
    facts = await queries.foreseen(journal.engine, ledger, command)
    return SettlementOut(
        allocations=settled_parts(facts),
        prepayments=[held_part(fact) for fact in facts if isinstance(fact, PrepaymentHeld)],
    )


def _command(settlement_id: UUID, body: SettlementIn) -> SettleItems:
    return SettleItems(
        settlement_id=settlement_id,
        owed=_sides(body.owed),
        available=_sides(body.available),
        on=body.on or civil_date(now()),
        reason=body.reason,
        request_sha256=fingerprint(body),
    )


def _sides(named: Sequence[SideIn]) -> list[Side]:
    return [
        Side(item=one.ref(), amount=money_of(one.amount, one.currency) if one.amount else None)
        for one in named
    ]
