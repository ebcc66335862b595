"""If these failed, what nobody will pay would stay open, or be matched as if it had been paid."""

import pytest

from services.reconciliation.domain.difference import Difference
from services.reconciliation.domain.item import Group, Item
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.reconciliation import (
    DifferenceDeclared,
    DifferenceWithdrawn,
    ItemsMatched,
    WriteOffDeclared,
)
from shared.ids import derived_id
from tests.facts import DURAND, TODAY, document, euros, named, payment, purchase, refund, reversal
from tests.given import Memory
from tests.reconciliation.words import allocate, books, left, live, match, release, row

FA1 = document("FA1", "120.00")
P1 = payment("P1", "100.00", {"FA1": "100.00"})


def closed(payment_name: str = "P1", amount: str = "20.00") -> DocumentClosed:
    return DocumentClosed(
        document_id=named("FA1"),
        document_number="FA1",
        customer_id=DURAND,
        payment_id=named(payment_name),
        difference=euros(amount),
        closed_on=TODAY,
        request_sha256="e" * 64,
    )


def reopened(payment_name: str = "P1", amount: str = "20.00") -> DocumentReopened:
    return DocumentReopened(
        document_id=named("FA1"),
        customer_id=DURAND,
        payment_id=named(payment_name),
        difference=-euros(amount),
        reopened_on=TODAY,
    )


def declared(memory: Memory) -> list[str]:
    return [
        str(fact.difference)
        for fact in memory.facts
        if isinstance(fact, DifferenceDeclared | DifferenceWithdrawn)
    ]


def test_what_is_left_of_a_closed_document_is_declared_and_nothing_is_open() -> None:
    memory = books(FA1, P1, closed())
    assert declared(memory) == ["20.00"]
    assert left(memory, "FA1", "P1") == ["0.00", "0.00"]
    assert row(memory, "FA1").declared_cents == 2_000
    assert not [fact for fact in memory.facts if isinstance(fact, ItemsMatched)]
    (group,) = memory.rows(Group)
    assert (group.open_cents, group.matching_code) == (2_000, None)


def test_a_difference_is_declared_once_the_document_is_known() -> None:
    memory = books(P1, closed())
    assert declared(memory) == []
    memory.follow(FA1)
    assert declared(memory) == ["20.00"]
    assert left(memory, "FA1", "P1") == ["0.00", "0.00"]


def test_no_more_is_declared_than_is_open() -> None:
    memory = books(FA1, P1, payment("P2", "15.00"))
    memory.when(allocate("A2", "P2", "FA1", "15.00"))
    memory.follow(closed())
    assert declared(memory) == ["5.00"]
    assert memory.rows(Difference)[0].declared_cents == 500
    assert left(memory, "FA1") == ["0.00"]


def test_a_document_that_is_opened_again_is_owed_and_paid_and_matched() -> None:
    memory = books(FA1, P1, closed(), reopened())
    assert declared(memory) == ["20.00", "-20.00"]
    assert left(memory, "FA1") == ["20.00"]
    memory.follow(payment("P2", "20.00", {"FA1": "20.00"}))
    assert left(memory, "FA1", "P1", "P2") == ["0.00", "0.00", "0.00"]
    assert memory.rows(Group)[0].matching_code == "AA"


def test_what_is_reversed_leaves_all_of_the_document_owed() -> None:
    memory = books(FA1, P1, closed())
    memory.follow(reversal(P1), reopened())
    assert left(memory, "FA1", "P1", "T1") == ["120.00", "0.00", "0.00"]
    assert row(memory, "FA1").declared_cents == 0


def test_what_was_opened_again_before_the_document_was_known_is_never_declared() -> None:
    memory = books(P1, closed(), reopened(), FA1)
    assert declared(memory) == []
    assert left(memory, "FA1") == ["20.00"]


