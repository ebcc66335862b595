"""Declared differences: what is left of a document that payments closed short (soldé).

The invariant: what is allocated and what is declared of a document never exceed it. A
difference is withdrawn only with what closed the document; releasing an allocation leaves it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.item import Allocation, Group, Item, opened_group_id
from services.reconciliation.domain.needs import link_needs, unlink_needs
from services.reconciliation.domain.parts import needs_of_opposite
from services.reconciliation.domain.work import Work
from services.reconciliation.domain.write_off import WriteOff, opposite_side
from shared.decider import Need, Picture, Row, fresh, one, those
from shared.events import Event
from shared.events.reconciliation import DifferenceDeclared, DifferenceWithdrawn, WriteOffDeclared
from shared.ids import derived_id
from shared.money import Money

# ── remembered ──────────────────────────────────────────────────────────────────


class Difference(Row, frozen=True):
    """What a closing asked to declare, and what was declared; amounts in cents."""

    key = "closing"

    closing: str  # payment id/document id
    payment_id: UUID
    document_id: UUID
    customer_id: UUID
    asked_cents: int
    declared_cents: int
    currency: str
    closed_on: date
    decided: bool  # whether the document was known, so that it could be declared
    reopened_on: date | None
    write_off_id: UUID | None = None  # where the ledger books the difference instead
    account: str | None = None
    reason: str | None = None


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareDifferences:
    """Declare on a document what closings asked for and nobody decided yet."""

    document_id: UUID

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name what was asked, then the document and each closing."""
        asked = those(Difference, "document_id", self.document_id)
        yield asked
        if not picture.missing([asked]):
            for waiting in self._waiting(picture):
                yield one(Difference, waiting.closing)
                yield one(Item, f"document/{self.document_id}")
                if waiting.write_off_id:
                    yield from _needs_of_booking(picture, waiting, waiting.write_off_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Declare what is open, at most what was asked; nothing while the document is unknown."""
        waiting = self._waiting(picture)
        item = picture.find(Item, f"document/{self.document_id}") if waiting else None
        if item is None:
            return []
        work = Work(picture)
        declared_cents = 0
        for asked in waiting:
            open_cents = work.item(item.item).open_cents - declared_cents
            cents = min(asked.asked_cents, open_cents)
            if asked.write_off_id:
                _book(work, asked, asked.write_off_id, cents)
                open_cents, cents = open_cents - cents, 0
            declared_cents += cents
            work.facts.append(
                DifferenceDeclared(
                    document_id=self.document_id,
                    customer_id=item.customer_id,
                    payment_id=asked.payment_id,
                    asked=Money(asked.asked_cents, item.currency),
                    difference=Money(cents, item.currency),
                    open=Money(open_cents - cents, item.currency),
                    declared_on=asked.closed_on,
                )
            )
        return work.finish()

    def _waiting(self, picture: Picture) -> list[Difference]:
        asked = picture.where(Difference, "document_id", self.document_id)
        waiting = [each for each in asked if not each.decided and each.reopened_on is None]
        return sorted(waiting, key=lambda each: each.payment_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDifference:
    """Owe again what a closing declared, since what closed the document was taken back."""

    payment_id: UUID
    document_id: UUID
    on: date
    write_off_id: UUID | None = None
    opposite_id: UUID | None = None

    @property
    def _closing(self) -> str:
        return f"{self.payment_id}/{self.document_id}"

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the closing, the document, and what booked the difference and takes it back."""
        yield from (one(Difference, self._closing), one(Item, f"document/{self.document_id}"))
        if self.write_off_id and self.opposite_id:
            key = f"write_off/{self.write_off_id}"
            yield from unlink_needs(picture, [f"document/{self.document_id}", key])
            yield from needs_of_opposite(self.write_off_id, self.opposite_id)
            yield one(Allocation, settling_id(self.write_off_id))

    def decide(self, picture: Picture) -> list[Event]:
        """Withdraw what was declared; nothing where nothing was."""
        declared = picture.find(Difference, self._closing)
        item = picture.find(Item, f"document/{self.document_id}")
        if declared is None or item is None:
            return []
        if self.write_off_id and self.opposite_id and declared.decided:
            return self._unbook(picture, self.write_off_id, self.opposite_id)
        if declared.declared_cents == 0:
            return []
        return [
            DifferenceWithdrawn(
                document_id=self.document_id,
                customer_id=item.customer_id,
                payment_id=self.payment_id,
                difference=Money(-declared.declared_cents, item.currency),
                open=Money(item.open_cents + declared.declared_cents, item.currency),
                withdrawn_on=self.on,
            )
        ]

    def _unbook(self, picture: Picture, write_off_id: UUID, opposite_id: UUID) -> list[Event]:
        work = Work(picture)
        settles = picture.find(Allocation, settling_id(write_off_id))
        work.take_back(
            write_off_id, opposite_id, settles, on=self.on, reason="le document est rouvert"
        )
        return work.finish()


# ── booked ──────────────────────────────────────────────────────────────────────


def settling_id(write_off_id: UUID) -> UUID:
    """Return the name of the allocation by which a booked difference settles its document."""
    return derived_id(write_off_id, "settles")


def _needs_of_booking(picture: Picture, asked: Difference, write_off_id: UUID) -> Iterable[Need]:
    key, link = f"write_off/{write_off_id}", settling_id(write_off_id)
    settled = f"document/{asked.document_id}"
    yield from (one(WriteOff, write_off_id), one(Item, key), fresh(Allocation, link))
    yield from (one(Group, opened_group_id(link, each)) for each in (key, settled))
    wanted = one(Item, settled)
    yield wanted
    yield from link_needs(picture, [settled])
    if picture.missing([wanted]):
        return
    document = picture.find(Item, f"document/{asked.document_id}")
    if document and document.group_id:
        yield those(Item, "group_id", document.group_id)


def _book(work: Work, asked: Difference, write_off_id: UUID, fits_cents: int) -> None:
    """Book all that was asked, as payments does, and let it settle what is open.

    What a customer need not pay is a loss, what we need not pay a gain.
    """
    document = work.item(f"document/{asked.document_id}")
    key = work.declare(
        WriteOffDeclared(
            write_off_id=write_off_id,
            customer_id=asked.customer_id,
            side=opposite_side(document.side),
            amount=Money(asked.asked_cents, asked.currency),
            reason=asked.reason or "",
            account=asked.account,
            declared_on=asked.closed_on,
            request_sha256=asked.closing,
        )
    )
    if fits_cents:
        on_credit = document.side == "credit"
        work.link(
            allocation_id=settling_id(write_off_id),
            credit=document.item if on_credit else key,
            debit=key if on_credit else document.item,
            cents=fits_cents,
            on=asked.closed_on,
            origin="manual",
            reason=asked.reason,
        )
