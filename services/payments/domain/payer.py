"""Who pays: a customer, for its own documents or for those of others of its group.

A **group** is a customer who pays for others, and those it pays for, as their cards say it now.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.payments.domain.payable import KnownCustomer, PayableDocument
from services.payments.domain.payment import (
    CustomerMissing,
    DocumentOfAnotherCustomer,
    UnknownCustomer,
)
from shared.decider import Need, Picture, one


def needs_of_group(picture: Picture, customer_id: UUID) -> Iterator[Need]:
    """Name a customer's card, and once that is known the card of who pays for it."""
    card = one(KnownCustomer, customer_id)
    yield card
    if not picture.missing([card]):
        found = picture.find(KnownCustomer, customer_id)
        if found and found.parent_id:
            yield one(KnownCustomer, found.parent_id)


def _group_of(picture: Picture, customer_id: UUID) -> UUID | None:
    """Return who pays for a customer's group; None of one who is not known."""
    found = picture.find(KnownCustomer, customer_id)
    return found.group if found else None


def _payer_of(picture: Picture, owners: Sequence[UUID]) -> UUID | None:
    """Return who pays documents of these customers by default: the one, or who pays for all."""
    if len(owners) < 2:  # noqa: PLR2004 - one, or several
        return owners[0] if owners else None
    groups = {_group_of(picture, owner) for owner in owners}
    return groups.pop() if len(groups) == 1 else owners[0]


def who_pays(
    picture: Picture, named: UUID | None, documents: Sequence[PayableDocument]
) -> KnownCustomer:
    """Return who pays: who is named, the one customer of all documents, or their parent.

    Raises CustomerMissing, UnknownCustomer, or DocumentOfAnotherCustomer for one of another group.
    """
    owners = {d.customer_id: d for d in documents if d.customer_id}
    customer_id = named or _payer_of(picture, list(owners))
    if customer_id is None:
        raise CustomerMissing
    customer = picture.find(KnownCustomer, customer_id)
    if customer is None:
        raise UnknownCustomer(customer_id=customer_id)
    for owner_id, document in owners.items():
        if owner_id != customer_id and _group_of(picture, owner_id) != customer.group:
            raise DocumentOfAnotherCustomer(
                document_id=document.document_id, customer_id=customer_id, owner_id=owner_id
            )
    return customer