def test_releasing_what_paid_a_document_leaves_its_difference() -> None:
    memory = books(FA1, P1, closed())
    (link,) = live(memory)
    memory.when(release(link))
    assert (left(memory, "FA1"), row(memory, "FA1").declared_cents) == (["100.00"], 2_000)
    memory.when(match("M1", "FA1", "P1"))
    assert left(memory, "FA1", "P1") == ["0.00", "0.00"]
    assert memory.rows(Group)[-1].matching_code is None


def test_the_vat_of_a_document_that_is_opened_again_adds_up() -> None:
    memory = books(document("FA1", rates={"20": "80.00", "5.5": "40.00"}), P1, closed(), reopened())
    memory.follow(payment("P2", "20.00", {"FA1": "20.00"}))
    assert [part["allocated_cents"] for part in row(memory, "FA1").vat] == [8_000, 4_000]


def test_a_difference_that_is_booked_settles_by_a_write_off_and_is_matched() -> None:
    memory = books(FA1, P1, booked())
    assert declared(memory) == ["0.00"]
    (written,) = [fact for fact in memory.facts if isinstance(fact, WriteOffDeclared)]
    assert (written.amount, written.account, written.side) == (euros("20.00"), "658", "credit")
    assert left(memory, "FA1", "P1", "W1") == ["0.00", "0.00", "0.00"]
    assert memory.rows(Group)[0].matching_code == "AA"


def test_all_that_was_booked_is_taken_back_even_where_less_was_open() -> None:
    memory = books(FA1, P1, payment("P2", "15.00"))
    memory.when(allocate("A2", "P2", "FA1", "15.00"))
    memory.follow(booked())
    assert left(memory, "FA1", "W1") == ["0.00", "15.00"]
    memory.follow(reopened_and_unbooked())
    assert left(memory, "FA1", "W1", "W2") == ["5.00", "0.00", "0.00"]


def test_a_booked_difference_waits_for_its_document_too() -> None:
    memory = books(P1, booked(), FA1)
    assert left(memory, "FA1", "W1") == ["0.00", "0.00"]
    early = books(P1, booked(), reopened_and_unbooked(), FA1)
    assert left(early, "FA1") == ["20.00"]
    assert not [fact for fact in early.facts if isinstance(fact, WriteOffDeclared)]


def booked() -> DocumentClosed:
    terms = {"write_off_id": named("W1"), "account": "658", "reason": "écart"}
    return closed().model_copy(update=terms)


def reopened_and_unbooked() -> DocumentReopened:
    names = {"write_off_id": named("W1"), "opposite_id": named("W2")}
    return reopened().model_copy(update=names)


@pytest.mark.parametrize("paid", ["100.00", None])
def test_what_we_need_not_pay_is_a_gain_and_its_opposite_takes_it_back(paid: str | None) -> None:
    memory = books(purchase("FA1", "120.00"))
    if paid:
        part = {"kind": "document", "id": named("FA1"), "amount": euros(paid)}
        memory.follow(refund("P1", paid, refunds=[part]))
    gain, rest = named("gain"), "20.00" if paid else "120.00"
    booked = {"write_off_id": gain, "side": "credit"}
    memory.follow(closed(amount=rest).model_copy(update=booked | {"account": "758"}))
    assert declared(memory) == ["0.00"]
    assert left(memory, "FA1") == ["0.00"]
    assert [f.side for f in memory.facts if isinstance(f, WriteOffDeclared)] == ["debit"]
    assert [group.matching_code for group in memory.rows(Group)] == ["AA"]
    booked |= {"opposite_id": derived_id(gain, "taken back")}
    memory.follow(reopened(amount=rest).model_copy(update=booked))
    assert [f.side for f in memory.facts if isinstance(f, WriteOffDeclared)] == ["debit", "credit"]
    assert left(memory, "FA1") == [rest]
    assert [i.open_cents for i in memory.rows(Item) if i.kind == "write_off"] == [0, 0]
