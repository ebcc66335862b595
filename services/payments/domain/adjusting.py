"""Positive adjustments (factures d'avoir positives): what is paid over an invoice pays them.

An adjustment is an invoice of its own that is linked to another one: what may be paid on that
one is raised by what is left on its adjustments. No part is of more than its document's room,
except the last, to which the tolerance applies as ever.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.payments.domain.amounts import Wish
from shared.money import Money


def spread(
    wishes: Sequence[Wish],
    adjustments: Mapping[UUID, Sequence[Wish]],
    *,
    amount: Money | None,
    currency: str,
) -> list[Wish]:
    """Return the wishes; what exceeds a document's room is meant for its adjustments."""
    parts: list[Wish] = []
    for wish in wishes:
        over = adjustments.get(wish.document.document_id, ())
        parts += _parts(wish, over, _meant_cents(wish, wishes, amount), currency)
    return parts


def _meant_cents(wish: Wish, wishes: Sequence[Wish], amount: Money | None) -> int:
    """Return how much is meant for a document, where somebody said so; else nothing."""
    if wish.amount:
        return wish.amount.cents
    if amount is None or wish is not wishes[-1]:
        return 0
    return amount.cents - sum(other.asked_cents for other in wishes[:-1])


def _parts(wish: Wish, adjustments: Sequence[Wish], cents: int, currency: str) -> list[Wish]:
    payable = [each for each in (wish, *adjustments) if each.room_cents > 0]
    if cents <= wish.room_cents or not payable:
        return [wish]
    parts = []
    for each in payable:
        part = cents if each is payable[-1] else min(cents, each.room_cents)
        cents -= part
        if part:
            parts.append(each._replace(amount=Money(part, currency)))
    return parts
