"""If these failed, a difference accepted by mistake would stay, or be taken back in part."""

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.domain.taking_back import (
    TakeBackWriteOff,
    UnknownWriteOff,
    WriteOffNotAlone,
)
from services.reconciliation.domain.write_off import WriteOff
from shared.events.reconciliation import WriteOffDeclared
from tests.facts import DURAND, MARTIN, TODAY, customer, document, named, payment
from tests.given import Memory
from tests.reconciliation.test_parts import settled
from tests.reconciliation.words import allocate, books, left, live, match, row, write_off

Side = Literal["credit", "debit"]


def take_back(name: str = "W1") -> TakeBackWriteOff:
    return TakeBackWriteOff(write_off_id=named(name), reason="erreur", on=TODAY)


def opposite(memory: Memory) -> WriteOffDeclared:
    """Return what takes W1 back, which is declared once."""
    found = [f for f in memory.facts if isinstance(f, WriteOffDeclared) and f.takes_back]
    (only,) = found
    return only


def test_a_loss_taken_back_opens_what_it_settled_and_is_met_by_a_gain() -> None:
    memory = books(customer(), document("FA1", "100.00"), payment("P1", "98.00", {"FA1": "98.00"}))
    memory.when(write_off("W1", "2.00"))
    memory.when(allocate("A1", "W1", "FA1", "2.00"))
    memory.when(take_back())
    assert left(memory, "FA1", "W1") == ["2.00", "0.00"]
    back = opposite(memory)
    assert (back.side, back.takes_back, back.account, back.alone) == (
        "debit",
        named("W1"),
        "658",
        False,
    )
    memory.when(take_back()).then_nothing()


def test_a_loss_of_a_subsidiary_on_its_parents_invoice_takes_the_transfer_along() -> None:
    memory = books(customer(), customer(MARTIN, parent_id=DURAND), document("FA1", "100.00"))
    memory.when(write_off("W1", "2.00", customer_id=MARTIN))
    memory.when(allocate("A1", "W1", "FA1", "2.00"))
    assert left(memory, "FA1", "W1") == ["98.00", "0.00"]
    memory.when(take_back())
    assert left(memory, "FA1", "W1") == ["100.00", "0.00"]


def test_only_what_was_declared_alone_is_taken_back_by_itself() -> None:
    books().when(take_back()).then_refused(UnknownWriteOff)
    memory = settled()
    for known in memory.rows(WriteOff):
        asked = TakeBackWriteOff(write_off_id=known.write_off_id, reason="erreur", on=TODAY)
        memory.when(asked).then_refused(WriteOffNotAlone)


@given(side=st.sampled_from(["credit", "debit"]), parts=st.lists(st.integers(1, 400), max_size=4))
def test_whatever_a_write_off_settled_is_open_again_and_nothing_is_left_of_it(
    side: Side, parts: list[int]
) -> None:
    total = 2_000
    memory = books(customer(), document("FA1", "20.00"), payment("P1", "20.00"))
    memory.when(write_off("W1", "20.00", side))
    credit, debit = ("W1", "FA1") if side == "credit" else ("P1", "W1")
    for place, cents in enumerate(parts):
        memory.when(allocate(f"A{place}", credit, debit, f"{cents / 100:.2f}"))
    memory.when(take_back())
    assert [row(memory, name).open_cents for name in ("FA1", "P1")] == [total, total]
    assert row(memory, "W1").open_cents == 0
    assert len(live(memory)) == 1
    assert opposite(memory).amount.cents == total


def test_what_is_taken_back_is_matched_with_its_opposite() -> None:
    memory = books(customer(), payment("P1", "1.00"))
    memory.when(write_off("W1", "1.00", "debit"))
    memory.when(match("M1", "P1", "W1"))
    memory.when(take_back())
    assert left(memory, "P1", "W1") == ["1.00", "0.00"]
    assert opposite(memory).side == "credit"
