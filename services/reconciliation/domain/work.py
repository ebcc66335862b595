"""The workbench of a decision: link and unlink items.

The invariant: no side is ever allocated more than it has, and a link is on one customer's
account: what one pays for another is carried over by a transfer. What becomes of the groups that
links hold together is said by `groups`.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.reconciliation.domain.groups import Groups
from services.reconciliation.domain.item import Allocation, Item, vat_of_sides, vat_parts
from services.reconciliation.domain.link import Link
from services.reconciliation.domain.parts import closing_id, declared, opposite_id
from services.reconciliation.domain.transfer import (
    Transfer,
    carrying_id,
    items_of,
    taken_back,
    transfer_between,
)
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
from shared.events.transfers import TransferMade
from shared.ids import derived_id
from shared.money import Money


class Work:
    """One decision's links and unlinks."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.groups = Groups(picture)
        self.facts = self.groups.facts
        self._returned: set[UUID] = set()  # transfers this decision took back

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
        accepts: AllocationDifference | None = None,
    ) -> None:
        """Allocate cents that fit; a group that this opens is named `within`, or as the link.

        Between two customers of one group it is by a transfer. Differences come after it.
        """
        link = Link(
            allocation_id=allocation_id,
            within=within or allocation_id,
            credit=credit,
            debit=debit,
            cents=cents,
            on=on,
            origin=origin,
            reason=reason,
            request_sha256=request_sha256,
            prepayment_id=prepayment_id,
            differences=differences,
            accepts=accepts,
        )
        if self.item(credit).customer_id == self.item(debit).customer_id:
            self._join(link)
        else:
            self._carry(link)
        for difference in differences:
            self._accept(difference, link)

    def _accept(self, difference: AllocationDifference, beside: Link) -> None:
        """Settle the same debit item with a difference."""
        fact = declared(
            difference,
            customer_id=self.item(beside.debit).customer_id,
            on=beside.on,
            request_sha256=beside.request_sha256 or str(beside.allocation_id),
        )
        self.link(
            allocation_id=difference.allocation_id,
            within=beside.allocation_id,
            credit=self.declare(fact),
            debit=beside.debit,
            cents=difference.amount.cents,
            on=beside.on,
            origin=beside.origin,
            reason=difference.reason,
            request_sha256=beside.request_sha256,
            accepts=difference,
        )

    def _join(self, link: Link) -> None:
        groups, after = self.groups, link.debit if link.carries else None
        group_id = groups.link(link.credit, link.debit, name=link.within, on=link.on, after=after)
        sides = link.credit, link.debit
        credit_parts, debit_parts = (vat_parts(self.item(key), link.cents) for key in sides)
        one_side = self.groups.move(link.credit, group_id, link.cents, credit_parts)
        other_side = self.groups.move(link.debit, group_id, link.cents, debit_parts)
        self.facts.append(
            AllocationMade(
                allocation_id=link.allocation_id,
                customer_id=one_side.customer_id,
                credit=one_side.ref,
                debit=other_side.ref,
                amount=Money(link.cents, one_side.currency),
                allocated_on=link.on,
                origin=link.origin,
                group_id=group_id,
                credit_open=Money(one_side.open_cents, one_side.currency),
                debit_open=Money(other_side.open_cents, one_side.currency),
                vat=debit_parts or credit_parts,
                credit_vat=credit_parts if debit_parts else (),
                reason=link.reason,
                request_sha256=link.request_sha256,
                prepayment_id=link.prepayment_id,
                differences=link.differences,
                transfer_id=link.transfer_id,
                carries=link.carries,
                accepts=link.accepts,
                debit_number=other_side.number if link.accepts else None,
            )
        )

    def _carry(self, link: Link) -> None:
        """Let one customer's credit settle another's debt: a transfer, and a link on each side."""
        credit, debit = self.item(link.credit), self.item(link.debit)
        fact = transfer_between(
            credit,
            debit,
            allocation_id=link.allocation_id,
            cents=link.cents,
            on=link.on,
            reason=link.reason,
        )
        owed, paying = self._transfer(fact)
        carrying = Link(
            allocation_id=carrying_id(fact.transfer_id),
            within=link.within,
            credit=link.credit,
            debit=owed,
            cents=link.cents,
            on=link.on,
            origin="manual",
            reason=link.reason,
            transfer_id=fact.transfer_id,
        )
        self._join(carrying)
        settles = replace(link, credit=paying, transfer_id=fact.transfer_id, carries=credit.ref)
        self._join(settles)

    def _transfer(self, fact: TransferMade) -> tuple[str, str]:
        """Make a transfer; return the names of its debit and its credit item."""
        self.facts.append(fact)
        debit, credit = items_of(self._picture.ledger, fact)
        self.groups.add(debit)
        self.groups.add(credit)
        return debit.item, credit.item

    def unlink(self, allocation: Allocation, *, on: date, reason: str) -> None:
        """Release an allocation and take back what was accepted with it.

        Its group loses its matching code first. That of a transfer goes with the whole transfer.
        """
        if allocation.transfer_id is None:
            self._part(allocation, on=on, reason=reason)
        elif allocation.transfer_id not in self._returned:
            self._return(allocation.transfer_id, on=on, reason=reason)

    def _return(self, transfer_id: UUID, *, on: date, reason: str) -> None:
        """Release both links of a transfer, and meet its items with those of an opposite one."""
        self._returned.add(transfer_id)
        transfer = self._picture.find(Transfer, transfer_id)
        assert transfer
        for leg in (carrying_id(transfer_id), transfer.allocation_id):
            allocation = self._picture.find(Allocation, leg)
            assert allocation
            self._part(allocation, on=on, reason=reason)
        fact = taken_back(transfer, on=on, reason=reason)
        debit, credit = transfer.sides
        opposite_debit, opposite_credit = self._transfer(fact)
        for place, pair in enumerate(((opposite_credit, debit), (credit, opposite_debit))):
            closing = Link(
                allocation_id=derived_id(fact.transfer_id, "closes", place),
                within=fact.transfer_id,
                credit=pair[0],
                debit=pair[1],
                cents=transfer.amount_cents,
                on=on,
                origin="taken_back",
                reason=reason,
                transfer_id=fact.transfer_id,
            )
            self._join(closing)

    def _part(self, allocation: Allocation, *, on: date, reason: str) -> None:
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
            takes_back=write_off_id,
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
