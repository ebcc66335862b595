"""Which money settles what: what fits and no more, and where it is less, said so."""

from datetime import timedelta
from typing import Any

import pytest

from services.reconciliation.domain import allocation as rules
from services.reconciliation.domain.customer import NotOneGroup
from services.reconciliation.domain.item import Item, UnknownItem
from services.reconciliation.domain.reallocation import AllocationIsReleased, UnknownRelease
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    ItemsMatched,
)
from shared.events.shortfalls import AllocationShortfall
from shared.money import Money
from tests.facts import (
    DURAND,
    MARTIN,
    TODAY,
    bounce,
    document,
    euros,
    named,
    payment,
    refund,
    reversal,
)
from tests.given import Memory
from tests.reconciliation.words import allocate, books, left, live, move, release, row

LATER = TODAY + timedelta(days=30)


def shorts(memory: Memory) -> list[tuple[str, str]]:
    facts = [fact for fact in memory.facts if isinstance(fact, AllocationShortfall)]
    return [(str(fact.asked), str(fact.allocated)) for fact in facts]


# ── what a payment asks for ─────────────────────────────────────────────────────


def test_a_payment_settles_the_documents_it_is_meant_for() -> None:
    fa1, fa2 = document("FA1", "100.00"), document("FA2", "50.00", issued_on=LATER, due_on=LATER)
    memory = books(fa1, fa2, payment("P1", "150.00", {"FA1": "100.00", "FA2": "50.00"}))
    assert left(memory, "P1", "FA1", "FA2") == ["0.00", "0.00", "0.00"]
    assert sorted(link.allocated_on for link in live(memory)) == [TODAY, LATER]
    assert {link.origin for link in live(memory)} == {"applies_to"}
    assert shorts(memory) == []


def test_what_does_not_fit_stays_available_and_is_said() -> None:
    memory = books(
        document("FA1", "100.00"),
        payment("P1", "90.00", {"FA1": "90.00"}),
        payment("P2", "30.00", {"FA1": "30.00"}),
        payment("P3", "30.00", {"FA1": "30.00"}),
    )
    assert left(memory, "P1", "P2", "P3", "FA1") == ["0.00", "20.00", "30.00", "0.00"]
    assert shorts(memory) == [("30.00", "10.00"), ("30.00", "0.00")]


def test_a_payment_waits_for_a_document_that_is_not_known_yet() -> None:
    memory = books(
        payment("P1", "90.00", {"FA1": "90.00"}), payment("P2", "30.00", {"FA1": "30.00"})
    )
    assert live(memory) == []
    memory.follow(document("FA1", "100.00"))
    assert sorted(left(memory, "P1", "P2")) == ["0.00", "20.00"]
    assert left(memory, "FA1") == ["0.00"]


def test_a_payment_taken_back_before_its_document_came_asks_for_nothing_more() -> None:
    paid = payment("P1", "90.00", {"FA1": "90.00"})
    memory = books(paid, reversal(paid))
    assert shorts(memory) == [("90.00", "0.00")]
    memory.follow(document("FA1", "100.00"))
    assert left(memory, "FA1", "P1") == ["100.00", "0.00"]


@pytest.mark.parametrize(
    "fields", [{"customer_id": MARTIN}, {"kind": "credit_note"}, {"currency": "CHF"}]
)
def test_what_was_asked_of_a_document_it_cannot_settle_stays_available(
    fields: dict[str, Any],
) -> None:
    memory = books(payment("P1", "90.00", {"FA1": "90.00"}))
    fact = document("FA1", "100.00", **{k: v for k, v in fields.items() if k != "currency"})
    if "currency" in fields:
        fact = fact.model_copy(update={"total": Money(10_000, "CHF")})
    memory.follow(fact)
    assert left(memory, "P1", "FA1") == ["90.00", "100.00"]
    assert shorts(memory) == [("90.00", "0.00")]


def test_one_payment_joins_documents_that_others_paid_in_part() -> None:
    memory = books(document("FA1", "100.00"), document("FA2", "100.00"), document("FA3", "1.00"))
    for name, target in (("P1", "FA1"), ("P2", "FA2")):
        memory.follow(payment(name, "60.00", {target: "60.00"}))
    memory.follow(payment("P3", "81.00", {"FA3": "1.00", "FA1": "40.00", "FA2": "40.00"}))
    assert left(memory, "FA1", "FA2", "FA3", "P3") == ["0.00"] * 4
    names = ("FA1", "FA2", "FA3", "P1", "P2", "P3")
    assert len({row(memory, name).group_id for name in names}) == 1
    assert len([f for f in memory.facts if isinstance(f, ItemsMatched)]) == 1


