"""What facts do to reconciliation's rows: its own, and those of payments and invoicing."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.reconciliation.domain.allocation import AskedAllocation
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
)
from services.reconciliation.domain.matching import Matching
from services.reconciliation.domain.write_off import WriteOff
from shared.decider import Need, Picture, one
from shared.events.invoicing import DocumentValidated
from shared.events.payments import (
    PaymentRecorded,
    PaymentReturned,
    PaymentReversed,
    RefundRecorded,
)
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    AllocationShortfall,
    ItemsGrouped,
    ItemsMatched,
    ItemsUnmatched,
    MatchingMade,
    WriteOffDeclared,
)
from shared.money import Money
from shared.projection import Projection
from shared.seal import Entry

PROJECTION = Projection()


def _put_item(  # noqa: PLR0913 - one place for five kinds of item
    picture: Picture,
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
) -> None:
    picture.put(
        Item(
            ledger=picture.ledger,
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
        )
    )


# ── facts of payments and invoicing ─────────────────────────────────────────────


@PROJECTION.on(
    PaymentRecorded,
    lambda fact: [
        one(Item, f"payment/{fact.payment_id}"),
        *(
            one(AskedAllocation, f"{fact.payment_id}/{applied.document_id}")
            for applied in fact.applies_to
        ),
    ],
)
def credit_payment(picture: Picture, _entry: Entry, fact: PaymentRecorded) -> None:
    """Money received is a credit item; what the payer asks for waits to be decided."""
    _put_item(
        picture,
        kind="payment",
        item_id=fact.payment_id,
        side="credit",
        customer_id=fact.customer_id,
        number=fact.number,
        on=fact.received_on,
        amount=fact.amount,
    )
    for rank, applied in enumerate(fact.applies_to):
        picture.put(
            AskedAllocation(
                ledger=picture.ledger,
                asked=f"{fact.payment_id}/{applied.document_id}",
                payment_id=fact.payment_id,
                document_id=applied.document_id,
                rank=rank,
                amount_cents=applied.amount.cents,
                currency=applied.amount.currency,
                decided=False,
            )
        )


def _needs_of_taken_back(fact: PaymentReversed | PaymentReturned) -> list[Need]:
    return [
        one(Item, f"payment/{fact.payment_id}"),
        one(Item, f"taken_back/{fact.payment_id}"),
    ]


@PROJECTION.on(PaymentReversed, _needs_of_taken_back)
def debit_reversal(picture: Picture, _entry: Entry, fact: PaymentReversed) -> None:
    """A reversal is a debit item equal to its payment."""
    _debit_taken_back(picture, fact, fact.reversed_on)


@PROJECTION.on(PaymentReturned, _needs_of_taken_back)
def debit_return(picture: Picture, _entry: Entry, fact: PaymentReturned) -> None:
    """A returned payment is a debit item equal to it."""
    _debit_taken_back(picture, fact, fact.returned_on)


def _debit_taken_back(
    picture: Picture, fact: PaymentReversed | PaymentReturned, on: date
) -> None:
    payment = existing(picture, f"payment/{fact.payment_id}")
    _put_item(
        picture,
        kind="taken_back",
        item_id=fact.payment_id,
        side="debit",
        customer_id=payment.customer_id,
        number=payment.number,
        on=on,
        amount=fact.amount,
    )


@PROJECTION.on(RefundRecorded, lambda fact: [one(Item, f"refund/{fact.refund_id}")])
def debit_refund(picture: Picture, _entry: Entry, fact: RefundRecorded) -> None:
    """Money given back is a debit item."""
    _put_item(
        picture,
        kind="refund",
        item_id=fact.refund_id,
        side="debit",
        customer_id=fact.customer_id,
        number=fact.number,
        on=fact.refunded_on,
        amount=fact.amount,
    )


@PROJECTION.on(DocumentValidated, lambda fact: [one(Item, f"document/{fact.document_id}")])
def add_document(picture: Picture, _entry: Entry, fact: DocumentValidated) -> None:
    """An invoice is a debit item, a credit note a credit item, with its VAT per rate."""
    _put_item(
        picture,
        kind="document",
        item_id=fact.document_id,
        side="debit" if fact.kind == "invoice" else "credit",
        customer_id=fact.customer_id,
        number=fact.number,
        on=fact.issued_on,
        due_on=fact.due_on,
        amount=fact.total,
        vat=tuple(
            {"rate": p.rate, "total_cents": p.net.cents + p.vat.cents, "allocated_cents": 0}
            for p in fact.vat
        ),
    )


# ── our own facts ───────────────────────────────────────────────────────────────


def _needs_of_allocation(fact: AllocationMade | AllocationReleased) -> list[Need]:
    return [
        one(Item, key_of(fact.credit)),
        one(Item, key_of(fact.debit)),
        one(Group, fact.group_id),
        one(Allocation, fact.allocation_id),
        one(AskedAllocation, f"{fact.credit.id}/{fact.debit.id}"),
    ]


@PROJECTION.on(AllocationMade, _needs_of_allocation)
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
            vat=tuple({"rate": part.rate, "cents": part.amount.cents} for part in fact.vat),
            released_on=None,
            release_reason=None,
            request_sha256=fact.request_sha256,
            position=entry.position,
        )
    )
    if fact.origin == "applies_to":
        _decide_wish(picture, f"{fact.credit.id}/{fact.debit.id}")


@PROJECTION.on(AllocationReleased, _needs_of_allocation)
def unlink(picture: Picture, _entry: Entry, fact: AllocationReleased) -> None:
    """Keep that it was released, and open both sides again."""
    _move(picture, fact, -fact.amount.cents)
    allocation = picture.find(Allocation, fact.allocation_id)
    assert allocation
    picture.put(replace(allocation, released_on=fact.released_on, release_reason=fact.reason))


def _move(picture: Picture, fact: AllocationMade | AllocationReleased, cents: int) -> None:
    group = picture.find(Group, fact.group_id) or new_group(
        picture.ledger, fact.group_id, fact.customer_id
    )
    split_key = key_of(fact.debit if fact.debit.kind == "document" else fact.credit)
    for ref in (fact.credit, fact.debit):
        item = existing(picture, key_of(ref))
        parts = fact.vat if item.item == split_key else ()
        item, group = allocated(item, group, cents, parts)
        picture.put(item)
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


@PROJECTION.on(
    WriteOffDeclared,
    lambda fact: [
        one(WriteOff, fact.write_off_id),
        one(Item, f"write_off/{fact.write_off_id}"),
    ],
)
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
    _put_item(
        picture,
        kind="write_off",
        item_id=fact.write_off_id,
        side=fact.side,
        customer_id=fact.customer_id,
        number=fact.reason[:40],
        on=fact.declared_on,
        amount=fact.amount,
    )


