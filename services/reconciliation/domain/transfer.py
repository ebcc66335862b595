"""Transfers: what one customer owes is settled with what another customer of its group has.

The invariant: a transfer is two equal items, and both are wholly allocated in the commit that
makes them: the debit to the credit that it carries, the credit to the debt that it settles. So
every customer's account balances alone, and nothing is ever open on a transfer.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from uuid import UUID

from services.reconciliation.domain.item import Allocation, Group, Item, new_item, opened_group_id
from shared.decider import Need, Picture, Row, one, those
from shared.events.reconciliation import ItemRef
from shared.events.transfers import TransferMade
from shared.ids import derived_id
from shared.money import Money


class Transfer(Row, frozen=True):
    """A transfer between the accounts of two customers; `amount_cents` is positive."""

    key = "transfer_id"

    transfer_id: UUID
    allocation_id: UUID  # by which it settles the debt
    from_customer_id: UUID
    to_customer_id: UUID
    amount_cents: int
    currency: str
    transferred_on: date
    credit_item: str  # what pays
    credit_number: str
    debit_item: str  # what is owed
    debit_number: str
    reason: str | None
    takes_back: UUID | None
    taken_back_on: date | None
    position: int

    @property
    def sides(self) -> tuple[str, str]:
        """Return the names of its debit and of its credit item."""
        return sides_of(self.transfer_id)


def sides_of(transfer_id: UUID) -> tuple[str, str]:
    """Return the names of a transfer's debit item and of its credit item."""
    return f"write_off/{_debit_id(transfer_id)}", f"write_off/{_credit_id(transfer_id)}"


def _debit_id(transfer_id: UUID) -> UUID:
    return derived_id(transfer_id, "debit")


def _credit_id(transfer_id: UUID) -> UUID:
    return derived_id(transfer_id, "credit")


def carrying_id(transfer_id: UUID) -> UUID:
    """Return the name of the allocation of what pays to the transfer's debit item."""
    return derived_id(transfer_id, "carries")


def transfer_between(
    credit: Item, debit: Item, *, allocation_id: UUID, cents: int, on: date, reason: str | None
) -> TransferMade:
    """Return the transfer by which an allocation settles a debt with another account's credit."""
    transfer_id = derived_id(allocation_id, "transfer")
    return TransferMade(
        transfer_id=transfer_id,
        allocation_id=allocation_id,
        from_customer_id=credit.customer_id,
        debit_item_id=_debit_id(transfer_id),
        to_customer_id=debit.customer_id,
        credit_item_id=_credit_id(transfer_id),
        amount=Money(cents, credit.currency),
        transferred_on=on,
        credit=credit.ref,
        credit_number=credit.number,
        debit=debit.ref,
        debit_number=debit.number,
        reason=reason,
    )


def taken_back(transfer: Transfer, *, on: date, reason: str) -> TransferMade:
    """Return the equal and opposite transfer."""
    transfer_id = derived_id(transfer.transfer_id, "taken back")
    credit, debit = (_ref(key) for key in (transfer.credit_item, transfer.debit_item))
    return TransferMade(
        transfer_id=transfer_id,
        allocation_id=transfer.allocation_id,
        from_customer_id=transfer.to_customer_id,
        debit_item_id=_debit_id(transfer_id),
        to_customer_id=transfer.from_customer_id,
        credit_item_id=_credit_id(transfer_id),
        amount=Money(transfer.amount_cents, transfer.currency),
        transferred_on=on,
        credit=credit,
        credit_number=transfer.credit_number,
        debit=debit,
        debit_number=transfer.debit_number,
        takes_back=transfer.transfer_id,
        reason=reason,
    )


def _ref(key: str) -> ItemRef:
    kind, _, item_id = key.partition("/")
    return ItemRef.model_validate({"kind": kind, "id": item_id})


def items_of(ledger: str, fact: TransferMade) -> tuple[Item, Item]:
    """Return the debit item on one account and the credit item on the other."""
    debit_no, credit_no = fact.debit_number, fact.credit_number
    sides = (
        ("debit", fact.debit_item_id, fact.from_customer_id, debit_no),
        ("credit", fact.credit_item_id, fact.to_customer_id, credit_no),
    )
    debit, credit = (
        new_item(
            ledger,
            kind="write_off",
            item_id=item_id,
            side=side,
            customer_id=customer_id,
            number=number,
            on=fact.transferred_on,
            amount=fact.amount,
            variant="transfer",
        )
        for side, item_id, customer_id, number in sides
    )
    return debit, credit


# ── what it reads ───────────────────────────────────────────────────────────────


def needs_of_carrying(
    picture: Picture, name: UUID, paying: Sequence[str], owed: Sequence[str]
) -> Iterator[Need]:
    """Name the groups that transfers may open on the accounts that owe, once all are known."""
    wanted = [one(Item, key) for key in (*paying, *owed)]
    if picture.missing(wanted):
        return
    items = [item for need in wanted if (item := picture.find(Item, need.value))]
    if len({item.customer_id for item in items}) > 1:
        yield from (one(Group, opened_group_id(name, debit)) for debit in owed)


def needs_of_legs(transfer_ids: Iterable[UUID]) -> Iterator[Need]:
    """Name transfers with the allocations that hold their items."""
    for transfer_id in transfer_ids:
        yield one(Transfer, transfer_id)
        yield one(Allocation, carrying_id(transfer_id))
        yield those(Allocation, "credit_item", sides_of(transfer_id)[1])


def transfers_of(links: Iterable[Allocation | None]) -> list[UUID]:
    """Return the transfers that links which hold are legs of, each once."""
    live = (link for link in links if link and link.released_on is None)
    return list(dict.fromkeys(link.transfer_id for link in live if link.transfer_id))


def keys_of(picture: Picture, transfer_ids: Iterable[UUID]) -> list[str]:
    """Return the items of transfers, and those they join, as far as the transfers are loaded."""
    keys: list[str] = []
    for transfer_id in transfer_ids:
        if not picture.missing([one(Transfer, transfer_id)]):
            found = picture.find(Transfer, transfer_id)
            keys += [found.credit_item, found.debit_item, *found.sides] if found else []
    return keys
