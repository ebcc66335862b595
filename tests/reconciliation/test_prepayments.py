"""Prepayments as plain decisions: what is held, where it slides, and who has it in the end."""

from typing import Any
from uuid import UUID

import pytest

from services.reconciliation.domain.freeing import FreePrepayment, UnknownPrepayment
from services.reconciliation.domain.sale import Prepayment
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.payments import PaymentRecorded
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    PrepaymentFreed,
    PrepaymentHeld,
)
from shared.events.shortfalls import AllocationShortfall
from shared.money import Money
from tests.facts import (
    DURAND,
    MARTIN,
    TODAY,
    bounce,
    cancelled,
    document,
    draft,
    euros,
    named,
    order_document,
    payment,
    reversal,
)
from tests.given import Memory
from tests.reconciliation.words import allocate, books, left, live, move, release, row

ORDER = order_document("CO1", "100.00")


def held(memory: Memory) -> dict[str, str]:
    """Return what is held for documents, by their names."""
    found: dict[UUID, int] = {}
    for prepayment in memory.rows(Prepayment):
        if prepayment.left_cents:
            cents = found.get(prepayment.document_id, 0)
            found[prepayment.document_id] = cents + prepayment.left_cents
    names = {named(name): name for name in ("DE1", "CO1", "BL1", "FA1", "FA2")}
    return {names[key]: str(Money(cents)) for key, cents in found.items()}


def after(name: str) -> dict[str, Any]:
    return {"follows": named(name), "takes_over": named(name)}


def available(memory: Memory, name: str) -> str:
    return str(Money(row(memory, name).available_cents))


def test_a_payment_for_an_order_is_held_and_nothing_is_allocated() -> None:
    memory = books(ORDER, payment("P1", "40.00", {"CO1": "40.00"}))
    assert held(memory) == {"CO1": "40.00"}
    assert (left(memory, "P1"), available(memory, "P1")) == (["40.00"], "0.00")
    assert not [fact for fact in memory.facts if isinstance(fact, AllocationMade)]


def test_no_more_is_held_than_the_document_s_total() -> None:
    memory = books(ORDER, payment("P1", "140.00", {"CO1": "140.00"}))
    assert (held(memory), available(memory, "P1")) == ({"CO1": "100.00"}, "40.00")
    (short,) = [fact for fact in memory.facts if isinstance(fact, AllocationShortfall)]
    assert (str(short.asked), str(short.allocated)) == ("140.00", "100.00")


def test_a_payment_waits_for_an_order_that_is_not_known_yet() -> None:
    memory = books(payment("P1", "40.00", {"CO1": "40.00"}))
    assert (held(memory), available(memory, "P1")) == ({}, "40.00")
    memory.follow(ORDER)
    assert held(memory) == {"CO1": "40.00"}


def test_payments_that_wait_for_one_order_are_held_for_no_more_than_its_total_together() -> None:
    memory = books(*(payment(name, "60.00", {"CO1": "60.00"}) for name in ("P1", "P2")))
    ours = memory.follow(ORDER)
    amounts = [str(fact.amount) for fact in ours if isinstance(fact, PrepaymentHeld)]
    assert sorted(amounts) == ["40.00", "60.00"]
    assert not [fact for fact in ours if isinstance(fact, PrepaymentFreed)]
    (short,) = [fact for fact in ours if isinstance(fact, AllocationShortfall)]
    assert (str(short.asked), str(short.allocated)) == ("60.00", "40.00")


def test_another_customer_s_order_holds_nothing() -> None:
    memory = books(ORDER, payment("P1", "40.00", {"CO1": "40.00"}, customer_id=MARTIN))
    assert (held(memory), available(memory, "P1")) == ({}, "40.00")


def test_money_slides_from_quote_to_invoice_in_the_commit_that_validates_each() -> None:
    quote = order_document("DE1", kind="quote")
    memory = books(quote, payment("P1", "40.00", {"DE1": "40.00"}))
    for name, kind, above in (("CO1", "order", "DE1"), ("BL1", "delivery_note", "CO1")):
        ours = memory.follow(order_document(name, kind=kind, **after(above)))
        assert [type(fact) for fact in ours] == [PrepaymentFreed, PrepaymentHeld]
        assert held(memory) == {name: "40.00"}
    ours = memory.follow(document("FA1", "100.00", **after("BL1")))
    assert [type(fact) for fact in ours] == [PrepaymentFreed, AllocationMade]
    assert held(memory) == {}
    assert left(memory, "P1", "FA1") == ["0.00", "60.00"]


