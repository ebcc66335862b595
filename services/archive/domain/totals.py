"""Totals: what the payments journal says moved, added up per currency.

The invariant: nothing is netted, so that a total never falls, and the volume of what was
taken back shows beside what was received (BOI-TVA-DECLA-30-10-30, § 170).
"""

from collections.abc import Iterable, Mapping, Sequence

from shared.events.archive import MoneyTotals, PackageFormat
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
_SPENT = {RefundRecorded.type: "spent", RefundReversed.type: "spent_reversed"}  # on purchases
NEWEST: PackageFormat = "acquit-archive-2"
_PARTS: Mapping[PackageFormat, Sequence[str]] = {
    "acquit-archive-1": tuple(COUNTED.values()),
    NEWEST: (*COUNTED.values(), *_SPENT.values()),
}


class Tally:
    """Adds up the amounts of facts, whatever their sign, in the parts that a format has."""

    def __init__(self, package_format: PackageFormat = NEWEST) -> None:
        """Begin with nothing."""
        self._parts = _PARTS[package_format]
        self._cents: dict[str, dict[str, int]] = {}

    def count(self, wire_name: str, amount: Money, role: str = "customer") -> None:
        """Count the amount of a fact that moves money, to or from a card of this role."""
        spent = role != "customer" and _SPENT.get(wire_name) in self._parts
        self._add((_SPENT if spent else COUNTED)[wire_name], amount)

    def add(self, totals: Iterable[MoneyTotals]) -> "Tally":
        """Count what was added up before."""
        for each in totals:
            for part in self._parts:
                self._add(part, getattr(each, part) or Money(0, each.received.currency))
        return self

    def _add(self, part: str, amount: Money) -> None:
        parts = self._cents.setdefault(amount.currency, dict.fromkeys(self._parts, 0))
        parts[part] += abs(amount.cents)

    def totals(self) -> tuple[MoneyTotals, ...]:
        """Return the totals, in the order of their currencies."""
        return tuple(
            MoneyTotals(**{part: Money(cents, currency) for part, cents in parts.items()})
            for currency, parts in sorted(self._cents.items())
        )


def added(
    *several: Iterable[MoneyTotals], package_format: PackageFormat = NEWEST
) -> tuple[MoneyTotals, ...]:
    """Return the sums of several totals."""
    tally = Tally(package_format)
    for totals in several:
        tally.add(totals)
    return tally.totals()


def left(totals: MoneyTotals) -> Money:
    """Return what is left of what was received; what else is known of it says no more."""
    nothing = Money(0, totals.received.currency)
    spent = (totals.spent or nothing) - (totals.spent_reversed or nothing)
    taken = totals.reversed + totals.returned + totals.refunded + spent
    return totals.received - taken + totals.refunds_reversed
