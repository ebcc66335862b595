"""Parts of what a document says, as invoicing's API takes them: lines, VAT, discount terms."""

from collections.abc import Sequence
from datetime import date

from pydantic import Field

from shared.dates import IsoDate
from shared.events.invoicing import AnyDocumentKind, DiscountTerm
from shared.fields import Percent, ShortText, SignedAmountText, VatRate
from shared.web import Body


class LineIn(Body):
    """A line: what, how much before tax (negative for a rebate), at which VAT rate."""

    label: ShortText
    net: SignedAmountText
    vat_rate: VatRate
    account: str | None = Field(default=None, pattern=r"^\d{3}[0-9A-Za-z]{0,12}$")


class VatIn(Body):
    """The VAT of one rate as a document made elsewhere states it."""

    rate: VatRate
    vat: SignedAmountText


class DiscountTermIn(Body):
    """A discount for whoever pays up to a day (escompte), in percent of the total with VAT."""

    percent: Percent
    until_on: IsoDate = Field(description="The last day on which money that arrives has it")

    def term(self) -> DiscountTerm:
        """Return it as facts carry it."""
        return DiscountTerm(percent=self.percent, until_on=self.until_on)


def check_terms(kind: AnyDocumentKind, issued_on: date, terms: Sequence[DiscountTermIn]) -> None:
    """Raise ValueError for terms of anything but an invoice, of before it, or of a day twice."""
    days = [term.until_on for term in terms]
    if days and kind != "invoice":
        raise ValueError("only an invoice has discount terms")
    if len(days) != len(set(days)):
        raise ValueError("a day is named once in discount_terms")
    if any(day < issued_on for day in days):
        raise ValueError("a discount is given from the day of issue on")
