"""Customers, as reconciliation needs them: what people call them, and which belong together.

A **group** is a customer who pays for others, and those it pays for.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from shared.decider import Need, Picture, Row, one
from shared.errors import Refusal


class KnownCustomer(Row, frozen=True):
    """A customer whose card invoicing opened."""

    key = "customer_id"

    customer_id: UUID
    code: str | None
    name: str | None
    parent_id: UUID | None = None  # the customer who pays for this one, in a group
    role: str = "customer"  # or supplier, employee


class UnknownCustomer(Refusal):
    """No customer has this identifier here; one just registered may need a moment to arrive."""

    status = 422


class NotOneGroup(Refusal):
    """The money is another customer's, who is not of the same group: nobody there pays this."""

    status = 422


def check_known(picture: Picture, customer_id: UUID) -> None:
    """Raise UnknownCustomer unless invoicing opened this customer's card."""
    if picture.find(KnownCustomer, customer_id) is None:
        raise UnknownCustomer(customer_id=customer_id)


def needs_of_group(customers: Iterable[UUID]) -> Iterator[Need]:
    """Name the cards of customers, where there is more than one."""
    distinct = set(customers)
    if len(distinct) > 1:
        yield from (one(KnownCustomer, customer_id) for customer_id in distinct)


def same_group(picture: Picture, one_id: UUID, other_id: UUID) -> bool:
    """Say whether two customers are one, or of one group and role, as their cards say it now."""
    if one_id == other_id:
        return True
    cards = [picture.find(KnownCustomer, customer_id) for customer_id in (one_id, other_id)]
    known = [(card.parent_id or card.customer_id, card.role) for card in cards if card]
    return len(known) == len(cards) and len(set(known)) == 1


def check_same_group(picture: Picture, payer_id: UUID, debtor_id: UUID) -> None:
    """Raise NotOneGroup unless one customer may pay for the other."""
    if not same_group(picture, payer_id, debtor_id):
        raise NotOneGroup(payer_id=payer_id, debtor_id=debtor_id)
