"""What reconciliation's own facts do to its rows; `followed` says it of the others' facts."""

from collections.abc import Sequence

from msgspec.structs import replace

from services.reconciliation.domain.asked import AskedAllocation
from services.reconciliation.domain.item import (
    Allocation,
    Group,
    Item,
    MatchingCounter,
    allocated,
    code_count,
    existing,
    key_of,
    new_group,
    resized,
    vat_of_sides,
)
from services.reconciliation.domain.matching import Matching
from services.reconciliation.domain.sale import Prepayment, prepayment_of
from shared.decider import Need, Picture, fresh, one
from shared.events.reconciliation import (
    AllocationDifference,
    AllocationMade,
    AllocationReleased,
    ItemsGrouped,
    ItemsMatched,
    ItemsUnmatched,
    MatchingMade,
    PrepaymentFreed,
    PrepaymentHeld,
    VatPart,
)
from shared.events.shortfalls import AllocationShortfall
from shared.projection import Projection
from shared.seal import Entry

PROJECTION = Projection()

# ── our own facts ───────────────────────────────────────────────────────────────


def _sides_and_group(fact: AllocationMade | AllocationReleased) -> list[Need]:
    sides = [one(Item, key_of(fact.credit)), one(Item, key_of(fact.debit))]
    return [*sides, one(Group, fact.group_id)]


def _needs_of_made(fact: AllocationMade) -> list[Need]:
    asked = [one(AskedAllocation, _answered(fact))] if _answers(fact) else []
    brought = [one(Item, key_of(fact.carries))] if fact.carries else []
    return [*_sides_and_group(fact), fresh(Allocation, fact.allocation_id), *brought, *asked]


def _answers(fact: AllocationMade) -> bool:
    """Say whether a payment's own wish is decided by it: a prepayment's was, when it was held.

    A discount is accepted once that is so.
    """
    wished = fact.origin == "applies_to" and fact.accepts is None
    return wished and fact.prepayment_id is None


@PROJECTION.on(AllocationMade, _needs_of_made)
def link(picture: Picture, entry: Entry, fact: AllocationMade) -> None:
    """Keep the allocation, open less on both sides, and join their group."""
    _move(picture, fact, fact.amount.cents)
    sides = fact.debit, fact.carries or fact.credit
    debit, paying = (existing(picture, key_of(side)) for side in sides)
    picture.put(
        Allocation(
            ledger=picture.ledger,
            allocation_id=fact.allocation_id,
            customer_id=fact.customer_id,
            credit_item=key_of(fact.credit),
            debit_item=key_of(fact.debit),
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            allocated_on=fact.allocated_on,
            origin=fact.origin,
            vat=_kept(fact.vat),
            credit_vat=_kept(fact.credit_vat),
            released_on=None,
            release_reason=None,
            request_sha256=fact.request_sha256,
            position=entry.position,
            reason=fact.reason,
            made_by=entry.context.actor,
            made_at=entry.recorded_at,
            prepayment_id=fact.prepayment_id,
            differences=tuple(_difference(each) for each in fact.differences),
            same_amount=paying.amount_cents == debit.amount_cents,
            transfer_id=fact.transfer_id,
            paid_with=paying.item,
            paid_on=paying.item_on,
            document_on=debit.item_on,
        )
    )
    if _answers(fact):
        _decide_wish(picture, _answered(fact))


def _answered(fact: AllocationMade) -> str:
    """Return the name of the wish that it answers."""
    return f"{(fact.carries or fact.credit).id}/{fact.debit.id}"


def _difference(difference: AllocationDifference) -> dict[str, str | int | None]:
    return {
        "code": difference.code,
        "cents": difference.amount.cents,
        "account": difference.account,
        "reason": difference.reason,
        "write_off_id": str(difference.write_off_id),
        "allocation_id": str(difference.allocation_id),
    }


def _kept(parts: Sequence[VatPart]) -> tuple[dict[str, str | int], ...]:
    return tuple({"rate": part.rate, "cents": part.amount.cents} for part in parts)


@PROJECTION.on(
    AllocationReleased,
    lambda fact: [*_sides_and_group(fact), one(Allocation, fact.allocation_id)],
)
def unlink(picture: Picture, entry: Entry, fact: AllocationReleased) -> None:
    """Keep that it was released, and open both sides again."""
    _move(picture, fact, -fact.amount.cents)
    allocation = picture.find(Allocation, fact.allocation_id)
    assert allocation
    released = replace(
        allocation,
        released_on=fact.released_on,
        release_reason=fact.reason,
        released_by=entry.context.actor,
        released_at=entry.recorded_at,
        released_position=entry.position,
    )
    picture.put(released)


