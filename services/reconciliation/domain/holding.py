"""The workbench of prepayments: hold credit for documents, free it, let it go on.

The invariant: no cent is in two places. What is held is neither allocated nor available; what
goes on to another document is freed in the same decision.
"""

from collections.abc import Iterable
from datetime import date
from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from services.reconciliation.domain.item import Item
from services.reconciliation.domain.sale import Prepayment, SaleDocument, prepayment_of
from services.reconciliation.domain.work import Work
from shared.decider import Picture
from shared.events.reconciliation import PrepaymentFreed, PrepaymentHeld
from shared.ids import derived_id
from shared.money import Money

Origin = Literal["applies_to", "manual", "slid"]


class Holding:
    """What one decision holds and frees, beside the allocations of its work."""

    def __init__(
        self,
        picture: Picture,
        work: Work,
        *,
        name: UUID,
        on: date,
        before: dict[UUID, Prepayment] | None = None,
    ) -> None:
        """Begin; groups that are opened are named after `name`, and all is dated `on` or later.

        Parts of one decision that differ in that share `before`: what they held and freed.
        """
        self.work = work
        self.name = name
        self.on = on
        self._picture = picture
        self._prepayments = {} if before is None else before

    # ── as it stands in this decision ───────────────────────────────────────────

    def kept_for(self, document_id: UUID) -> list[Prepayment]:
        """Return what is held for a document, oldest first."""
        stored = self._picture.where(Prepayment, "document_id", document_id)
        return self._live([*stored, *self._prepayments.values()], document_id=document_id)

    def kept_of(self, credit_item: str) -> list[Prepayment]:
        """Return what is held of a credit item, oldest first."""
        stored = self._picture.where(Prepayment, "credit_item", credit_item)
        return self._live([*stored, *self._prepayments.values()], credit_item=credit_item)

    def _live(self, rows: Iterable[Prepayment], **where: object) -> list[Prepayment]:
        current = {row.prepayment_id: row for row in rows} | self._prepayments
        found = [
            row
            for row in current.values()
            if row.left_cents and all(getattr(row, name) == v for name, v in where.items())
        ]
        return sorted(found, key=lambda row: (row.position, row.held_on, row.prepayment_id))

    def room(self, document: SaleDocument) -> int:
        """Return how much more may be held for a document."""
        held = sum(prepayment.left_cents for prepayment in self.kept_for(document.document_id))
        return max(0, document.capacity_cents - held)

    # ── hold and free ───────────────────────────────────────────────────────────

    def hold(  # noqa: PLR0913 - what a prepayment is, by name
        self,
        *,
        prepayment_id: UUID,
        credit: str,
        document: SaleDocument,
        cents: int,
        origin: Origin,
        slid_from: UUID | None = None,
        reason: str | None = None,
        request_sha256: str | None = None,
    ) -> None:
        """Hold cents of a credit item for a document; the caller checked that they fit."""
        item = self.work.groups.reserve(credit, cents)
        on = max(self.on, item.item_on)
        fact = PrepaymentHeld(
            prepayment_id=prepayment_id,
            customer_id=item.customer_id,
            credit=item.ref,
            document_id=document.document_id,
            amount=Money(cents, item.currency),
            held_on=on,
            origin=origin,
            slid_from=slid_from,
            credit_available=Money(item.available_cents, item.currency),
            reason=reason,
            request_sha256=request_sha256,
        )
        self.work.facts.append(fact)
        self._prepayments[prepayment_id] = prepayment_of(item.ledger, fact, _NEW)

    def free(
        self, prepayment: Prepayment, cents: int, reason: str, slides_to: UUID | None = None
    ) -> Prepayment:
        """Free cents of a prepayment; return what is left of it."""
        item = self.work.groups.reserve(prepayment.credit_item, -cents)
        left = replace(prepayment, freed_cents=prepayment.freed_cents + cents)
        self._prepayments[prepayment.prepayment_id] = left
        self.work.facts.append(
            PrepaymentFreed(
                prepayment_id=prepayment.prepayment_id,
                customer_id=prepayment.customer_id,
                credit=item.ref,
                document_id=prepayment.document_id,
                amount=Money(cents, prepayment.currency),
                left=left.left,
                freed_on=max(self.on, prepayment.held_on),
                reason=reason,
                slides_to=slides_to,
            )
        )
        return left

    # ── go on to another document ───────────────────────────────────────────────

    def pay(self, prepayment: Prepayment, debit: Item) -> Prepayment:
        """Let a prepayment settle an invoice, as far as that is open; return what is left of it."""
        cents = min(prepayment.left_cents, debit.open_cents)
        if cents <= 0 or not self._may_go_to(prepayment, debit.customer_id):
            return prepayment
        left = self.free(prepayment, cents, "slides", debit.item_id)
        self.work.link(
            allocation_id=derived_id(*_move(prepayment, debit.item_id)),
            within=self.name,
            credit=prepayment.credit_item,
            debit=debit.item,
            cents=cents,
            on=max(self.on, prepayment.held_on, debit.item_on),
            origin="applies_to",
            prepayment_id=prepayment.prepayment_id,
        )
        return left

    def move(
        self, prepayment: Prepayment, to: SaleDocument, reason: str, most: int | None = None
    ) -> Prepayment:
        """Hold a prepayment for another document, as far as that has room; return the rest."""
        wanted = prepayment.left_cents if most is None else most
        cents = min(wanted, self.room(to))
        if cents <= 0 or not self._may_go_to(prepayment, to.customer_id):
            return prepayment
        left = self.free(prepayment, cents, reason, to.document_id)
        self.hold(
            prepayment_id=derived_id(*_move(prepayment, to.document_id)),
            credit=prepayment.credit_item,
            document=to,
            cents=cents,
            origin="slid",
            slid_from=prepayment.prepayment_id,
        )
        return left

    def _may_go_to(self, prepayment: Prepayment, customer_id: UUID) -> bool:
        """Say whether it may go on to a customer's document: its payer's, or who it is held for."""
        if customer_id == prepayment.customer_id:
            return True
        held_for = self._picture.find(SaleDocument, prepayment.document_id)
        return held_for is not None and held_for.customer_id == customer_id


_NEW = 2**62  # after whatever has a position


def _move(prepayment: Prepayment, document_id: UUID) -> tuple[UUID, str, UUID, int]:
    """Return what names a move: what is left shrinks, so that no two have the same name."""
    return prepayment.prepayment_id, "to", document_id, prepayment.left_cents
