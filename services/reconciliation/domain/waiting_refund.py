"""Refunds of documents that are not known here yet: money went out, and settles them once they are.

Nobody asks twice: a document is validated once, and a refund that comes after it finds it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.reconciliation.domain.allocation import fitting, refund_short
from services.reconciliation.domain.item import Allocation, Group, opened_group_id
from services.reconciliation.domain.needs import link_needs
from services.reconciliation.domain.work import Work
from shared.decider import Need, Picture, Row, fresh, one, those
from shared.events import Event
from shared.ids import derived_id
from shared.money import Money


class AskedRefund(Row, frozen=True):
    """How much a refund gives of a document; amounts in cents."""

    key = "asked"

    asked: str  # refund id/document id
    refund_id: UUID
    document_id: UUID
    amount_cents: int
    position: int

    @property
    def allocation_id(self) -> UUID:
        """Return the name of the allocation by which it settles the document."""
        return refund_link_id(self.refund_id, self.document_id)


def refund_link_id(refund_id: UUID, given_back: UUID) -> UUID:
    """Return the name of the allocation between a refund and what it gives back."""
    return derived_id(refund_id, "refunds", given_back)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateWaitingRefunds:
    """Give a document that was just validated the refunds that came before it."""

    document_id: UUID

    @property
    def _document(self) -> str:
        return f"document/{self.document_id}"

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name what was asked, then the items and their groups."""
        asked = those(AskedRefund, "document_id", self.document_id)
        yield asked
        if picture.missing([asked]):
            return
        for each in self._asked(picture):
            yield fresh(Allocation, each.allocation_id)
            yield one(Group, opened_group_id(each.allocation_id, self._document))
            yield from link_needs(picture, (self._document, f"refund/{each.refund_id}"))

    def decide(self, picture: Picture) -> list[Event]:
        """Allocate what fits, refund after refund, and say where it is less than asked."""
        work, short = Work(picture), []
        for each in self._asked(picture):
            credit, debit = work.item(self._document), work.item(f"refund/{each.refund_id}")
            asked = Money(each.amount_cents, debit.currency)
            fits = fitting(credit, debit, asked, refunds=True)
            short += refund_short(credit, debit, asked, fits)
            if fits:
                work.link(
                    allocation_id=each.allocation_id,
                    credit=credit.item,
                    debit=debit.item,
                    cents=fits,
                    on=max(credit.item_on, debit.item_on),
                    origin="refund",
                )
        return [*work.finish(), *short]

    def _asked(self, picture: Picture) -> list[AskedRefund]:
        asked = picture.where(AskedRefund, "document_id", self.document_id)
        return sorted(asked, key=lambda each: each.position)
