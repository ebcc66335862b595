"""How much a payment is, and how much of it is meant for each document the payer names.

What the payer leaves out is filled in from what is left to pay; what our own tables show
to be impossible is refused at once. Nothing is allocated by it: reconciliation decides that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    """Nothing is left to pay on this invoice."""


class AmountOverPayable(Refusal):
    """More than is left to pay on the invoice, even with the tolerance (S2-37, S2-38)."""


class AppliedOverAmount(Refusal):
    """The documents are applied more than the payment's amount."""

    status = 422


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Wish:
    """A document that the payer says is paid, and for how much; None for as much as fits."""

    document: PayableDocument
    amount: Money | None

    @property
    def asked_cents(self) -> int:
        """Return the amount, or what is left to pay."""
        return self.amount.cents if self.amount else max(0, self.document.room_cents)


def amount_received(
    given: Money | None, wishes: Sequence[Wish], *, currency: str, as_credit: bool
) -> Money:
    """Return the amount of a payment: as given, or what is asked for its documents.

    Raises InvoiceIsSettled, AmountMissing or AmountNotPositive where that is not above zero.
    """
    amount = given or Money(sum(wish.asked_cents for wish in wishes), currency)
    if amount.cents > 0:
        return amount
    if given is None and (as_credit or not wishes):
        raise AmountMissing
    for wish in wishes:
        _refuse_settled(wish.document)
    raise AmountNotPositive(amount=amount)


def parts_applied(
    amount: Money, wishes: Sequence[Wish], *, margin_cents: int, as_credit: bool
) -> tuple[AppliedTo, ...]:
    """Return each document's part of an amount; the last document is given all that is left.

    Raises AppliedOverAmount, and what a part may be refused for: see `_check_part`.
    """
    rest_cents, parts = amount.cents, []
    for wish in wishes:
        cents = wish.asked_cents
        if wish.amount is None:
            cents = rest_cents if wish is wishes[-1] else min(rest_cents, cents)
        if cents > rest_cents:
            raise AppliedOverAmount(amount=amount)
        part = Money(cents, amount.currency)
        _check_part(wish.document, part, margin_cents=margin_cents, as_credit=as_credit)
        rest_cents -= cents
        parts.append(
            AppliedTo(
                document_id=wish.document.document_id,
                document_number=wish.document.number,
                amount=part,
                file_sha256=wish.document.file_sha256,
            )
        )
    return tuple(parts)


def _check_part(
    document: PayableDocument, part: Money, *, margin_cents: int, as_credit: bool
) -> None:
    """Refuse what is not a payment of this document; nothing limits what is kept as credit."""
    if not as_credit:
        _refuse_settled(document)
    facts = {"document_id": document.document_id, "number": document.number}
    if part.cents <= 0:
        raise AmountNotPositive(amount=part, **facts)
    maximum = document.room_cents + margin_cents
    if not as_credit and part.cents > maximum:
        raise AmountOverPayable(
            amount=part,
            left_to_pay=Money(document.room_cents, part.currency),
            maximum=Money(maximum, part.currency),
            **facts,
        )


def _refuse_settled(document: PayableDocument) -> None:
    if document.room_cents <= 0:
        raise InvoiceIsSettled(document_id=document.document_id, number=document.number)
