"""The early-payment discount (escompte): what a document's terms give on the day money arrived.

The invariant: the day of receipt alone decides, never the day of recording (K3). A discount is of
what is settled: paid and given up together, so that a part of a document has its part of it.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.payments.domain.confirming import GRANT_DISCOUNT
from services.payments.domain.payable import PayableDocument
from shared.decider import Row
from shared.errors import Refusal
from shared.events.invoicing import DocumentValidated
from shared.money import Money, round_half_up


class DiscountTerms(Row, frozen=True):
    """A document's terms, apart since most have none; `percent` and `until_on` are texts."""

    key = "document_id"

    document_id: UUID
    terms: tuple[dict[str, str], ...]

    def percent(self, on: date) -> Decimal:
        """Return the most that is given for money that arrives on a day; zero is nothing."""
        day = on.isoformat()
        given = (Decimal(term["percent"]) for term in self.terms if day <= term["until_on"])
        return max(given, default=Decimal(0))


def terms_of(ledger: str, fact: DocumentValidated) -> DiscountTerms:
    """Return the terms that a document was validated with."""
    terms = tuple(fact.plain()["discount_terms"])
    return DiscountTerms(ledger=ledger, document_id=fact.document_id, terms=terms)


def discount_cents(settled_cents: int, percent: Decimal) -> int:
    """Return the discount in what is settled, halves rounded up.

    >>> discount_cents(117_050, Decimal("2.00")), discount_cents(25, Decimal("2"))
    (2341, 1)
    """
    return round_half_up(Decimal(settled_cents) * percent / 100)


# ── refused ─────────────────────────────────────────────────────────────────────


class DiscountOverPayable(Refusal):
    """Amount and discount together are more than is due on the document: lower one of them."""


class DiscountOverTerms(Refusal):
    """More than the document's terms give on the day of payment: confirm that it is granted."""


# ── asked ───────────────────────────────────────────────────────────────────────


class Discount(NamedTuple):
    """A discount that is asked for, and what the terms give on the day of receipt."""

    amount: Money
    percent: Decimal
    on: date
    granted: bool  # whatever the terms say

    def check(self, document: PayableDocument, part: Money) -> None:
        """Raise DiscountOverPayable or DiscountOverTerms, beside what is paid of the document.

        Nothing is known to be due on a document that is not heard of yet.
        """
        facts = {"document_id": document.document_id, "number": document.number}
        settled_cents = part.cents + self.amount.cents
        due = document.room_cents if document.owed else 0
        if document.kind and settled_cents > due:
            raise DiscountOverPayable(
                amount=part,
                discount=self.amount,
                left_to_pay=Money(due, part.currency),
                maximum=Money(max(0, due - part.cents), part.currency),
                **facts,
            )
        maximum = discount_cents(settled_cents, self.percent)
        if self.amount.cents > maximum and not self.granted:
            raise DiscountOverTerms(
                discount=self.amount,
                maximum=Money(maximum, part.currency),
                received_on=self.on,
                confirm=[GRANT_DISCOUNT],
                **facts,
            )
