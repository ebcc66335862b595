"""What came of checking: whether money is conserved, how much there is, what does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass


class Broken(Exception):
    """An entry does not fit what the journals say before it."""


def hold(condition: object, sentence: str) -> None:
    """Raise Broken with the sentence unless the condition holds."""
    if not condition:
        raise Broken(sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """The first entry that does not fit, and why, in one sentence."""

    service: str
    position: int
    sentence: str


@dataclass(slots=True, kw_only=True)
class Totals:
    """The money of one currency, in its smallest unit.

    `allocated` is what documents and accepted differences took of it, less what was
    refunded out of credit notes or settled purchases; `available` is what payments have
    left, less refunds and returned payments that are not met with anything yet.
    """

    received: int = 0
    refunded: int = 0  # to customers
    spent: int = 0  # what went out to suppliers and employees
    returned: int = 0
    allocated: int = 0
    available: int = 0
    payable: int = 0  # invoices, less credit notes
    outstanding: int = 0  # what is open on invoices, less what is open on credit notes
    purchased: int = 0  # purchase invoices and expense notes
    owing: int = 0  # what is open on them
    held: int = 0  # of what credits have left, for documents that are not owed yet
    differences: int = 0  # what is open on accepted losses, less what is open on gains

    @property
    def kept(self) -> int:
        """Return the money that reached us and stayed."""
        return self.received - self.refunded - self.returned - self.spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The checker's answer about one ledger."""

    entries: Mapping[str, int]  # per service, how many fitted
    totals: Mapping[str, Totals]  # per currency
    payments: int = 0
    documents: int = 0
    allocations: int = 0  # made, released ones included
    matching_codes: int = 0
    undecided: int = 0  # what payers asked for and reconciliation has not answered yet
    unanswered: int = 0  # allocations that invoicing has not answered yet
    violation: Violation | None = None

    @property
    def conserved(self) -> bool:
        """Say whether every entry fits."""
        return self.violation is None

    @property
    def finished(self) -> bool:
        """Say whether, besides, every service has answered what it had to."""
        return self.conserved and not self.undecided and not self.unanswered
