"""Items: whatever moves a customer's account, and how much of it is still open.

Credit items lower what the customer owes (payment, credit note, loss written off), or are what we
owe (purchase invoice, expense note); debit items raise it, or lower what we owe (invoice, refund, a
payment taken back, gain written off).
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec.structs import replace

from shared.decider import Picture, Row
from shared.errors import Refusal
from shared.events.reconciliation import ItemRef, VatPart
from shared.ids import derived_id
from shared.money import Money, split_by_weight


class Item(Row, frozen=True):
    """One item; amounts in cents, positive. `vat` holds per rate what is total and allocated."""

    key = "item"

    item: str  # kind/id
    kind: str
    item_id: UUID
    side: str  # credit, debit
    customer_id: UUID
    number: str
    item_on: date
    due_on: date | None
    currency: str
    amount_cents: int
    allocated_cents: int
    vat: tuple[dict[str, str | int], ...]
    group_id: UUID | None
    variant: str | None = None  # of an invoice: normal, penalty, …; of what we owe: its kind
    held_cents: int = 0  # of a credit: kept for documents that are not owed yet
    declared_cents: int = 0  # of a document closed short: what nobody will pay

    @property
    def unallocated_cents(self) -> int:
        """Return what no allocation holds: open, or declared not to be paid."""
        return self.amount_cents - self.allocated_cents

    @property
    def open_cents(self) -> int:
        """Return what may still be allocated."""
        return self.unallocated_cents - self.declared_cents

    @property
    def available_cents(self) -> int:
        """Return what is open and not kept for a document either."""
        return self.open_cents - self.held_cents

    @property
    def ref(self) -> ItemRef:
        """Return its name in facts."""
        return ItemRef.model_validate({"kind": self.kind, "id": self.item_id})


class Group(Row, frozen=True):
    """A matching group: items joined by allocations, and what none holds of them together.

    What is declared on a document counts as well: no entry says so, and they don't balance.
    """

    key = "group_id"

    group_id: UUID
    customer_id: UUID
    open_cents: int
    members: int
    matching_code: str | None
    matched_on: date | None


class Allocation(Row, frozen=True):
    """An allocation and whether it still holds."""

    key = "allocation_id"

    allocation_id: UUID
    customer_id: UUID
    credit_item: str
    debit_item: str
    amount_cents: int
    currency: str
    allocated_on: date
    origin: str
    vat: tuple[dict[str, str | int], ...]
    credit_vat: tuple[dict[str, str | int], ...]
    released_on: date | None
    release_reason: str | None
    request_sha256: str | None
    position: int
    reason: str | None = None
    made_by: str | None = None
    made_at: datetime | None = None
    released_by: str | None = None
    released_at: datetime | None = None
    released_position: int | None = None
    prepayment_id: UUID | None = None  # the prepayment it was before
    differences: tuple[dict[str, str | int | None], ...] = ()  # see AllocationDifference
    same_amount: bool = False  # are both sides of one amount?
    transfer_id: UUID | None = None  # the transfer that one of its items, or each, is a side of
    paid_with: str = ""  # its credit item, or the one of another customer that a transfer brings
    paid_on: date | None = None  # the day of what it is paid with
    document_on: date | None = None  # the day of what is paid

    def vat_parts(self) -> tuple[tuple[VatPart, ...], tuple[VatPart, ...]]:
        """Return its `vat` and `credit_vat` as facts carry them."""
        vat, credit_vat = (
            tuple(
                VatPart(rate=str(part["rate"]), amount=Money(int(part["cents"]), self.currency))
                for part in parts
            )
            for parts in (self.vat, self.credit_vat)
        )
        return vat, credit_vat


class MatchingCounter(Row, frozen=True):
    """How many matching codes a customer's account was given."""

    key = "customer_id"

    customer_id: UUID
    last: int


class UnknownItem(Refusal):
    """No item has this name here; one just recorded may need a moment to arrive."""

    status = 422


def new_item(  # noqa: PLR0913 - one place for five kinds of item
    ledger: str,
    *,
    kind: str,
    item_id: UUID,
    side: str,
    customer_id: UUID,
    number: str,
    on: date,
    amount: Money,
    due_on: date | None = None,
    vat: tuple[dict[str, str | int], ...] = (),
    variant: str | None = None,
) -> Item:
    """Return an item of which nothing is allocated."""
    return Item(
        ledger=ledger,
        item=f"{kind}/{item_id}",
        kind=kind,
        item_id=item_id,
        side=side,
        customer_id=customer_id,
        number=number,
        item_on=on,
        due_on=due_on,
        currency=amount.currency,
        amount_cents=abs(amount.cents),
        allocated_cents=0,
        vat=vat,
        group_id=None,
        variant=variant,
    )


