"""What reconciliation's own facts do to its rows; `followed` says it of the others' facts."""

from collections.abc import Sequence

from msgspec.structs import replace

from services.reconciliation.domain.asked import AskedAllocation
from services.reconciliation.domain.bank import BankReconciliation
from services.reconciliation.domain.difference import Difference
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
from services.reconciliation.domain.write_off import WriteOff, item_of_write_off
from shared.decider import Need, Picture, fresh, one
from shared.events.reconciliation import (
    AllocationDifference,
    AllocationMade,
    AllocationReleased,
    AllocationShortfall,
    BankReconciliationUndone,
    DifferenceDeclared,
    DifferenceWithdrawn,
    ItemsGrouped,
    ItemsMatched,
    ItemsUnmatched,
    MatchingMade,
    PaymentBankReconciled,
    VatPart,
    WriteOffDeclared,
)
from shared.projection import Projection
from shared.seal import Entry

PROJECTION = Projection()


# ── our own facts ───────────────────────────────────────────────────────────────


def _sides_and_group(fact: AllocationMade | AllocationReleased) -> list[Need]:
    sides = [one(Item, key_of(fact.credit)), one(Item, key_of(fact.debit))]
    return [*sides, one(Group, fact.group_id)]


def _needs_of_made(fact: AllocationMade) -> list[Need]:
    asked = one(AskedAllocation, f"{fact.credit.id}/{fact.debit.id}")
    made = fresh(Allocation, fact.allocation_id)
    return [*_sides_and_group(fact), made, *([asked] if fact.origin == "applies_to" else [])]


@PROJECTION.on(AllocationMade, _needs_of_made)
def link(picture: Picture, entry: Entry, fact: AllocationMade) -> None:
    """Keep the allocation, open less on both sides, and join their group."""
    _move(picture, fact, fact.amount.cents)
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
            differences=tuple(_difference(each) for each in fact.differences),
        )
    )
    if fact.origin == "applies_to":
        _decide_wish(picture, f"{fact.credit.id}/{fact.debit.id}")


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


@PROJECTION.on(WriteOffDeclared, lambda fact: [one(WriteOff, fact.write_off_id)])
def add_write_off(picture: Picture, entry: Entry, fact: WriteOffDeclared) -> None:
    """A loss is a credit item, a gain a debit item."""
    picture.put(
        WriteOff(
            ledger=picture.ledger,
            write_off_id=fact.write_off_id,
            customer_id=fact.customer_id,
            side=fact.side,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            reason=fact.reason,
            account=fact.account,
            declared_on=fact.declared_on,
            request_sha256=fact.request_sha256,
            position=entry.position,
        )
    )
    picture.put(item_of_write_off(picture.ledger, fact))


def _closing(fact: DifferenceDeclared | DifferenceWithdrawn) -> str:
    return f"{fact.payment_id}/{fact.document_id}"


def _needs_of_difference(fact: DifferenceDeclared | DifferenceWithdrawn) -> list[Need]:
    return [one(Difference, _closing(fact)), one(Item, f"document/{fact.document_id}")]


@PROJECTION.on(DifferenceDeclared, _needs_of_difference)
def declare(picture: Picture, _entry: Entry, fact: DifferenceDeclared) -> None:
    """Nothing is open on the document any more, by as much as is declared."""
    _declare(picture, fact)


@PROJECTION.on(DifferenceWithdrawn, _needs_of_difference)
def withdraw(picture: Picture, _entry: Entry, fact: DifferenceWithdrawn) -> None:
    """Open the document again by what was declared."""
    _declare(picture, fact)


def _declare(picture: Picture, fact: DifferenceDeclared | DifferenceWithdrawn) -> None:
    item = existing(picture, f"document/{fact.document_id}")
    asked = picture.find(Difference, _closing(fact))
    assert asked
    cents = fact.difference.cents
    picture.put(replace(item, declared_cents=item.declared_cents + cents))
    picture.put(replace(asked, declared_cents=asked.declared_cents + cents, decided=True))


@PROJECTION.on(PaymentBankReconciled, lambda fact: [one(BankReconciliation, fact.payment_id)])
def meet_statement(picture: Picture, _entry: Entry, fact: PaymentBankReconciled) -> None:
    """Keep which statement shows the payment."""
    picture.put(
        BankReconciliation(
            ledger=picture.ledger,
            payment_id=fact.payment_id,
            statement=fact.statement,
            reconciled_on=fact.reconciled_on,
            holds=True,
        )
    )


@PROJECTION.on(BankReconciliationUndone, lambda fact: [one(BankReconciliation, fact.payment_id)])
def leave_statement(picture: Picture, _entry: Entry, fact: BankReconciliationUndone) -> None:
    """No statement shows the payment any more."""
    known = picture.find(BankReconciliation, fact.payment_id)
    assert known
    picture.put(replace(known, holds=False))
