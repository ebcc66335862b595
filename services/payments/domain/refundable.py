"""What money that goes out may settle: a payment, credit note or purchase, as far as it is open.

Open is what is not allocated, not claimed by a refund that is not yet seen allocated, not given up
by closing it short, and, of a payment, not on its way to an invoice (rule 2).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from services.payments.domain.payable import PayableDocument, payable
from services.payments.domain.payment import CurrencyDiffers, DocumentOfAnotherCustomer, Payment
from services.payments.domain.settings import policy
from shared.decider import Need, Picture, Row, one, those
from shared.errors import Refusal
from shared.events.taking_back import Refunded
from shared.money import Money

Kind = Literal["payment", "document"]

# ── remembered ──────────────────────────────────────────────────────────────────


class RefundClaim(Row, frozen=True):
    """What a refund gives back of one payment or credit note.

    `pending_cents` is what of it is not yet seen allocated; it counts until `dropped`, since the
    refund was reversed. `used_cents` is what is seen allocated, moved there by hand or not.
    """

    key = "claim"

    claim: str  # refund id/target
    refund_id: UUID
    target: str  # kind/id
    amount_cents: int
    pending_cents: int
    dropped: bool = False
    used_cents: int = 0


class Target(NamedTuple):
    """A payment, credit note or purchase to settle, and how much of it at most; None for all.

    `closes` says that what is left of a purchase then will not be paid (S2-56).
    """

    kind: Kind
    id: UUID
    amount: Money | None = None
    closes: bool = False

    @property
    def key(self) -> str:
        """Return its name."""
        return f"{self.kind}/{self.id}"


# ── refused ─────────────────────────────────────────────────────────────────────


class UnknownCredit(Refusal):
    """No payment, credit note or purchase is called this here; a new one may need a moment."""

    status = 422


class NotRefundable(Refusal):
    """Only money that was received, credit notes and purchases can be refunded or paid out."""

    status = 422


class NotClosable(Refusal):
    """A refund closes purchase invoices and expense notes only, a payment invoices (S2-56)."""

    status = 422


class NothingToRefund(Refusal):
    """Nothing is open on the payment, credit note or purchase any more (S4-20)."""


class MoreThanRefundable(Refusal):
    """A refund is of no more than is open on what it refunds, together (S4-17).

    A purchase that it closes may be paid over, within the ledger's tolerance.
    """


# ── decided ─────────────────────────────────────────────────────────────────────


def needs_of_targets(picture: Picture, targets: Sequence[Target]) -> Iterable[Need]:
    """Name what is given back, what claims it, and the documents a payment is meant for."""
    for target in targets:
        row = Payment if target.kind == "payment" else PayableDocument
        yield (found := one(row, target.id))
        yield those(RefundClaim, "target", target.key)
        if target.kind == "payment" and not picture.missing([found]):
            payment = picture.find(Payment, target.id)
            for applied in payment.applies_to if payment else ():
                yield one(PayableDocument, UUID(applied["document_id"]))


class Parts(NamedTuple):
    """What is given of each target, and what is left of the documents that are closed, in cents."""

    refunded: tuple[Refunded, ...]
    closed: tuple[tuple[PayableDocument, int], ...]


def parts_refunded(
    picture: Picture,
    amount: Money,
    targets: Sequence[Target],
    customer_id: UUID,
    *,
    freed: Mapping[str, int],
) -> Parts:
    """Return what is given of each target, in their order, and of all together the amount.

    `freed` is what becomes open of them in the same commit, in cents. What is paid over a purchase
    that is closed, within the tolerance, is of no target.
    """
    rest, most, parts, closed = amount.cents, 0, [], []
    for target in targets:
        row = _row(picture, target, amount.currency, customer_id)
        left = _open_cents(picture, target, row, freed.get(target.key, 0))
        if target.amount and target.amount.cents > left:
            raise _too_much(target.amount, left, target)
        limit = target.amount.cents if target.amount else left
        most += limit
        if part := min(rest, limit):
            given = Money(part, amount.currency)
            parts.append(Refunded(kind=target.kind, id=target.id, amount=given))
            rest -= part
        if target.closes and left > part:
            closed.append((payable(picture, target.id), left - part))
    if not closed and any(target.closes for target in targets):
        most += (margin := policy(picture).margin_cents(amount.currency))
        rest = max(0, rest - margin)
    if rest and targets:
        raise _too_much(amount, most, *targets)
    return Parts(tuple(parts), tuple(closed))


def _too_much(amount: Money, most: int, *targets: Target) -> MoreThanRefundable:
    maximum = Money(most, amount.currency)
    return MoreThanRefundable(amount=amount, maximum=maximum, refunds=[t.key for t in targets])


def _open_cents(
    picture: Picture, target: Target, row: Payment | PayableDocument, freed_cents: int
) -> int:
    claims = picture.where(RefundClaim, "target", target.key)
    left = _left_cents(picture, row) + freed_cents
    left -= sum(max(0, claim.pending_cents) for claim in claims if not claim.dropped)
    if left <= 0:
        facts = {"kind": target.kind, "id": target.id, "number": row.number}
        raise NothingToRefund(open=Money(0, row.currency), **facts)
    return left


def _row(
    picture: Picture, target: Target, currency: str, customer_id: UUID
) -> Payment | PayableDocument:
    """Return what is given back: the customer's, in the refund's currency."""
    row = _settled(picture, target)
    if row.customer_id != customer_id:
        raise DocumentOfAnotherCustomer(id=target.id, number=row.number)
    if row.currency != currency:
        raise CurrencyDiffers(refunded=row.currency, refund=currency)
    return row


def _settled(picture: Picture, target: Target) -> Payment | PayableDocument:
    """Return what is settled: money that was received, a credit note or a purchase."""
    if target.kind == "payment":
        payment = picture.find(Payment, target.id)
        if payment is None:
            raise UnknownCredit(kind=target.kind, id=target.id)
        if target.closes:
            raise NotClosable(id=target.id, number=payment.number)
        return payment
    document = payable(picture, target.id)
    if not document.kind:
        raise UnknownCredit(kind=target.kind, id=target.id)
    if not document.refundable:
        raise NotRefundable(id=target.id, number=document.number)
    if target.closes and not document.purchase:
        raise NotClosable(id=target.id, number=document.number)
    return document


def _left_cents(picture: Picture, row: Payment | PayableDocument) -> int:
    if isinstance(row, PayableDocument):
        return row.total_cents - row.allocated_cents - row.difference_cents
    if row.state != "recorded":
        return 0
    return row.amount_cents - row.allocated_cents - _on_its_way_cents(picture, row)


def _on_its_way_cents(picture: Picture, payment: Payment) -> int:
    """Return what reconciliation has yet to give to the invoices that the payment is meant for."""
    meant = waiting = 0
    for applied in payment.applies_to:
        document = payable(picture, UUID(applied["document_id"]))
        if document.kind == "invoice":
            cents = Money.parse(str(applied["amount"]), payment.currency).cents
            meant += cents
            waiting += min(cents, max(0, document.pending_cents))
    return max(0, min(waiting, meant - payment.allocated_cents))
