"""If these failed, a parent could not pay for its subsidiaries, or an account would not balance."""

from uuid import UUID

import pytest

from services.reconciliation.domain import allocation as rules
from services.reconciliation.domain.customer import NotOneGroup
from services.reconciliation.domain.item import Allocation, Group, Item
from services.reconciliation.domain.parts import Accepted
from services.reconciliation.domain.settlement import SettleItems, Side
from services.reconciliation.domain.transfer import Transfer, sides_of
from shared.events import Event
from shared.events.invoicing import CustomerChanged
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    ItemsMatched,
    PrepaymentHeld,
)
from shared.events.shortfalls import AllocationShortfall
from shared.events.transfers import TransferMade
from tests.facts import (
    DURAND,
    MARTIN,
    TODAY,
    customer,
    document,
    euros,
    named,
    order_document,
    payment,
    reversal,
)
from tests.given import Memory
from tests.reconciliation.words import allocate, books, left, live, move, ref, release, row

NORTH, SOUTH = UUID(int=0xA0), UUID(int=0xB0)
GROUP = (customer(DURAND), customer(NORTH, parent_id=DURAND), customer(SOUTH, parent_id=DURAND))


def invoice(name: str, total: str, customer_id: UUID) -> Event:
    return document(name, rates={"20": total}, customer_id=customer_id)


def group_books(*facts: Event) -> Memory:
    return books(
        *GROUP,
        customer(MARTIN),
        invoice("FN", "100.00", NORTH),
        invoice("FS", "50.00", SOUTH),
        *facts,
    )


def balance(memory: Memory, customer_id: UUID) -> tuple[int, int]:
    """Return a customer's balance, and what is open: both in cents, debits less credits."""
    items = [item for item in memory.rows(Item) if item.customer_id == customer_id]
    signs = [1 if item.side == "debit" else -1 for item in items]
    whole = sum(sign * item.amount_cents for sign, item in zip(signs, items, strict=True))
    still = sum(sign * item.open_cents for sign, item in zip(signs, items, strict=True))
    return whole, still


def check_accounts(memory: Memory) -> None:
    """Hold that each account balances alone to what is really open on it."""
    for customer_id in (DURAND, NORTH, SOUTH, MARTIN):
        whole, still = balance(memory, customer_id)
        assert whole == still


PAID = {"FN": "100.00", "FS": "50.00"}


def test_a_parent_pays_for_its_subsidiaries_and_each_account_balances() -> None:
    memory = group_books(paid := payment("P1", "160.00", PAID))
    assert left(memory, "FN", "FS", "P1") == ["0.00", "0.00", "10.00"]
    north, south = memory.rows(Transfer)
    assert {(t.from_customer_id, t.to_customer_id, t.amount_cents) for t in (north, south)} == {
        (DURAND, NORTH, 10_000),
        (DURAND, SOUTH, 5_000),
    }
    check_accounts(memory)
    assert balance(memory, DURAND) == (-1_000, -1_000)
    made = [fact for fact in memory.facts if isinstance(fact, AllocationMade)]
    settling = [fact for fact in made if fact.carries]
    assert [fact.carries for fact in settling] == [ref("P1"), ref("P1")]
    assert [sum(part.amount.cents for part in fact.vat) for fact in settling] == [10_000, 5_000]
    assert {link.paid_with for link in live(memory)} == {f"payment/{paid.payment_id}"}
    codes = [fact.customer_id for fact in memory.facts if isinstance(fact, ItemsMatched)]
    assert sorted(codes) == sorted([NORTH, SOUTH])  # the parent's still has 10.00 open


def test_each_account_that_balances_gets_a_code_of_its_own() -> None:
    memory = group_books(payment("P1", "150.00", PAID))
    groups = [group for group in memory.rows(Group) if group.matching_code]
    assert {group.customer_id for group in groups} == {DURAND, NORTH, SOUTH}
    assert {group.matching_code for group in groups} == {"AA"}
    for item in memory.rows(Item):
        assert memory.row(Group, item.group_id).customer_id == item.customer_id


def test_a_release_takes_the_transfer_back_and_frees_the_parent_s_money() -> None:
    memory = group_books(payment("P1", "150.00", PAID))
    (link,) = [link for link in live(memory) if link.debit_item == row(memory, "FN").item]
    facts = memory.decide(release(link))
    assert left(memory, "FN", "FS", "P1") == ["100.00", "0.00", "100.00"]
    released = [fact.allocation_id for fact in facts if isinstance(fact, AllocationReleased)]
    assert len(released) == 2
    (back,) = [fact for fact in facts if isinstance(fact, TransferMade)]
    assert (back.from_customer_id, back.to_customer_id, back.takes_back) == (
        NORTH,
        DURAND,
        link.transfer_id,
    )
    check_accounts(memory)
    for leg in (memory.row(Allocation, allocation_id) for allocation_id in released):
        assert memory.decide(release(leg)) == []


def test_either_link_of_a_transfer_releases_both() -> None:
    memory = group_books(payment("P1", "150.00", PAID))
    for link in live(memory):
        if link.credit_item == row(memory, "P1").item:
            memory.decide(release(link))
    assert left(memory, "FN", "FS", "P1") == ["100.00", "50.00", "150.00"]
    check_accounts(memory)
    for link in live(memory):  # what closes a transfer with its opposite stays for good
        memory.when(release(link)).then_refused(rules.AllocationIsFixed)


def test_a_reversal_takes_all_transfers_back() -> None:
    memory = group_books(paid := payment("P1", "160.00", PAID))
    memory.follow(reversal(paid))
    assert left(memory, "FN", "FS", "P1", "T1") == ["100.00", "50.00", "0.00", "0.00"]
    for customer_id, owed in ((DURAND, 0), (NORTH, 10_000), (SOUTH, 5_000)):
        assert balance(memory, customer_id) == (owed, owed)


