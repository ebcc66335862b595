"""Numbers of receipts and refunds: gapless, by the ledger's templates (S3-12, S5-24)."""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from services.payments.domain.settings import POLICY, PaymentPolicy, policy
from shared.decider import Need, Picture, Row, one
from shared.numbering import Number, Template

Series = Literal["receipt", "refund"]


class Counter(Row, frozen=True):
    """The last count given in one period of a template."""

    key = "period"

    period: str
    last: int


def _template(picture: Picture, series: Series) -> Template:
    current = policy(picture)
    return Template(current.receipt_template if series == "receipt" else current.refund_template)


def number_needs(picture: Picture, series: Series, on: date) -> Iterable[Need]:
    """Name the policy, and once it is loaded the counter its template leads to."""
    policy_row = one(PaymentPolicy, POLICY)
    yield policy_row
    if not picture.missing([policy_row]):
        yield one(Counter, _template(picture, series).period(on))


def next_number(picture: Picture, series: Series, on: date) -> Number:
    """Return the number that comes next; it is taken only by the fact that carries it."""
    template = _template(picture, series)
    known = picture.find(Counter, template.period(on))
    return template.numbered(on, known.last + 1 if known else 1)
