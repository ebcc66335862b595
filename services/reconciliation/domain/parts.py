"""What is accepted beside an allocation: a discount, a write-off, a bank's fee.

The invariant: what is paid and what is accepted, each with its reason, are together no more than
is open on the debit item. Each difference is a write-off of its own that settles the same item;
it goes with the allocation it was accepted for, met by an equal and opposite one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.reconciliation.domain.item import Allocation, Group, Item, opened_group_id
from services.reconciliation.domain.write_off import WriteOff
from shared.decider import Need, fresh, one, those
from shared.events.reconciliation import AllocationDifference, DifferenceCode, WriteOffDeclared
from shared.ids import derived_id
from shared.money import Money

DISCOUNT: Final = "Escompte"  # what accounting reads of an early-payment discount


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A difference as somebody asks for it."""

    code: DifferenceCode
    amount: Money
    account: str | None
    reason: str


def named(allocation_id: UUID, accepted: Sequence[Accepted]) -> tuple[AllocationDifference, ...]:
    """Return the differences of an allocation, with the names that follow from its own."""
    return tuple(
        AllocationDifference(
            code=each.code,
            amount=each.amount,
            account=each.account,
            reason=each.reason,
            write_off_id=derived_id(allocation_id, "difference", place),
            allocation_id=derived_id(allocation_id, "difference settles", place),
        )
        for place, each in enumerate(accepted)
    )


def needs_of_accepting(differences: Iterable[AllocationDifference]) -> Iterator[Need]:
    """Name what is made for each difference."""
    for difference in differences:
        yield one(WriteOff, difference.write_off_id)
        yield one(Item, f"write_off/{difference.write_off_id}")
        yield fresh(Allocation, difference.allocation_id)


def opposite_id(write_off_id: UUID) -> UUID:
    """Return the name of what takes a difference back."""
    return derived_id(write_off_id, "taken back")


def closing_id(write_off_id: UUID) -> UUID:
    """Return the name of the allocation that joins a difference and what takes it back."""
    return derived_id(write_off_id, "taken back closes")


def needs_of_taking_back(allocation: Allocation) -> Iterator[Need]:
    """Name what taking back an allocation's differences makes, besides its own group."""
    for difference in allocation.differences:
        write_off_id = UUID(str(difference["write_off_id"]))
        yield one(Allocation, UUID(str(difference["allocation_id"])))
        yield from needs_of_opposite(write_off_id, opposite_id(write_off_id))


def needs_of_opposite(write_off_id: UUID, opposite: UUID) -> Iterator[Need]:
    """Name what meeting a write-off with its opposite makes."""
    yield from (one(WriteOff, write_off_id), one(WriteOff, opposite))
    yield one(Item, f"write_off/{opposite}")
    yield those(Allocation, "credit_item", f"write_off/{opposite}")  # where it is the credit
    yield fresh(Allocation, closing_id(write_off_id))
    for credit in (write_off_id, opposite):
        yield one(Group, opened_group_id(closing_id(write_off_id), f"write_off/{credit}"))


def declared(
    difference: AllocationDifference, *, customer_id: UUID, on: date, request_sha256: str
) -> WriteOffDeclared:
    """Return the write-off that a difference is: a loss, by which the customer owes less."""
    return WriteOffDeclared(
        write_off_id=difference.write_off_id,
        customer_id=customer_id,
        side="credit",
        amount=difference.amount,
        reason=difference.reason,
        account=difference.account,
        declared_on=on,
        request_sha256=request_sha256,
    )
