"""What the API of closings takes and gives."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field

from services.archive.domain.closing import Closing
from services.archive.domain.deposit import Deposit
from services.archive.domain.period import PATTERN, Period
from services.archive.domain.totals import left
from shared.errors import Malformed
from shared.events.archive import JournalStretch, MoneyTotals, PeriodKind, ThirdPartyKind
from shared.money import Money
from shared.web import Out

PeriodName = Annotated[
    str,
    Path(
        pattern=f"^{PATTERN}$",
        description="A civil day, a month or a year",
        examples=["2026-11-27"],
    ),
]


class TotalsOut(Out):
    """What moved in one currency; no part is ever negative but `left`, which nets the others."""

    currency: str
    received: str
    reversed: str
    returned: str
    refunded: str
    refunds_reversed: str
    spent: str = Field(description="Paid to suppliers and employees")
    spent_reversed: str
    left: str


class DepositOut(Out):
    """A third party's receipt for the package."""

    third_party: str
    kind: ThirdPartyKind
    certified_at: datetime
    certified_by: str
    deposited_at: datetime
    receipt: str = Field(description="base64 of what the third party answered")


class ClosingOut(Out):
    """A closed period; `journals` says what its package holds of each service's journal."""

    period: str
    kind: PeriodKind
    first_on: date
    last_on: date
    closed_at: datetime
    closed_by: str
    journals: list[JournalStretch]
    totals: list[TotalsOut] = Field(description="Of the period")
    year_totals: list[TotalsOut] = Field(description="Of its civil year, up to its end")
    perpetual_totals: list[TotalsOut] = Field(description="Of all times, up to its end")
    previous_period: str | None
    previous_sha256: str | None
    package_sha256: str
    package_bytes: int
    deposited: bool = Field(description="Every third party that should has certified it")
    deposits: list[DepositOut]
    not_deposited_at: list[str] = Field(description="Third parties whose receipt is awaited")
    not_deposited_because: str | None = Field(description="Null where it is deposited")


class ClosingsOut(Out):
    """A page of closings; `next_cursor` is null on the last."""

    items: list[ClosingOut]
    next_cursor: str | None


class DueOut(Out):
    """Periods that are over and open."""

    periods: list[str] = Field(description="In the order in which they can be closed")


def period_of(period: PeriodName) -> Period:
    """Read the period of a path; raise Malformed where the calendar has none of that name."""
    try:
        return Period.read(period)
    except ValueError as error:
        raise Malformed(parameter="period", found=period, expected=str(error)) from error


def closing_out(closing: Closing, deposits: list[Deposit], active: list[str]) -> ClosingOut:
    """Show a closing; `active` names the third parties that every package is handed to."""
    certified = {deposit.third_party for deposit in deposits}
    awaited = [name for name in active if name not in certified]
    fact = closing.fact
    because = None
    if awaited:
        because = f"the receipt of {', '.join(awaited)} is awaited"
    elif not deposits:
        because = "no third party is configured"
    return ClosingOut(
        **{name: getattr(fact, name) for name in type(fact).model_fields}
        | {
            "totals": list(map(_totals_out, fact.totals)),
            "year_totals": list(map(_totals_out, fact.year_totals)),
            "perpetual_totals": list(map(_totals_out, fact.perpetual_totals)),
        },
        closed_at=closing.closed_at,
        closed_by=closing.closed_by,
        deposited=because is None,
        deposits=[DepositOut.model_validate(deposit) for deposit in deposits],
        not_deposited_at=awaited,
        not_deposited_because=because,
    )


def _totals_out(totals: MoneyTotals) -> TotalsOut:
    currency = totals.received.currency
    nothing = Money(0, currency)
    parts = {name: str(getattr(totals, name) or nothing) for name in MoneyTotals.model_fields}
    return TotalsOut(currency=currency, left=str(left(totals)), **parts)
