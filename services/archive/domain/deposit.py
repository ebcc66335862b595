"""Deposits: what a third party certified of a period's package, recorded once each (S2-07)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.archive.domain.closing import Closing
from shared.decider import Need, Picture, Row, one
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.archive import PackageDeposited

# ── remembered ──────────────────────────────────────────────────────────────────


class Deposit(Row, frozen=True):
    """A receipt that is on record; `name` says of which period and from whom."""

    key = "name"

    name: str
    period: str
    package_sha256: str
    third_party: str
    kind: str
    receipt: str
    certified_at: datetime
    certified_by: str
    deposited_at: datetime
    position: int


def deposit_name(period: str, third_party: str) -> str:
    """Name a deposit.

    >>> deposit_name("2026-11-27", "tsa")
    '2026-11-27@tsa'
    """
    return f"{period}@{third_party}"


# ── refused ─────────────────────────────────────────────────────────────────────


class AnotherPackage(Refusal):
    """The receipt is of another package than the one that closed the period."""


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeposit:
    """Put a receipt, which was checked, on record."""

    deposited: PackageDeposited

    @property
    def _name(self) -> str:
        return deposit_name(self.deposited.period, self.deposited.third_party)

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the closing, and the deposit itself."""
        return (one(Closing, self.deposited.period), one(Deposit, self._name))

    def decide(self, picture: Picture) -> list[Event]:
        """Record it unless this third party's receipt is on record."""
        closing = picture.find(Closing, self.deposited.period)
        if closing is None:
            raise NotFound(period=self.deposited.period)
        if closing.package_sha256 != self.deposited.package_sha256:
            raise AnotherPackage(period=closing.period, package_sha256=closing.package_sha256)
        return [] if picture.find(Deposit, self._name) else [self.deposited]
