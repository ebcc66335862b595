"""How much a payment is, and how much of it is meant for each document the payer names.

What the payer leaves out is filled in from what is left to pay; what our own tables show
to be impossible is refused at once. Nothing is allocated by it: reconciliation decides that.
"""

from collections.abc import Sequence
from typing import NamedTuple

from services.payments.domain.confirming import Confirmation
from services.payments.domain.discount import Discount
from services.payments.domain.payable import PayableDocument
from shared.errors import Refusal
from shared.events.payments import AppliedTo
from shared.money import Money

# ── refused ─────────────────────────────────────────────────────────────────────


class AmountNotPositive(Refusal):
    """An amount is more than zero: what goes back is a refund, and a refund says how much."""

    status = 422


class AmountMissing(Refusal):
    """The amount can only be left out when the payment applies to documents with a rest due."""

    status = 422


class InvoiceIsSettled(Refusal):
    """Nothing is left to pay on this document."""


class AmountOverPayable(Refusal):
    """More than is left to pay on the invoice, even with the tolerance (S2-37, S2-38)."""


class RemainderNotApplied(Refusal):
    """More than the tolerance is meant for no document: confirm that it is kept as credit."""


class AppliedOverAmount(Refusal):
    """The documents are applied more than the payment's amount."""

    status = 422


# ── asked and decided ───────────────────────────────────────────────────────────


class Limit(NamedTuple):
    """How far a payment may exceed what is left to pay, and what becomes of more (K4).

    `confirm` is what lets more be kept as credit; nothing where the ledger refuses it.
    """

    margin_cents: int
    kept: bool
    confirm: Sequence[Confirmation]


class Wish(NamedTuple):
    """A document that the payer says is paid, and for how much; None for as much as fits.

    `closes` says that the rest will not be paid, `as_credit` that what can't be owed on the
    document is kept all the same; the discount is given up beside the amount.
    """

    document: PayableDocument
    amount: Money | None
    closes: bool
    as_credit: bool
    discount: Discount | None = None

    @property
    def room_cents(self) -> int:
        """Return what may be paid, beside the discount."""
        discount_cents = self.discount.amount.cents if self.discount else 0
        return self.document.room_cents - discount_cents

    @property
    def asked_cents(self) -> int:
        """Return the amount, or what is left to pay."""
        return self.amount.cents if self.amount else max(0, self.room_cents)


def amount_received(
    given: Money | None, wishes: Sequence[Wish], *, currency: str, limit: Limit
) -> Money:
    """Return the amount of a payment: as given, or what is asked for its documents.

    It is zero only where it closes every document without a payment (S2-58). Raises
    InvoiceIsSettled, AmountMissing or AmountNotPositive where that is not above zero.
    """
    amount = given or Money(sum(wish.asked_cents for wish in wishes), currency)
    if amount.cents > 0:
        return amount
    if given is None and (not wishes or any(wish.as_credit for wish in wishes)):
        raise AmountMissing
    for wish in wishes:
        _refuse_settled(wish.document, limit)
    if not wishes or not all(wish.closes for wish in wishes):
        raise AmountNotPositive(amount=amount)
    return amount


def parts_applied(amount: Money, wishes: Sequence[Wish], limit: Limit) -> tuple[AppliedTo, ...]:
    """Return each document's part of an amount; the last document is given all that is left.

    Raises AppliedOverAmount, RemainderNotApplied, and what a part may be refused for: see
    `_check_part`. A document that is closed without a payment has no part.
    """
    rest_cents, parts = amount.cents, []
    for wish in wishes:
        cents = wish.asked_cents
        if wish.amount is None:
            cents = rest_cents if wish is wishes[-1] else min(rest_cents, cents)
        if cents > rest_cents:
            raise AppliedOverAmount(amount=amount)
        part = Money(cents, amount.currency)
        _check_part(wish, part, limit)
        rest_cents -= cents
        if cents:
            parts.append(
                AppliedTo(
                    document_id=wish.document.document_id,
                    document_number=wish.document.number,
                    amount=part,
                    file_sha256=wish.document.file_sha256,
                    prepayment=wish.document.prepayable,
                    discount=wish.discount.amount if wish.discount else None,
                )
            )
    if wishes and rest_cents > limit.margin_cents and not limit.kept:
        remainder = Money(rest_cents, amount.currency)
        raise RemainderNotApplied(amount=amount, remainder=remainder, confirm=limit.confirm)
    return tuple(parts)


def _check_part(wish: Wish, part: Money, limit: Limit) -> None:
    """Refuse what is not a payment of this document; nothing limits what is kept as credit."""
    document = wish.document
    if not wish.as_credit:
        _refuse_settled(document, limit)
    facts = {"document_id": document.document_id, "number": document.number}
    if part.cents < 0 or (part.cents == 0 and (wish.discount or not wish.closes)):
        raise AmountNotPositive(amount=part, **facts)
    if wish.discount:
        wish.discount.check(document, part)
    maximum = document.room_cents + limit.margin_cents
    if not wish.as_credit and part.cents > maximum:
        raise AmountOverPayable(
            amount=part,
            left_to_pay=Money(document.room_cents, part.currency),
            maximum=Money(maximum, part.currency),
            confirm=limit.confirm,
            **facts,
        )


def _refuse_settled(document: PayableDocument, limit: Limit) -> None:
    if document.room_cents <= 0:
        raise InvoiceIsSettled(
            document_id=document.document_id, number=document.number, confirm=limit.confirm
        )
