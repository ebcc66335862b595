"""What linking and unlinking items reads: their groups, as far as a decision looks into them."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.reconciliation.domain.customer import needs_of_group
from services.reconciliation.domain.item import Allocation, Group, Item, MatchingCounter
from services.reconciliation.domain.parts import needs_of_taking_back
from services.reconciliation.domain.transfer import keys_of, needs_of_legs
from shared.decider import Need, Picture, one, those


def link_needs(picture: Picture, keys: Sequence[str], accepted_cents: int = 0) -> Iterator[Need]:
    """Name what linking these items reads, where so much is accepted beside it.

    Items, groups, counters, and the members where a group may come to balance or be joined.
    """
    wanted = [one(Item, key) for key in keys]
    yield from wanted
    if picture.missing(wanted):
        return
    items = [item for key in keys if (item := picture.find(Item, key))]
    groups = {item.group_id for item in items if item.group_id}
    customers = {item.customer_id for item in items}
    yield from (one(MatchingCounter, customer) for customer in customers)
    yield from needs_of_group(customers)
    group_needs = [one(Group, group) for group in groups]
    yield from group_needs
    if picture.missing(group_needs):
        return
    credit_cents, debit_cents = (
        sum(item.open_cents for item in items if item.side == side) for side in ("credit", "debit")
    )
    linkable = min(credit_cents + accepted_cents, debit_cents)
    for group_id in groups:
        group = picture.find(Group, group_id)
        assert group
        closable = sum(min(i.open_cents, linkable) for i in items if i.group_id == group_id)
        if len(groups) > 1 or group.open_cents <= closable:
            yield those(Item, "group_id", group_id)


def unlink_needs(
    picture: Picture, keys: Sequence[str], transfers: Sequence[UUID] = ()
) -> Iterator[Need]:
    """Name what unlinking these items reads, and taking back these transfers."""
    yield from needs_of_legs(transfers)
    yield from _whole(picture, list(dict.fromkeys([*keys, *keys_of(picture, transfers)])))


def _whole(picture: Picture, keys: Sequence[str]) -> Iterator[Need]:
    """Name items, and their groups whole, with all their links.

    One that stands alone may come to join a group that is then split, so its links count too.
    """
    wanted = [one(Item, key) for key in keys]
    yield from wanted
    if picture.missing(wanted):
        return
    items = [item for key in keys if (item := picture.find(Item, key))]
    groups = {item.group_id for item in items if item.group_id}
    customers = {item.customer_id for item in items}
    yield from (one(MatchingCounter, customer) for customer in customers)
    yield from needs_of_group(customers)
    alone = (item.item for item in items if item.side == "credit" and not item.group_id)
    yield from (those(Allocation, "credit_item", key) for key in alone)
    members = [those(Item, "group_id", group) for group in groups]
    yield from (one(Group, group) for group in groups)
    yield from members
    if picture.missing(members):
        return
    giving = [
        item.item
        for group in groups
        for item in picture.where(Item, "group_id", group)
        if item.side == "credit"
    ]
    links = [those(Allocation, "credit_item", key) for key in giving]
    yield from links
    if not picture.missing(links):
        for key in giving:
            for link in picture.where(Allocation, "credit_item", key):
                if link.released_on is None:
                    yield from needs_of_taking_back(link)
