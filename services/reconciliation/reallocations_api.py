"""Reallocation over HTTP: what was settled here is settled there, in one request."""

from uuid import UUID

from fastapi import APIRouter, Request

from services.reconciliation.api import Reallocator
from services.reconciliation.differences_schemas import money_of
from services.reconciliation.domain.allocation import (
    AllocationIdTaken,
    AllocationIsFixed,
    MoreThanOpen,
    SidesDoNotMatch,
)
from services.reconciliation.domain.customer import NotOneGroup
from services.reconciliation.domain.item import Allocation, UnknownItem
from services.reconciliation.domain.reallocation import (
    AllocationIsReleased,
    Move,
    Reallocate,
    UnknownRelease,
)
from services.reconciliation.schemas import (
    AllocationOut,
    ReallocationIn,
    ReallocationOut,
    allocation_out,
)
from shared.auth import Ledger
from shared.dates import civil_date, now
from shared.problems import problems
from shared.requests import fingerprint
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())


@router.put(
    "/reallocations/{reallocation_id}",
    status_code=201,
    tags=["allocations"],
    summary="Move allocations",
    responses=problems(
        AllocationIdTaken,
        AllocationIsFixed,
        AllocationIsReleased,
        UnknownRelease,
        UnknownItem,
        SidesDoNotMatch,
        NotOneGroup,
        MoreThanOpen,
    ),
)
async def reallocate(
    request: Request,
    ledger: Ledger,
    reallocation_id: UUID,
    body: ReallocationIn,
    actor: Reallocator,
    journal: JournalOf,
) -> ReallocationOut:
    """Release allocations and make others in one commit; repeating it changes nothing."""
    command = Reallocate(
        reallocation_id=reallocation_id,
        releases=body.releases,
        moves=[
            Move(
                credit=move.credit.ref(),
                debit=move.debit.ref(),
                amount=money_of(move.amount, move.currency),
            )
            for move in body.allocations
        ],
        reason=body.reason,
        on=body.on or civil_date(now()),
        request_sha256=fingerprint(body),
    )
    done = await journal.execute(ledger, command, context_of(request, actor))

    def shown(ids: list[UUID]) -> list[AllocationOut]:
        return [allocation_out(done.picture.find(Allocation, key)) for key in ids]

    return ReallocationOut(
        reallocation_id=reallocation_id,
        released=shown(body.releases),
        allocations=shown(command.allocation_ids),
    )
