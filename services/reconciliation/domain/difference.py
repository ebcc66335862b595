"""Declared differences: what is left of a document that payments closed short (soldé).

The invariant: what is allocated and what is declared of a document never exceed it. A
difference is withdrawn only with what closed the document; releasing an allocation leaves it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.reconciliation.domain.item import Item
from shared.decider import Need, Picture, Row, one, those
from shared.events import Event
from shared.events.reconciliation import DifferenceDeclared, DifferenceWithdrawn
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

    def decide(self, picture: Picture) -> list[Event]:
        """Declare what is open, at most what was asked; nothing while the document is unknown."""
        waiting = self._waiting(picture)
        item = picture.find(Item, f"document/{self.document_id}") if waiting else None
        if item is None:
            return []
        facts: list[Event] = []
        open_cents = item.open_cents
        for asked in waiting:
            cents = min(asked.asked_cents, open_cents)
            open_cents -= cents
            facts.append(
                DifferenceDeclared(
                    document_id=self.document_id,
                    customer_id=item.customer_id,
                    payment_id=asked.payment_id,
                    asked=Money(asked.asked_cents, item.currency),
                    difference=Money(cents, item.currency),
                    open=Money(open_cents, item.currency),
                    declared_on=asked.closed_on,
                )
            )
        return facts

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

    @property
    def _closing(self) -> str:
        return f"{self.payment_id}/{self.document_id}"

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the closing and the document."""
        return one(Difference, self._closing), one(Item, f"document/{self.document_id}")

    def decide(self, picture: Picture) -> list[Event]:
        """Withdraw what was declared; nothing where nothing was."""
        declared = picture.find(Difference, self._closing)
        item = picture.find(Item, f"document/{self.document_id}")
        if declared is None or item is None or declared.declared_cents == 0:
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
