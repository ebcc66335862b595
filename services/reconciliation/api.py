"""Reconciliation's HTTP API: request in, one call, answer out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.reconciliation import queries
from services.reconciliation.differences_schemas import money_of
from services.reconciliation.domain.allocation import (
    AllocateByHand,
    AllocationIdTaken,
    AllocationIsFixed,
    MoreThanOpen,
    ReleaseAllocation,
    SidesDoNotMatch,
    UnknownAllocation,
)
from services.reconciliation.domain.customer import NotOneGroup, UnknownCustomer
from services.reconciliation.domain.item import Allocation, Group, Item, UnknownItem, key_of
from services.reconciliation.domain.matching import (
    MatchingIdTaken,
    NothingToMatch,
)
from services.reconciliation.domain.taking_back import (
    TakeBackWriteOff,
    UnknownWriteOff,
    WriteOffNotAlone,
)
from services.reconciliation.domain.write_off import (
    DeclareWriteOff,
    WriteOff,
    WriteOffIdTaken,
    WriteOffNotPositive,
)
from services.reconciliation.schemas import (
    AllocationIn,
    AllocationOut,
    BalanceOut,
    ItemOut,
    MatchingIn,
    MatchingOut,
    ReleaseIn,
    WriteOffIn,
    WriteOffOut,
    allocation_out,
    item_out,
    write_off_out,
)
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.dates import civil_date, now
from shared.errors import Forbidden, NotFound
from shared.events.invoicing import CustomerRole
from shared.money import decimal_text
from shared.paging import Cursor, Limit, Page
from shared.problems import problems
from shared.requests import fingerprint
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())

DECLARE = "write-offs:declare"
Allocator = Annotated[Actor, Depends(actor_with("allocations:make"))]
Releaser = Annotated[Actor, Depends(actor_with("allocations:release"))]
Reallocator = Annotated[Actor, Depends(actor_with("allocations:move"))]
Declarer = Annotated[Actor, Depends(actor_with(DECLARE))]
READ = [needs_right("allocations:read")]
MATCHING_REFUSALS = (MatchingIdTaken, UnknownItem, SidesDoNotMatch, NothingToMatch)


@router.put(
    "/allocations/{allocation_id}",
    status_code=201,
    tags=["allocations"],
    summary="Allocate by hand",
    responses=problems(AllocationIdTaken, UnknownItem, SidesDoNotMatch, NotOneGroup, MoreThanOpen),
)
async def allocate(
    request: Request,
    ledger: Ledger,
    allocation_id: UUID,
    body: AllocationIn,
    actor: Allocator,
    journal: JournalOf,
) -> AllocationOut:
    """Let part of a credit item settle part of a debit item; repeating it changes nothing.

    They are of one customer, or of one group: then a transfer carries it from account to account.
    Differences need the right to declare write-offs as well.
    """
    if body.differences and not actor.may(DECLARE, ledger):
        raise Forbidden(right=DECLARE, ledger=ledger, subject=actor.subject)
    command = AllocateByHand(
        allocation_id=allocation_id,
        credit=body.credit.ref(),
        debit=body.debit.ref(),
        amount=money_of(body.amount, body.currency),
        on=body.on or civil_date(now()),
        reason=body.reason,
        accepted=body.accepted(),
        request_sha256=fingerprint(body),
    )
    done = await journal.execute(ledger, command, context_of(request, actor))
    return allocation_out(done.picture.find(Allocation, allocation_id))


@router.put(
    "/allocations/{allocation_id}/release",
    tags=["allocations"],
    summary="Release an allocation",
    responses=problems(UnknownAllocation, AllocationIsFixed),
)
async def release(
    request: Request,
    ledger: Ledger,
    allocation_id: UUID,
    body: ReleaseIn,
    actor: Releaser,
    journal: JournalOf,
) -> AllocationOut:
    """Undo an allocation: both sides are open again, the matching code is withdrawn.

    One between two customers' accounts goes with its transfer, which is taken back.
    """
    command = ReleaseAllocation(
        allocation_id=allocation_id, reason=body.reason, on=body.on or civil_date(now())
    )
    done = await journal.execute(ledger, command, context_of(request, actor))
    return allocation_out(done.picture.find(Allocation, allocation_id))


@router.get(
    "/allocations/{allocation_id}",
    tags=["allocations"],
    summary="Show an allocation",
    dependencies=READ,
    responses=problems(NotFound),
)
async def show_allocation(ledger: Ledger, allocation_id: UUID, journal: JournalOf) -> AllocationOut:
    """Show an allocation, released or not."""
    return allocation_out(await queries.allocation(journal.engine, ledger, allocation_id))


@router.put(
    "/matchings/{matching_id}",
    status_code=201,
    tags=["matching"],
    summary="Match items",
    responses=problems(*MATCHING_REFUSALS),
)
async def match_items(
    request: Request,
    ledger: Ledger,
    matching_id: UUID,
    body: MatchingIn,
    actor: Allocator,
    journal: JournalOf,
) -> MatchingOut:
    """Allocate the items' open credits to their open debits; balanced, they get a code."""
    command = body.command(matching_id)
    done = await journal.execute(ledger, command, context_of(request, actor))
    item = done.picture.find(Item, key_of(command.items[0]))
    group = done.picture.find(Group, item.group_id) if item and item.group_id else None
    return MatchingOut(
        matching_id=matching_id,
        customer_id=body.customer_id,
        matched_on=command.on,
        matching_code=group.matching_code if group else None,
        open=decimal_text(group.open_cents if group else 0, item.currency if item else "EUR"),
    )


