"""What is accepted beside an allocation, as the API takes and gives it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import Field

from services.reconciliation.domain.parts import DISCOUNT, Accepted
from shared.errors import Malformed
from shared.events.reconciliation import DifferenceCode
from shared.fields import AmountText, LongText, ShortText
from shared.money import Money, decimal_text
from shared.web import Body, Out

_REASONS = {
    "discount": DISCOUNT,
    "write_off": "Écart de règlement",
    "bank_fee": "Frais bancaires",
}


class DifferenceIn(Body):
    """What is accepted beside what is paid: a discount, a write-off, a bank's fee."""

    code: DifferenceCode
    amount: AmountText
    account: ShortText | None = Field(default=None, examples=["665", "658", "627"])
    reason: LongText | None = None

    def accepted(self, currency: str) -> Accepted:
        """Return it with its reason; raise Malformed for what is no amount of the currency."""
        return Accepted(
            code=self.code,
            amount=money_of(self.amount, currency),
            account=self.account,
            reason=self.reason or _REASONS[self.code],
        )


class DifferenceOut(Out):
    """A difference of an allocation, and the write-off that it is."""

    code: DifferenceCode
    amount: str
    account: str | None
    reason: str
    write_off_id: UUID
    allocation_id: UUID


def difference_out(kept: Mapping[str, Any], currency: str) -> DifferenceOut:
    """Show a difference as its allocation keeps it."""
    said = {name: value for name, value in kept.items() if name != "cents"}
    return DifferenceOut(amount=decimal_text(kept["cents"], currency), **said)


def money_of(amount: str, currency: str) -> Money:
    """Return the amount; raise Malformed when it has more decimals than the currency."""
    try:
        return Money.parse(amount, currency)
    except ValueError as error:
        raise Malformed(field="amount", found=amount, expected=str(error)) from None
