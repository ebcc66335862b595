"""Facts of the archive: what the memory that proves itself has found, closed and handed over."""

from typing import ClassVar, Literal

from shared.dates import Instant, IsoDate
from shared.events import Event, Value
from shared.money import Money

FoundIn = Literal["journal", "copy"]  # the owner's journal, or the archive's copy of it
PeriodKind = Literal["day", "month", "year"]
ThirdPartyKind = Literal["timestamp", "depository"]
PackageFormat = Literal["acquit-archive-1", "acquit-archive-2"]


class IntegrityFlawDetected(Event):
    """A journal, or the archive's copy of it, does not say what it said before."""

    type: ClassVar[str] = "archive.integrity-flaw-detected.v1"
    about: ClassVar[str] = "journal/{service}"

    service: str
    position: int
    flaw: str
    detail: str
    found_in: FoundIn = "journal"


class JournalStretch(Value):
    """The entries of one service's journal that a period covers, and what vouches for them.

    A stretch goes on where that of the period before ended; one without entries ends before it
    begins. Hashes are hexadecimal, the public key is base64 (Ed25519).
    """

    service: str
    from_position: int
    to_position: int
    previous_hash: str  # of the entry before the first: the genesis hash where there is none
    head_hash: str  # of the last entry
    public_key: str


class MoneyTotals(Value):
    """What the payments journal says moved, in one currency; no part is ever negative.

    What is left of it is received - reversed - returned - refunded + refunds_reversed - spent
    + spent_reversed. In packages of the first format what was spent is among the refunds.
    """

    received: Money
    reversed: Money  # payments that turned out not to be
    returned: Money  # what the bank took back
    refunded: Money
    refunds_reversed: Money
    spent: Money | None = None  # paid to suppliers and employees
    spent_reversed: Money | None = None


class PeriodClosed(Event):
    """A period is closed for good (clôture): its totals, and the digest of its sealed package.

    Dates are civil days in France of the instants at which entries were recorded. Totals are
    those of the period, of its year so far, and of all times (total perpétuel), which never
    begins again.
    """

    type: ClassVar[str] = "archive.period-closed.v1"
    about: ClassVar[str] = "period/{period}"

    period: str  # 2026-11-27, 2026-11 or 2026
    kind: PeriodKind
    first_on: IsoDate
    last_on: IsoDate
    journals: tuple[JournalStretch, ...]
    totals: tuple[MoneyTotals, ...]
    year_totals: tuple[MoneyTotals, ...]
    perpetual_totals: tuple[MoneyTotals, ...]
    previous_period: str | None  # of the same kind
    previous_sha256: str | None  # of its package
    package_sha256: str
    package_bytes: int
    package_format: PackageFormat = "acquit-archive-1"


class PackageDeposited(Event):
    """A third party certified that it saw a period's package, or keeps it."""

    type: ClassVar[str] = "archive.package-deposited.v1"
    about: ClassVar[str] = "period/{period}"

    period: str
    package_sha256: str
    third_party: str  # as our settings name it
    kind: ThirdPartyKind
    receipt: str  # base64 of what it answered
    certified_at: Instant
    certified_by: str
