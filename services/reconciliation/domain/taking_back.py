"""Taking back a write-off that was declared alone: it is met by an equal and opposite one.

What was accepted with an allocation goes with that allocation, and what closed a document short
with the document that is opened again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.holding import Holding
from services.reconciliation.domain.item import Allocation
from services.reconciliation.domain.needs import unlink_needs
from services.reconciliation.domain.parts import needs_of_opposite, opposite_id
from services.reconciliation.domain.sliding import arrange_sales, arranging_needs, documents_of
from services.reconciliation.domain.transfer import transfers_of
from services.reconciliation.domain.work import Work
from services.reconciliation.domain.write_off import WriteOff
from shared.decider import Need, Picture, one, those
from shared.errors import NotFound, Refusal
from shared.events import Event


class UnknownWriteOff(NotFound):
    """No write-off has this identifier in this ledger."""


class WriteOffNotAlone(Refusal):
    """This write-off was not declared alone: it goes with its allocation or closed document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackWriteOff:
    """Open again what a write-off settled, and meet it with its opposite."""

    write_off_id: UUID
    reason: str
    on: date

    @property
    def _item(self) -> str:
        return f"write_off/{self.write_off_id}"

    @property
    def opposite_id(self) -> UUID:
        """Return the name of the opposite."""
        return opposite_id(self.write_off_id)

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the write-off, its opposite and its links, then what releasing those reads."""
        yield from needs_of_opposite(self.write_off_id, self.opposite_id)
        sides = [those(Allocation, side, self._item) for side in ("credit_item", "debit_item")]
        yield from sides
        if picture.missing([one(WriteOff, self.write_off_id), *sides]):
            return
        links = self._links(picture)
        yield from unlink_needs(picture, [self._item], transfers_of(links))
        yield from arranging_needs(picture, documents_of(picture, links), self.opposite_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Take back once; asking again changes nothing."""
        known = picture.find(WriteOff, self.write_off_id)
        if known is None:
            raise UnknownWriteOff(write_off_id=self.write_off_id)
        if not known.alone:
            raise WriteOffNotAlone(write_off_id=self.write_off_id)
        if picture.find(WriteOff, self.opposite_id):
            return []
        work, links = Work(picture), self._links(picture)
        for link in links:
            work.unlink(link, on=self.on, reason=self.reason)
        work.take_back(self.write_off_id, self.opposite_id, None, on=self.on, reason=self.reason)
        holding = Holding(picture, work, name=self.opposite_id, on=self.on)
        arrange_sales(picture, holding, documents_of(picture, links))
        return work.finish()

    def _links(self, picture: Picture) -> list[Allocation]:
        """Return the links of the write-off that hold."""
        sides = ("credit_item", "debit_item")
        found = [link for side in sides for link in picture.where(Allocation, side, self._item)]
        return [link for link in found if link.released_on is None]
