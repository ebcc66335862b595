"""If these failed, money that went out would not settle what it went out for."""

from typing import Any

import pytest

from shared.events.shortfalls import RefundShortfall
from tests.facts import (
    document,
    euros,
    named,
    purchase,
    refund,
)
from tests.reconciliation.words import allocate, books, left, live


@pytest.mark.parametrize("late", [purchase("D"), document("D", "100.00", kind="credit_note")])
def test_money_that_went_out_settles_a_document_that_is_heard_of_later(late: Any) -> None:
    of = {"kind": "document", "id": named("D")}
    given = [refund(n, "60.00", refunds=[of | {"amount": euros("60.00")}]) for n in ("R1", "R2")]
    memory = books(*given, late)
    assert left(memory, "D", "R1", "R2") == ["0.00", "0.00", "20.00"]
    assert {link.origin for link in live(memory)} == {"refund"}
    (short,) = [fact for fact in memory.facts if isinstance(fact, RefundShortfall)]
    assert (short.refund_id, short.asked, short.allocated) == (
        named("R2"),
        euros("60.00"),
        euros("40.00"),
    )


def test_a_refund_of_what_was_given_away_by_hand_meanwhile_says_what_is_short() -> None:
    memory = books(document("AV1", "50.00", kind="credit_note"), document("FA1", "30.00"))
    memory.when(allocate("A1", "AV1", "FA1", "30.00"))
    of = {"kind": "document", "id": named("AV1"), "amount": euros("50.00")}
    said = memory.follow(refund("R1", "50.00", refunds=[of]))
    (short,) = [fact for fact in said if isinstance(fact, RefundShortfall)]
    assert (short.given_back.id, short.allocated) == (named("AV1"), euros("20.00"))
    assert left(memory, "AV1", "R1") == ["0.00", "30.00"]
