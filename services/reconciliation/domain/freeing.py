"""Freeing a prepayment by hand: what was held is the customer's credit again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.holding import Holding
from services.reconciliation.domain.item import Item
from services.reconciliation.domain.sale import Prepayment
from services.reconciliation.domain.work import Work
from shared.decider import Need, Picture, one
from shared.errors import NotFound
from shared.events import Event


class UnknownPrepayment(NotFound):
    """No prepayment has this identifier in this ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreePrepayment:
    """Keep a prepayment for its document no longer."""

    prepayment_id: UUID
    reason: str
    on: date

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the prepayment, then the credit it is part of."""
        this = one(Prepayment, self.prepayment_id)
        yield this
        known = None if picture.missing([this]) else picture.find(Prepayment, self.prepayment_id)
        if known:
            yield one(Item, known.credit_item)

    def decide(self, picture: Picture) -> list[Event]:
        """Free what is left of it; asking again changes nothing."""
        known = picture.find(Prepayment, self.prepayment_id)
        if known is None:
            raise UnknownPrepayment(prepayment_id=self.prepayment_id)
        if not known.left_cents:
            return []
        work = Work(picture)
        holding = Holding(picture, work, name=self.prepayment_id, on=self.on)
        holding.free(known, known.left_cents, self.reason)
        return work.finish()