def test_a_draft_s_money_pays_the_invoice_that_it_becomes() -> None:
    memory = books(draft("FA1", "50.00"), payment("P1", "50.00", {"FA1": "50.00"}))
    assert held(memory) == {"FA1": "50.00"}
    memory.follow(document("FA1", "50.00"))
    assert (held(memory), left(memory, "P1", "FA1")) == ({}, ["0.00", "0.00"])


def test_each_invoice_of_an_order_takes_what_it_is_owed() -> None:
    memory = books(ORDER, payment("P1", "90.00", {"CO1": "90.00"}))
    memory.follow(document("FA1", "40.00", **after("CO1")))
    assert (held(memory), left(memory, "FA1")) == ({"CO1": "50.00"}, ["0.00"])
    memory.follow(document("FA2", "60.00", **after("CO1")))
    assert (held(memory), left(memory, "FA2")) == ({}, ["10.00"])


def test_what_an_invoice_that_was_paid_otherwise_leaves_is_the_customer_s_credit() -> None:
    memory = books(
        ORDER,
        payment("P1", "100.00", {"CO1": "100.00"}),
        payment("P2", "100.00", {"FA1": "100.00"}),
    )
    memory.follow(document("FA1", "100.00", **after("CO1")))
    assert (held(memory), left(memory, "FA1")) == ({}, ["0.00"])
    assert (available(memory, "P1"), available(memory, "P2")) == ("100.00", "0.00")


@pytest.mark.parametrize("note_total", ["100.00", "30.00"])
def test_a_credit_note_gives_the_money_back_to_the_order(note_total: str) -> None:
    memory = books(ORDER, payment("P1", "100.00", {"CO1": "100.00"}))
    memory.follow(document("FA1", "100.00", **after("CO1")))
    link: dict[str, Any] = {"corrects": named("FA1"), "takes_over": named("CO1")}
    ours = memory.follow(document("AV1", note_total, kind="credit_note", **link))
    assert held(memory) == {"CO1": note_total}
    assert left(memory, "FA1", "AV1") == ["0.00", "0.00"]
    assert available(memory, "P1") == "0.00"
    assert len([fact for fact in ours if isinstance(fact, AllocationReleased)]) == 1


@pytest.mark.feature("S5-35")
def test_an_order_has_room_again_for_what_a_credit_note_gave_back_and_no_more() -> None:
    memory = books(ORDER, document("FA1", "100.00", **after("CO1")))
    for name, gives_back in (("AV1", "100.00"), ("AV2", "0.00")):
        link: dict[str, Any] = {"corrects": named("FA1"), "takes_over": named("CO1")}
        note = document(name, "100.00", kind="credit_note", passes=euros(gives_back), **link)
        memory.follow(note)
    memory.follow(payment("P1", "150.00", {"CO1": "150.00"}))
    assert (held(memory), available(memory, "P1")) == ({"CO1": "100.00"}, "50.00")


def test_a_credit_note_leaves_the_money_where_the_order_was_given_up() -> None:
    memory = books(ORDER, payment("P1", "100.00", {"CO1": "100.00"}))
    memory.follow(document("FA1", "100.00", **after("CO1")), cancelled(ORDER))
    link: dict[str, Any] = {"corrects": named("FA1"), "takes_over": named("CO1")}
    memory.follow(document("AV1", "100.00", kind="credit_note", **link))
    assert held(memory) == {}
    assert left(memory, "P1", "FA1", "AV1") == ["0.00", "0.00", "100.00"]


def test_what_is_cancelled_gives_its_money_to_what_it_came_from_or_to_the_customer() -> None:
    note = order_document("BL1", kind="delivery_note", **after("CO1"))
    memory = books(ORDER, payment("P1", "40.00", {"CO1": "40.00"}), note)
    memory.follow(cancelled(note))
    assert held(memory) == {"CO1": "40.00"}
    memory.follow(cancelled(ORDER))
    assert (held(memory), available(memory, "P1")) == ({}, "40.00")


def test_money_for_an_order_that_is_invoiced_pays_its_invoice() -> None:
    memory = books(ORDER, document("FA1", "100.00", **after("CO1")))
    memory.follow(payment("P1", "40.00", {"CO1": "40.00"}))
    assert (held(memory), left(memory, "P1", "FA1")) == ({}, ["0.00", "60.00"])


