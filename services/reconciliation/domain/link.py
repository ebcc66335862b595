"""An allocation that a decision is about to make."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.events.reconciliation import AllocationDifference, AllocationOrigin, ItemRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An allocation to make; `carries` is another customer's credit that a transfer brings."""

    allocation_id: UUID
    within: UUID
    credit: str
    debit: str
    cents: int
    on: date
    origin: AllocationOrigin
    reason: str | None = None
    request_sha256: str | None = None
    prepayment_id: UUID | None = None
    differences: tuple[AllocationDifference, ...] = ()
    transfer_id: UUID | None = None
    carries: ItemRef | None = None
    accepts: AllocationDifference | None = None