def test_subsidiaries_pay_for_each_other_and_for_their_parent() -> None:
    memory = group_books(
        invoice("FP", "30.00", DURAND),
        payment("P1", "80.00", {"FS": "50.00", "FP": "30.00"}, customer_id=NORTH),
    )
    assert left(memory, "FS", "FP", "P1") == ["0.00", "0.00", "0.00"]
    check_accounts(memory)


def test_nobody_pays_for_another_group() -> None:
    memory = group_books(
        paid := payment("P1", "100.00", {"FN": "100.00"}, customer_id=MARTIN), payment("P2", "9.00")
    )
    (short,) = [fact for fact in memory.facts if isinstance(fact, AllocationShortfall)]
    assert (short.payment_id, short.allocated) == (paid.payment_id, euros("0.00"))
    assert left(memory, "FN", "P1") == ["100.00", "100.00"]
    memory.when(allocate("A1", "P1", "FN", "1.00")).then_refused(
        NotOneGroup, payer_id=MARTIN, debtor_id=NORTH
    )
    settled = SettleItems(
        settlement_id=named("S1"),
        owed=[Side(item=ref("FN"))],
        available=[Side(item=ref("P2")), Side(item=ref("P1"))],
        on=TODAY,
        request_sha256="",
    )
    memory.when(settled).then_refused(NotOneGroup)
    assert not memory.rows(Transfer)


def test_a_settlement_and_a_move_by_hand_cross_accounts_of_a_group() -> None:
    memory = group_books(
        document("AP", "20.00", kind="credit_note"), payment("P1", "90.00", customer_id=SOUTH)
    )
    settled = SettleItems(
        settlement_id=named("S1"),
        owed=[Side(item=ref("FN")), Side(item=ref("FS"))],
        available=[Side(item=ref("AP")), Side(item=ref("P1"))],
        on=TODAY,
        request_sha256="",
    )
    memory.decide(settled)
    assert left(memory, "FN", "FS", "AP", "P1") == ["0.00", "40.00", "0.00", "0.00"]
    assert len(memory.rows(Transfer)) == 2  # what South pays for itself is none
    check_accounts(memory)
    memory.when(settled).then_nothing()
    moved = [link for link in live(memory) if link.paid_with == row(memory, "P1").item]
    (carried,) = [link for link in moved if link.debit_item == row(memory, "FN").item]
    memory.decide(move("X1", [carried], ("P1", "FS", "40.00"), ("P1", "FN", "40.00")))
    assert left(memory, "FN", "FS", "P1") == ["40.00", "0.00", "0.00"]
    check_accounts(memory)


def test_what_is_accepted_beside_goes_with_the_transfer() -> None:
    accepted = Accepted(code="discount", amount=euros("2.00"), account="665", reason="esc")
    memory = group_books(payment("P1", "98.00"))
    memory.decide(allocate("A1", "P1", "FN", "98.00", accepted=[accepted]))
    assert left(memory, "FN", "P1") == ["0.00", "0.00"]
    memory.decide(release("A1"))
    assert left(memory, "FN", "P1") == ["100.00", "98.00"]
    check_accounts(memory)


def test_money_held_for_a_subsidiary_s_order_pays_its_invoice() -> None:
    order = order_document("CN", "100.00", customer_id=NORTH)
    bill = document("FX", "100.00", customer_id=NORTH, takes_over=order.document_id)
    memory = group_books(order, paid := payment("P1", "100.00", {"CN": "100.00"}))
    (held,) = [fact for fact in memory.facts if isinstance(fact, PrepaymentHeld)]
    assert (held.customer_id, held.document_id) == (DURAND, order.document_id)
    assert not memory.rows(Transfer)  # nothing is owed yet: no account moves
    memory.follow(bill)
    assert left(memory, "FX", "P1") == ["0.00", "0.00"]
    check_accounts(memory)
    note = document(
        "AX",
        "100.00",
        kind="credit_note",
        customer_id=NORTH,
        corrects=bill.document_id,
        takes_over=order.document_id,
    )
    memory.follow(note)  # the invoice is undone: the money is held for the order again
    assert row(memory, "P1").held_cents == 10_000
    check_accounts(memory)
    memory.follow(reversal(paid))
    assert left(memory, "FX", "AX", "P1", "T1") == ["0.00"] * 4
    check_accounts(memory)


@pytest.mark.parametrize("left_group", [False, True])
def test_what_was_paid_for_a_group_stays_and_can_be_released_when_it_parts(
    left_group: bool,  # noqa: FBT001
) -> None:
    memory = group_books(payment("P1", "100.00", {"FN": "100.00"}))
    if left_group:
        alone = GROUP[1].model_dump()
        fields = {k: v for k, v in alone.items() if k in CustomerChanged.model_fields}
        memory.follow(CustomerChanged.model_validate(fields | {"parent_id": None}))
    (link,) = [link for link in live(memory) if link.debit_item == row(memory, "FN").item]
    memory.decide(release(link))
    again = memory.when(allocate("A1", "P1", "FN", "100.00"))
    if left_group:
        again.then_refused(NotOneGroup)
    else:
        again.only(TransferMade)
    check_accounts(memory)


def test_the_sides_of_a_transfer_follow_from_its_name() -> None:
    memory = group_books(payment("P1", "100.00", {"FN": "100.00"}))
    (transfer,) = memory.rows(Transfer)
    debit, credit = sides_of(transfer.transfer_id)
    assert (memory.row(Item, debit).number, memory.row(Item, credit).number) == ("FN", "P1")