# ── corrections and refunds ─────────────────────────────────────────────────────


def test_a_credit_note_settles_what_it_corrects_as_far_as_it_goes() -> None:
    note = document("AV1", "30.00", kind="credit_note", corrects=named("FA1"))
    memory = books(document("FA1", "100.00"), note)
    assert left(memory, "FA1", "AV1") == ["70.00", "0.00"]
    assert [link.origin for link in live(memory)] == ["correction"]
    paid = books(document("FA1", "100.00"), payment("P1", "90.00", {"FA1": "90.00"}), note)
    assert left(paid, "FA1", "AV1") == ["0.00", "20.00"]


def test_a_credit_note_of_a_settled_invoice_is_open_credit() -> None:
    note = document("AV1", "30.00", kind="credit_note", corrects=named("FA1"))
    memory = books(document("FA1", "100.00"), payment("P1", "100.00", {"FA1": "100.00"}), note)
    assert left(memory, "AV1") == ["30.00"]


def test_a_refund_closes_what_it_gives_back() -> None:
    memory = books(payment("P1", "50.00"))
    memory.follow(refund("R1", "20.00", refunds_kind="payment", refunds_id=named("P1")))
    assert left(memory, "P1", "R1") == ["30.00", "0.00"]
    memory.follow(refund("R2", "20.00"))
    assert left(memory, "P1", "R2") == ["30.00", "20.00"]


@pytest.mark.parametrize("of", ["nothing", "FA1"])
def test_a_refund_of_what_is_no_open_credit_stays_open(of: str) -> None:
    memory = books(document("FA1", "100.00"))
    memory.follow(refund("R1", "20.00", refunds_kind="document", refunds_id=named(of)))
    assert left(memory, "R1") == ["20.00"]


# ── taken back ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("take", [reversal, bounce])
def test_money_that_never_came_pays_nothing(take: object) -> None:
    paid = payment("P1", "100.00", {"FA1": "60.00", "FA2": "30.00"})
    memory = books(document("FA1", "60.00"), document("FA2", "40.00"), paid)
    memory.follow(take(paid, LATER))  # type: ignore[operator]
    assert left(memory, "FA1", "FA2", "P1", "T1") == ["60.00", "40.00", "0.00", "0.00"]
    (link,) = live(memory)
    assert (link.origin, link.amount_cents, link.allocated_on) == ("taken_back", 10_000, LATER)
    memory.when(release(link)).then_refused(
        rules.AllocationIsFixed, allocation_id=link.allocation_id
    )


# ── by hand ─────────────────────────────────────────────────────────────────────


def test_what_is_left_of_a_payment_is_allocated_by_hand_once() -> None:
    memory = books(document("FA1", "100.00"), payment("P1", "150.00"))
    made = memory.when(allocate("A1", "P1", "FA1", "60.00")).only(AllocationMade)
    assert (made.origin, made.credit_open, made.debit_open) == (
        "manual",
        euros("90.00"),
        euros("40.00"),
    )
    memory.when(allocate("A1", "P1", "FA1", "60.00")).then_nothing()
    other = allocate("A1", "P1", "FA1", "50.00", request_sha256="other")
    memory.when(other).then_refused(rules.AllocationIdTaken, allocation_id=named("A1"))
    memory.when(allocate("A2", "P1", "FA1", "40.01")).then_refused(
        rules.MoreThanOpen, maximum=euros("40.00")
    )
    memory.when(allocate("A2", "P1", "FA1", "0.00")).then_refused(rules.MoreThanOpen)


def test_a_settled_invoice_takes_no_allocation() -> None:
    memory = books(
        document("FA1", "100.00"), payment("P1", "100.00", {"FA1": "100.00"}), payment("P2", "9.00")
    )
    memory.when(allocate("A1", "P2", "FA1", "9.00")).then_refused(
        rules.MoreThanOpen, maximum=euros("0.00")
    )


def test_only_a_credit_and_a_debit_of_one_group_and_currency_are_joined() -> None:
    memory = books(
        document("FA1", "100.00"),
        document("FA2", "100.00", customer_id=MARTIN),
        payment("P1", "50.00"),
        payment("P2", "50.00"),
    )
    memory.when(allocate("A1", "P1", "FA2", "10.00")).then_refused(
        NotOneGroup, payer_id=DURAND, debtor_id=MARTIN
    )
    for credit, debit in (("FA1", "P1"), ("P1", "P2"), ("FA1", "FA1")):
        memory.when(allocate("A1", credit, debit, "10.00")).then_refused(rules.SidesDoNotMatch)
    francs = allocate("A1", "P1", "FA1", "10.00", money=Money(1_000, "CHF"))
    memory.when(francs).then_refused(rules.SidesDoNotMatch)
    memory.when(allocate("A1", "P9", "FA1", "10.00")).then_refused(UnknownItem)