def key_of(ref: ItemRef) -> str:
    """Return an item's key."""
    return f"{ref.kind}/{ref.id}"


def existing(picture: Picture, key: str) -> Item:
    """Return an item; raise UnknownItem if it is not here."""
    item = picture.find(Item, key)
    if item is None:
        raise UnknownItem(item=key)
    return item


def vat_parts(item: Item, cents: int) -> tuple[VatPart, ...]:
    """Split an amount over what is left of each VAT rate, to the cent (rule 10).

    What is left weighs, so that the parts of all allocations of a settled document add up
    to exactly its own amount per rate.
    """
    left = [int(part["total_cents"]) - int(part["allocated_cents"]) for part in item.vat]
    if not left:
        return ()
    exact = cents == sum(left)
    parts = left if exact else split_by_weight(cents, [max(weight, 0) for weight in left])
    return tuple(
        VatPart(rate=str(part["rate"]), amount=Money(share, item.currency))
        for part, share in zip(item.vat, parts, strict=True)
    )


def vat_of_sides(
    credit: Item, debit: Item, vat: Sequence[VatPart], credit_vat: Sequence[VatPart]
) -> tuple[Sequence[VatPart], Sequence[VatPart]]:
    """Return the parts of an allocation that fall on its credit and on its debit item."""
    if debit.kind == "document":
        return credit_vat, vat
    return (vat, ()) if credit.kind == "document" else ((), ())


def add_vat(item: Item, parts: Sequence[VatPart], sign: int) -> tuple[dict[str, str | int], ...]:
    """Return the item's VAT after parts were allocated (+1) or taken back (-1)."""
    shares = {part.rate: sign * part.amount.cents for part in parts}
    return tuple(
        {**part, "allocated_cents": int(part["allocated_cents"]) + shares.get(str(part["rate"]), 0)}
        for part in item.vat
    )


def opened_group_id(name: UUID, credit_item: str) -> UUID:
    """Return the id of the group that joining an item opens, in what is done under a name."""
    return derived_id(name, "group", credit_item)


def new_group(ledger: str, group_id: UUID, customer_id: UUID) -> Group:
    """Return a group that nothing has joined yet."""
    return Group(
        ledger=ledger,
        group_id=group_id,
        customer_id=customer_id,
        open_cents=0,
        members=0,
        matching_code=None,
        matched_on=None,
    )


def allocated(item: Item, group: Group, cents: int, parts: Sequence[VatPart]) -> tuple[Item, Group]:
    """Return item and group after cents of the item were allocated (negative: released) in it."""
    joins = item.group_id != group.group_id
    change = item.unallocated_cents - cents if joins else -cents
    return (
        replace(
            item,
            allocated_cents=item.allocated_cents + cents,
            group_id=group.group_id,
            vat=add_vat(item, parts, 1 if cents > 0 else -1),
        ),
        replace(group, open_cents=group.open_cents + change, members=group.members + joins),
    )


def resized(group: Group, items: Sequence[Item], sign: int) -> Group:
    """Return the group after items joined it (+1) or left it (-1)."""
    left = sum(item.unallocated_cents for item in items)
    return replace(
        group,
        open_cents=group.open_cents + sign * left,
        members=group.members + sign * len(items),
    )


def code_text(count: int) -> str:
    """Return the nth matching code: AA, AB, … AZ, BA, … ZZ, then AAA.

    >>> code_text(1), code_text(26), code_text(27), code_text(676), code_text(677)
    ('AA', 'AZ', 'BA', 'ZZ', 'AAA')
    """
    letters, rest = [], count - 1 + 26
    while rest >= 0:
        letters.append(chr(ord("A") + rest % 26))
        rest = rest // 26 - 1
    return "".join(reversed(letters))


def code_count(code: str) -> int:
    """Return which code this is: the inverse of `code_text`.

    >>> [code_count(code_text(n)) for n in (1, 27, 676, 677)]
    [1, 27, 676, 677]
    """
    count = 0
    for letter in code:
        count = count * 26 + ord(letter) - ord("A") + 1
    return count - 26