def _move(picture: Picture, fact: AllocationMade | AllocationReleased, cents: int) -> None:
    group = picture.find(Group, fact.group_id) or new_group(
        picture.ledger, fact.group_id, fact.customer_id
    )
    credit, debit = existing(picture, key_of(fact.credit)), existing(picture, key_of(fact.debit))
    vat = vat_of_sides(credit, debit, fact.vat, fact.credit_vat)
    for item, parts in zip((credit, debit), vat, strict=True):
        moved, group = allocated(item, group, cents, parts)
        picture.put(moved)
    picture.put(group)


@PROJECTION.on(
    AllocationShortfall,
    lambda fact: [one(AskedAllocation, f"{fact.payment_id}/{fact.document_id}")],
)
def drop_wish(picture: Picture, _entry: Entry, fact: AllocationShortfall) -> None:
    """Nothing more is given to what was asked."""
    _decide_wish(picture, f"{fact.payment_id}/{fact.document_id}")


def _decide_wish(picture: Picture, key: str) -> None:
    wish = picture.find(AskedAllocation, key)
    assert wish
    picture.put(replace(wish, decided=True))


def _needs_of_held(fact: PrepaymentHeld) -> list[Need]:
    asked = one(AskedAllocation, f"{fact.credit.id}/{fact.document_id}")
    held = [one(Item, key_of(fact.credit)), fresh(Prepayment, fact.prepayment_id)]
    return [*held, *([asked] if fact.origin == "applies_to" else [])]


@PROJECTION.on(PrepaymentHeld, _needs_of_held)
def hold(picture: Picture, entry: Entry, fact: PrepaymentHeld) -> None:
    """Keep the prepayment; the credit has less available."""
    _reserve(picture, fact, fact.amount.cents)
    picture.put(prepayment_of(picture.ledger, fact, entry.position))
    if fact.origin == "applies_to":
        _decide_wish(picture, f"{fact.credit.id}/{fact.document_id}")


@PROJECTION.on(
    PrepaymentFreed,
    lambda fact: [one(Item, key_of(fact.credit)), one(Prepayment, fact.prepayment_id)],
)
def free(picture: Picture, _entry: Entry, fact: PrepaymentFreed) -> None:
    """The credit has what is freed available again."""
    _reserve(picture, fact, -fact.amount.cents)
    known = picture.find(Prepayment, fact.prepayment_id)
    assert known
    freed_cents = known.freed_cents + fact.amount.cents
    picture.put(replace(known, freed_cents=freed_cents, freed_on=fact.freed_on))


def _reserve(picture: Picture, fact: PrepaymentHeld | PrepaymentFreed, cents: int) -> None:
    item = existing(picture, key_of(fact.credit))
    picture.put(replace(item, held_cents=item.held_cents + cents))


def _needs_of_grouped(fact: ItemsGrouped) -> list[Need]:
    groups = [group for group in (fact.group_id, fact.from_group_id) if group]
    return [*(one(Group, group) for group in groups), *(one(Item, key_of(r)) for r in fact.items)]


@PROJECTION.on(ItemsGrouped, _needs_of_grouped)
def regroup(picture: Picture, _entry: Entry, fact: ItemsGrouped) -> None:
    """Move items from one group to another, or out of any."""
    items = [existing(picture, key_of(ref)) for ref in fact.items]
    for group_id, sign in ((fact.from_group_id, -1), (fact.group_id, 1)):
        if group_id:
            group = picture.find(Group, group_id) or new_group(
                picture.ledger, group_id, fact.customer_id
            )
            picture.put(resized(group, items, sign))
    for item in items:
        picture.put(replace(item, group_id=fact.group_id))


@PROJECTION.on(
    ItemsMatched,
    lambda fact: [one(Group, fact.group_id), one(MatchingCounter, fact.customer_id)],
)
def match(picture: Picture, _entry: Entry, fact: ItemsMatched) -> None:
    """Give the group its matching code; the customer's next code comes after it."""
    group = picture.find(Group, fact.group_id)
    assert group
    picture.put(replace(group, matching_code=fact.matching_code, matched_on=fact.matched_on))
    last = code_count(fact.matching_code)
    picture.put(MatchingCounter(ledger=picture.ledger, customer_id=fact.customer_id, last=last))


@PROJECTION.on(ItemsUnmatched, lambda fact: [one(Group, fact.group_id)])
def unmatch(picture: Picture, _entry: Entry, fact: ItemsUnmatched) -> None:
    """Withdraw the group's matching code."""
    group = picture.find(Group, fact.group_id)
    assert group
    picture.put(replace(group, matching_code=None, matched_on=None))


@PROJECTION.on(MatchingMade, lambda fact: [one(Matching, fact.matching_id)])
def keep_matching(picture: Picture, entry: Entry, fact: MatchingMade) -> None:
    """Keep what was asked, to answer the same request again."""
    picture.put(
        Matching(
            ledger=picture.ledger,
            matching_id=fact.matching_id,
            customer_id=fact.customer_id,
            matched_on=fact.matched_on,
            items=tuple({"kind": ref.kind, "id": str(ref.id)} for ref in fact.items),
            request_sha256=fact.request_sha256,
            position=entry.position,
        )
    )