def test_a_release_opens_both_sides_again_once() -> None:
    memory = books(document("FA1", "100.00"), payment("P1", "100.00", {"FA1": "100.00"}))
    (link,) = live(memory)
    freed = memory.when(release(link, LATER)).only(AllocationReleased)
    assert (freed.credit_open, freed.debit_open, freed.released_on) == (
        euros("100.00"),
        euros("100.00"),
        LATER,
    )
    memory.when(release(link)).then_nothing()
    memory.when(release("nothing")).then_refused(rules.UnknownAllocation)
    assert [item.group_id for item in memory.rows(Item)] == [None, None]


# ── moved ───────────────────────────────────────────────────────────────────────


def moved() -> Memory:
    return books(
        document("FA1", "100.00"),
        document("FA2", "80.00"),
        payment("P1", "100.00", {"FA1": "100.00"}),
    )


def test_an_allocation_is_moved_in_one_decision() -> None:
    memory = moved()
    command = move("X1", live(memory), ("P1", "FA2", "80.00"), ("P1", "FA1", "20.00"))
    facts = memory.when(command).facts
    kinds = [type(fact) for fact in facts]
    assert kinds.index(AllocationReleased) < kinds.index(AllocationMade)
    assert kinds.count(AllocationMade) == 2
    assert left(memory, "FA1", "FA2", "P1") == ["80.00", "0.00", "0.00"]
    memory.when(command).then_nothing()
    other = move("X1", ["A1"], ("P1", "FA2", "80.00"), request_sha256="other")
    memory.when(other).then_refused(rules.AllocationIdTaken, reallocation_id=named("X1"))


def test_a_move_that_cannot_be_whole_does_not_happen() -> None:
    memory = moved()
    held = live(memory)
    memory.when(move("X1", held, ("P1", "FA2", "80.01"))).then_refused(
        rules.MoreThanOpen, maximum=euros("80.00")
    )
    assert live(memory) == held
    memory.when(move("X1", ["nothing"], ("P1", "FA2", "1.00"))).then_refused(
        UnknownRelease, allocation_id=named("nothing")
    )
    memory.when(release(held[0]))
    memory.when(move("X1", [held[0]], ("P1", "FA2", "1.00"))).then_refused(
        AllocationIsReleased, released_on=TODAY
    )
    memory.follow(reversal(payment("P1", "100.00")))
    memory.when(move("X1", [live(memory)[0]], ("P1", "FA2", "1.00"))).then_refused(
        rules.AllocationIsFixed
    )


def test_a_move_between_groups_leaves_each_part_where_it_belongs() -> None:
    memory = moved()
    (held,) = live(memory)
    for name, amount in (("P2", "30.00"), ("P3", "20.00")):
        memory.follow(payment(name, amount, {"FA2": amount}))
    memory.when(move("X1", [held], ("P1", "FA2", "30.00")))
    groups = {name: row(memory, name).group_id for name in ("FA1", "FA2", "P1", "P2", "P3")}
    assert groups.pop("FA1") is None
    assert len(set(groups.values())) == 1
    assert left(memory, "FA1", "FA2", "P1") == ["100.00", "0.00", "70.00"]


def test_a_move_may_release_here_and_settle_elsewhere() -> None:
    memory = moved()
    memory.follow(payment("P2", "80.00"))
    memory.when(move("X1", live(memory), ("P2", "FA2", "80.00")))
    assert left(memory, "FA1", "P1", "FA2", "P2") == ["100.00", "100.00", "0.00", "0.00"]
    assert row(memory, "P2").group_id == row(memory, "FA2").group_id


def test_what_a_credit_settled_is_moved_to_a_credit_that_stood_alone() -> None:
    notes = (document(name, "20.00", kind="credit_note") for name in ("AV1", "AV2", "AV3"))
    memory = books(*notes, refund("R1", "40.00"))
    for name, note in (("A1", "AV1"), ("A2", "AV2")):
        memory.when(allocate(name, note, "R1", "20.00"))
    memory.when(move("X1", ["A2"], ("AV3", "R1", "20.00"))).only(AllocationMade)
    assert left(memory, "AV1", "AV2", "AV3", "R1") == ["0.00", "20.00", "0.00", "0.00"]