@router.put(
    "/write-offs/{write_off_id}",
    status_code=201,
    tags=["write-offs"],
    summary="Declare a difference",
    responses=problems(WriteOffIdTaken, WriteOffNotPositive, UnknownCustomer),
)
async def declare_write_off(
    request: Request,
    ledger: Ledger,
    write_off_id: UUID,
    body: WriteOffIn,
    actor: Declarer,
    journal: JournalOf,
) -> WriteOffOut:
    """Accept a small difference as loss or gain, with its reason."""
    command = DeclareWriteOff(
        write_off_id=write_off_id,
        customer_id=body.customer_id,
        side="credit" if body.side == "loss" else "debit",
        amount=money_of(body.amount, body.currency),
        reason=body.reason,
        account=body.account,
        on=body.on or civil_date(now()),
        request_sha256=fingerprint(body),
    )
    done = await journal.execute(ledger, command, context_of(request, actor))
    row = done.picture.find(WriteOff, write_off_id)
    assert row
    return write_off_out(row)


@router.put(
    "/write-offs/{write_off_id}/reversal",
    tags=["write-offs"],
    summary="Take a difference back",
    responses=problems(UnknownWriteOff, WriteOffNotAlone),
)
async def take_back_write_off(
    request: Request,
    ledger: Ledger,
    write_off_id: UUID,
    body: ReleaseIn,
    actor: Declarer,
    journal: JournalOf,
) -> WriteOffOut:
    """Take back a difference that was declared alone, and return its opposite.

    What it settled is open again. Repeating it changes nothing.
    """
    command = TakeBackWriteOff(
        write_off_id=write_off_id, reason=body.reason, on=body.on or civil_date(now())
    )
    done = await journal.execute(ledger, command, context_of(request, actor))
    row = done.picture.find(WriteOff, command.opposite_id)
    assert row
    return write_off_out(row)


@router.get("/items", tags=["accounts"], summary="List items", dependencies=READ)
async def list_items(
    ledger: Ledger,
    journal: JournalOf,
    *,
    customer_id: UUID | None = None,
    role: CustomerRole = "customer",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ItemOut]:
    """List what moves customers' accounts, by date, with what is open and the matching code."""
    rows, following = await queries.item_page(
        journal.engine, ledger, role=role, customer_id=customer_id, limit=limit, cursor=cursor
    )
    return Page(items=[item_out(row) for row in rows], next_cursor=following)


@router.get("/balances", tags=["accounts"], summary="List balances", dependencies=READ)
async def list_balances(
    ledger: Ledger,
    journal: JournalOf,
    *,
    customer_id: UUID | None = None,
    role: CustomerRole = "customer",
) -> list[BalanceOut]:
    """List what each customer owes: debit items less credit items, and what is open.

    Of a supplier or employee it is less than zero: we owe that.
    """
    return [
        BalanceOut(
            customer_id=row.customer_id,
            currency=row.currency,
            balance=decimal_text(int(row.balance_cents), row.currency),
            open_debit=decimal_text(int(row.open_debit_cents), row.currency),
            open_credit=decimal_text(int(row.open_credit_cents), row.currency),
        )
        for row in await queries.balances(journal.engine, ledger, customer_id, role)
    ]
