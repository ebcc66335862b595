"""Totals: what the payments journal says moved, added up per currency.

The invariant: nothing is netted, so that a total never falls, and the volume of what was
taken back shows beside what was received (BOI-TVA-DECLA-30-10-30, § 170).
"""

from collections.abc import Iterable

from shared.events.archive import MoneyTotals
from shared.events.payments import PaymentRecorded, PaymentReturned, PaymentReversed, RefundRecorded
from shared.events.taking_back import RefundReversed
from shared.money import Money

COUNTED = {
    PaymentRecorded.type: "received",
    PaymentReversed.type: "reversed",
    PaymentReturned.type: "returned",
    RefundRecorded.type: "refunded",
    RefundReversed.type: "refunds_reversed",
}
_PARTS = tuple(COUNTED.values())


class Tally:
    """Adds up the amounts of facts, whatever their sign."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._cents: dict[str, dict[str, int]] = {}

    def count(self, wire_name: str, amount: Money) -> None:
        """Count the amount of a fact that moves money."""
        self._add(COUNTED[wire_name], amount)

    def add(self, totals: Iterable[MoneyTotals]) -> "Tally":
        """Count what was added up before."""
        for each in totals:
            for part in _PARTS:
                self._add(part, getattr(each, part))
        return self

    def _add(self, part: str, amount: Money) -> None:
        parts = self._cents.setdefault(amount.currency, dict.fromkeys(_PARTS, 0))
        parts[part] += abs(amount.cents)

    def totals(self) -> tuple[MoneyTotals, ...]:
        """Return the totals, in the order of their currencies."""
        return tuple(
            MoneyTotals(**{part: Money(cents, currency) for part, cents in parts.items()})
            for currency, parts in sorted(self._cents.items())
        )


def added(*several: Iterable[MoneyTotals]) -> tuple[MoneyTotals, ...]:
    """Return the sums of several totals."""
    tally = Tally()
    for totals in several:
        tally.add(totals)
    return tally.totals()


def left(totals: MoneyTotals) -> Money:
    """Return what is left of what was received; what else is known of it says no more."""
    taken = totals.reversed + totals.returned + totals.refunded
    return totals.received - taken + totals.refunds_reversed