def test_what_is_held_is_not_allocated_by_hand_until_it_is_freed() -> None:
    memory = books(ORDER, document("FA1", "30.00"), payment("P1", "40.00", {"CO1": "40.00"}))
    by_hand = allocate("A1", "P1", "FA1", "30.00")
    assert memory.when(by_hand).refusal
    (kept,) = memory.rows(Prepayment)
    free = FreePrepayment(prepayment_id=kept.prepayment_id, reason="erreur", on=TODAY)
    freed = memory.when(free).only(PrepaymentFreed)
    assert (str(freed.amount), str(freed.left)) == ("40.00", "0.00")
    memory.when(free).then_nothing()
    assert memory.when(by_hand).refusal is None
    unknown = FreePrepayment(prepayment_id=named("none"), reason="erreur", on=TODAY)
    memory.when(unknown).then_refused(UnknownPrepayment)


def test_money_that_was_released_by_hand_is_available_and_held_for_nothing() -> None:
    memory = books(ORDER, payment("P1", "40.00", {"CO1": "40.00"}))
    memory.follow(document("FA1", "100.00", **after("CO1")))
    (made,) = [fact for fact in memory.facts if isinstance(fact, AllocationMade)]
    memory.decide(release(live(memory)[0]))
    assert made.prepayment_id
    assert (held(memory), available(memory, "P1")) == ({}, "40.00")


def paid_beside_what_is_held() -> tuple[Memory, PaymentRecorded]:
    """Return an order with 40.00 held for it, and its invoice of 60.00, which P1 paid."""
    paid = payment("P1", "60.00", {"FA1": "60.00"})
    memory = books(ORDER, document("FA1", "60.00", **after("CO1")), paid)
    memory.follow(payment("P2", "40.00", {"CO1": "40.00"}))
    assert (held(memory), left(memory, "FA1")) == ({"CO1": "40.00"}, ["0.00"])
    return memory, paid


def owed_and_held(memory: Memory) -> tuple[list[str], dict[str, str], str]:
    return left(memory, "FA1"), held(memory), available(memory, "P2")


@pytest.mark.feature("S5-34")
def test_an_invoice_whose_payment_is_taken_back_is_paid_with_what_its_order_holds() -> None:
    for take in (bounce, reversal):
        memory, paid = paid_beside_what_is_held()
        memory.follow(take(paid))
        assert owed_and_held(memory) == (["20.00"], {}, "0.00")


@pytest.mark.feature("S5-34")
def test_an_invoice_that_is_released_by_hand_is_paid_with_what_its_order_holds() -> None:
    memory, _ = paid_beside_what_is_held()
    memory.decide(release(live(memory)[0]))
    assert owed_and_held(memory) == (["20.00"], {}, "0.00")
    assert available(memory, "P1") == "60.00"  # what was released is not allocated again


@pytest.mark.feature("S5-34")
def test_what_is_moved_away_from_an_invoice_leaves_it_to_what_its_order_holds() -> None:
    memory, _ = paid_beside_what_is_held()
    memory.follow(document("FA2", "60.00"))
    memory.decide(move("X1", live(memory), ("P1", "FA2", "60.00")))
    assert owed_and_held(memory) == (["20.00"], {}, "0.00")
    assert left(memory, "FA2") == ["0.00"]


@pytest.mark.feature("S5-34")
def test_an_invoice_opened_again_after_it_was_closed_short_is_paid_with_what_its_order_holds() -> (
    None
):
    paid = payment("P1", "50.00", {"FA1": "50.00"})
    memory = books(ORDER, document("FA1", "60.00", **after("CO1")), paid)
    closed: dict[str, Any] = {"document_id": named("FA1"), "payment_id": paid.payment_id}
    closed |= {"customer_id": DURAND, "difference": euros("10.00")}
    memory.follow(
        DocumentClosed(**closed, document_number="FA1", closed_on=TODAY, request_sha256="e" * 64),
        payment("P2", "40.00", {"CO1": "40.00"}),
    )
    assert owed_and_held(memory) == (["0.00"], {"CO1": "40.00"}, "0.00")
    opened = DocumentReopened(**closed | {"difference": euros("-10.00")}, reopened_on=TODAY)
    memory.follow(opened)
    assert owed_and_held(memory) == (["0.00"], {"CO1": "30.00"}, "0.00")


def test_money_that_never_came_is_held_for_nothing() -> None:
    paid = payment("P1", "40.00", {"CO1": "40.00"})
    memory = books(ORDER, paid)
    memory.follow(bounce(paid))
    assert (held(memory), left(memory, "P1", "T1")) == ({}, ["0.00", "0.00"])
