"""The workbench of a decision: link and unlink items.

The invariant: no side is ever allocated more than it has. What becomes of the groups that
links hold together is said by `groups`.
"""

from datetime import date
from uuid import UUID

from services.reconciliation.domain.groups import Groups
from services.reconciliation.domain.item import Allocation, Item, vat_of_sides, vat_parts
from services.reconciliation.domain.parts import closing_id, opposite_id
from services.reconciliation.domain.write_off import WriteOff, item_of_write_off, opposite_side
from shared.decider import Picture
from shared.events import Event
from shared.events.reconciliation import (
    AllocationDifference,
    AllocationMade,
    AllocationOrigin,
    AllocationReleased,
    WriteOffDeclared,
)
from shared.money import Money


class Work:
    """One decision's links and unlinks."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.groups = Groups(picture)
        self.facts = self.groups.facts

    def item(self, key: str) -> Item:
        """Return an item as it stands in this decision; raise UnknownItem."""
        return self.groups.item(key)

    def link(  # noqa: PLR0913 - what an allocation is, by name
        self,
        *,
        allocation_id: UUID,
        within: UUID | None = None,
        credit: str,
        debit: str,
        cents: int,
        on: date,
        origin: AllocationOrigin,
        reason: str | None = None,
        request_sha256: str | None = None,
        prepayment_id: UUID | None = None,
        differences: tuple[AllocationDifference, ...] = (),
    ) -> None:
        """Allocate cents that fit; a group that this opens is named `within`, or as the link."""
        group_id = self.groups.link(credit, debit, name=within or allocation_id, on=on)
        credit_parts, debit_parts = (vat_parts(self.item(key), cents) for key in (credit, debit))
        one_side = self.groups.move(credit, group_id, cents, credit_parts)
        other_side = self.groups.move(debit, group_id, cents, debit_parts)
        self.facts.append(
            AllocationMade(
                allocation_id=allocation_id,
                customer_id=one_side.customer_id,
                credit=one_side.ref,
                debit=other_side.ref,
                amount=Money(cents, one_side.currency),
                allocated_on=on,
                origin=origin,
                group_id=group_id,
                credit_open=Money(one_side.open_cents, one_side.currency),
                debit_open=Money(other_side.open_cents, one_side.currency),
                vat=debit_parts or credit_parts,
                credit_vat=credit_parts if debit_parts else (),
                reason=reason,
                request_sha256=request_sha256,
                prepayment_id=prepayment_id,
                differences=differences,
            )
        )

    def unlink(self, allocation: Allocation, *, on: date, reason: str) -> None:
        """Release an allocation and take back what was accepted with it.

        Its group loses its matching code first.
        """
        credit, debit = self.item(allocation.credit_item), self.item(allocation.debit_item)
        group_id = self.groups.unlink(allocation, on)
        vat, credit_vat = allocation.vat_parts()
        credit_parts, debit_parts = vat_of_sides(credit, debit, vat, credit_vat)
        cents = allocation.amount_cents
        self.groups.move(credit.item, group_id, -cents, credit_parts)
        self.groups.move(debit.item, group_id, -cents, debit_parts)
        self.facts.append(
            AllocationReleased(
                allocation_id=allocation.allocation_id,
                customer_id=allocation.customer_id,
                credit=credit.ref,
                debit=debit.ref,
                amount=Money(cents, allocation.currency),
                origin=allocation.origin,
                released_on=on,
                reason=reason,
                group_id=group_id,
                credit_open=Money(self.item(credit.item).open_cents, credit.currency),
                debit_open=Money(self.item(debit.item).open_cents, debit.currency),
                vat=vat,
                credit_vat=credit_vat,
                prepayment_id=allocation.prepayment_id,
            )
        )

        for difference in allocation.differences:
            settles = self._picture.find(Allocation, UUID(str(difference["allocation_id"])))
            if settles and settles.released_on is None:  # else it was given to something else since
                key = UUID(str(difference["write_off_id"]))
                self.take_back(key, opposite_id(key), settles, on=on, reason=reason)

    def declare(self, fact: WriteOffDeclared) -> str:
        """Declare a write-off, and return the name of the item that it is."""
        item = item_of_write_off(self._picture.ledger, fact)
        self.groups.add(item)
        self.facts.append(fact)
        return item.item

    def take_back(
        self,
        write_off_id: UUID,
        opposite_id: UUID,
        settles: Allocation | None,
        *,
        on: date,
        reason: str,
    ) -> None:
        """Meet a write-off with its opposite, once it settles nothing any more."""
        if settles and settles.released_on is None:
            self.unlink(settles, on=on, reason=reason)
        accepted = self._picture.find(WriteOff, write_off_id)
        assert accepted
        opposite = WriteOffDeclared(
            write_off_id=opposite_id,
            customer_id=accepted.customer_id,
            side=opposite_side(accepted.side),
            amount=Money(accepted.amount_cents, accepted.currency),
            reason=reason,
            account=accepted.account,
            declared_on=on,
            request_sha256=accepted.request_sha256,
        )
        pair = f"write_off/{write_off_id}", self.declare(opposite)
        credit, debit = pair if accepted.side == "credit" else pair[::-1]
        if fits := self.item(pair[0]).open_cents:
            self.link(
                allocation_id=closing_id(write_off_id),
                credit=credit,
                debit=debit,
                cents=fits,
                on=on,
                origin="manual",
                reason=reason,
            )

    def finish(self) -> list[Event]:
        """Return all the facts, once groups that fell apart are split and balanced ones matched."""
        return self.groups.finish()
