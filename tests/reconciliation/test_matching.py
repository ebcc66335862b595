"""Matching codes: on what balances and on nothing else, in order, and never given twice."""

from datetime import timedelta

import pytest

from services.reconciliation.domain import allocation as rules
from services.reconciliation.domain.bank import (
    BankReconciliation,
    OnAnotherStatement,
    UnknownPayment,
)
from services.reconciliation.domain.customer import UnknownCustomer
from services.reconciliation.domain.item import Group, UnknownItem, vat_parts
from services.reconciliation.domain.matching import MatchingIdTaken, NothingToMatch
from services.reconciliation.domain.write_off import WriteOffIdTaken, WriteOffNotPositive
from shared.decider import Command
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    BankReconciliationUndone,
    ItemsMatched,
    ItemsUnmatched,
    MatchingMade,
    PaymentBankReconciled,
    WriteOffDeclared,
)
from tests.facts import (
    DURAND,
    MARTIN,
    TODAY,
    customer,
    document,
    euros,
    named,
    payment,
    reversal,
)
from tests.given import Memory
from tests.reconciliation.words import (
    allocate,
    books,
    left,
    live,
    match,
    off_statement,
    on_statement,
    release,
    row,
    write_off,
)

LATER = TODAY + timedelta(days=3)


def code(memory: Memory, name: str) -> str | None:
    """Return the matching code that an item carries."""
    group = row(memory, name).group_id
    return memory.row(Group, group).matching_code if group else None


# ── codes ───────────────────────────────────────────────────────────────────────


def test_what_balances_carries_a_code_in_the_order_made() -> None:
    memory = books(*(document(f"FA{n}", "10.00") for n in range(3)))
    for n in range(3):
        memory.follow(payment(f"P{n}", "10.00", {f"FA{n}": "10.00"}))
    assert [code(memory, f"FA{n}") for n in range(3)] == ["AA", "AB", "AC"]
    assert [code(memory, f"P{n}") for n in range(3)] == ["AA", "AB", "AC"]


def test_each_customer_has_codes_of_its_own() -> None:
    memory = books(document("FA1", "10.00"), document("FA2", "10.00", customer_id=MARTIN))
    memory.follow(payment("P1", "10.00", {"FA1": "10.00"}))
    memory.follow(payment("P2", "10.00", {"FA2": "10.00"}, customer_id=MARTIN))
    assert (code(memory, "FA1"), code(memory, "FA2")) == ("AA", "AA")


def test_a_code_is_withdrawn_for_ever_by_what_unbalances_the_group() -> None:
    paid = payment("P1", "10.00", {"FA1": "10.00"})
    memory = books(document("FA1", "10.00"), paid)
    assert code(memory, "FA1") == "AA"
    memory.follow(reversal(paid, LATER))
    withdrawn = [fact for fact in memory.facts if isinstance(fact, ItemsUnmatched)]
    assert [(fact.matching_code, fact.unmatched_on) for fact in withdrawn] == [("AA", LATER)]
    assert (code(memory, "FA1"), code(memory, "P1"), code(memory, "T1")) == (None, "AB", "AB")
    memory.follow(payment("P2", "10.00", {"FA1": "10.00"}))
    assert code(memory, "FA1") == "AC"


def test_a_code_is_dated_by_the_last_that_made_it_balance() -> None:
    memory = books(document("FA1", "10.00"), payment("P1", "4.00", {"FA1": "4.00"}))
    memory.follow(payment("P2", "6.00", {"FA1": "6.00"}, received_on=LATER))
    (matched,) = [fact for fact in memory.facts if isinstance(fact, ItemsMatched)]
    assert matched.matched_on == LATER
    assert {(item.kind, item.id) for item in matched.items} == {
        ("document", named("FA1")),
        ("payment", named("P1")),
        ("payment", named("P2")),
    }


# ── matched by hand ─────────────────────────────────────────────────────────────


def test_items_matched_by_hand_are_allocated_from_the_oldest() -> None:
    memory = books(
        document("FA1", "10.00", issued_on=LATER, due_on=LATER),
        document("FA2", "20.00"),
        payment("P1", "25.00"),
        payment("P2", "5.00", received_on=LATER),
    )
    facts = memory.when(match("M1", "FA1", "FA2", "P1", "P2")).facts
    made = [f for f in facts if isinstance(f, AllocationMade)]
    assert [(f.debit.id, str(f.amount)) for f in made] == [
        (named("FA2"), "20.00"),
        (named("FA1"), "5.00"),
        (named("FA1"), "5.00"),
    ]
    assert isinstance(facts[0], MatchingMade)
    assert code(memory, "P2") == "AA"


def test_pairs_that_are_matched_together_carry_one_code() -> None:
    memory = books(*(document(f"FA{n}", "10.00") for n in (1, 2)))
    memory.follow(payment("P1", "10.00"), payment("P2", "10.00"))
    memory.when(match("M1", "FA1", "FA2", "P1", "P2"))
    assert {code(memory, name) for name in ("FA1", "FA2", "P1", "P2")} == {"AA"}


def test_matched_items_that_do_not_balance_carry_no_code() -> None:
    memory = books(document("FA1", "10.00"), payment("P1", "4.00"))
    memory.when(match("M1", "FA1", "P1"))
    assert (code(memory, "FA1"), left(memory, "FA1", "P1")) == (None, ["6.00", "0.00"])


def test_what_is_settled_already_may_be_matched_into_one_group() -> None:
    memory = books(document("FA1", "10.00"), payment("P1", "10.00", {"FA1": "10.00"}))
    memory.follow(document("FA2", "5.00"), payment("P2", "5.00", {"FA2": "5.00"}))
    memory.when(match("M1", "FA1", "FA2"))
    assert {code(memory, name) for name in ("FA1", "FA2", "P1", "P2")} == {"AC"}


def test_a_matching_is_made_once() -> None:
    memory = books(document("FA1", "10.00"), payment("P1", "10.00"))
    memory.when(match("M1", "FA1", "P1"))
    memory.when(match("M1", "FA1", "P1")).then_nothing()
    other = match("M1", "FA1", "P1", request_sha256="other")
    memory.when(other).then_refused(MatchingIdTaken, matching_id=named("M1"))


def test_matchings_that_cannot_be_are_refused() -> None:
    memory = books(
        document("FA1", "10.00"),
        document("FA2", "10.00", customer_id=MARTIN),
        payment("P1", "10.00"),
        payment("P2", "10.00"),
    )
    memory.when(match("M1", "FA1", "FA2")).then_refused(rules.SidesDoNotMatch)
    memory.when(match("M1", "FA1", "P1", customer_id=MARTIN)).then_refused(rules.SidesDoNotMatch)
    memory.when(match("M1", "P1", "P2")).then_refused(NothingToMatch, open_sides=["credit"])
    memory.when(match("M1", "FA1", "P9")).then_refused(UnknownItem)


def test_a_release_splits_what_no_link_holds_together_any_more() -> None:
    memory = books(*(document(f"FA{n}", "10.00") for n in (1, 2)), payment("P1", "20.00"))
    for name, target in (("A1", "FA1"), ("A2", "FA2")):
        memory.when(allocate(name, "P1", target, "10.00"))
    assert code(memory, "P1") == "AA"
    memory.when(release("A2"))
    assert (row(memory, "FA2").group_id, code(memory, "FA1")) == (None, None)
    assert row(memory, "FA1").group_id == row(memory, "P1").group_id


def test_a_group_that_falls_apart_has_a_code_for_each_part_that_balances() -> None:
    memory = books(*(document(f"FA{n}", "10.00") for n in (1, 2, 3)))
    memory.follow(*(payment(f"P{n}", "10.00") for n in (1, 2, 3)))
    memory.when(match("M1", "FA1", "FA2", "FA3", "P1", "P2", "P3"))
    assert {code(memory, f"FA{n}") for n in (1, 2, 3)} == {"AA"}
    broken = live(memory)[0]
    memory.when(release(broken))
    left_alone = [n for n in (1, 2, 3) if code(memory, f"FA{n}") is None]
    assert len(left_alone) == 1
    assert {code(memory, f"FA{n}") for n in (1, 2, 3)} == {None, "AB", "AC"}


# ── VAT ─────────────────────────────────────────────────────────────────────────


def test_the_parts_of_a_settled_document_are_its_own_totals() -> None:
    memory = books(document("FA1", rates={"20": "70.01", "5.5": "29.98", "0": "0.01"}))
    for n in range(3):
        memory.follow(payment(f"P{n}", "33.33", {"FA1": "33.33"}))
    memory.follow(payment("P9", "0.01", {"FA1": "0.01"}))
    per_rate: dict[str, int] = {}
    for fact in memory.facts:
        if isinstance(fact, AllocationMade):
            assert sum(part.amount.cents for part in fact.vat) == fact.amount.cents
            for part in fact.vat:
                per_rate[part.rate] = per_rate.get(part.rate, 0) + part.amount.cents
    assert per_rate == {"20": 7_001, "5.5": 2_998, "0": 1}


def test_a_release_gives_back_exactly_what_was_split() -> None:
    memory = books(document("FA1", rates={"20": "70.01", "5.5": "29.98"}))
    memory.follow(*(payment(name, "33.33", {"FA1": "33.33"}) for name in ("P1", "P2")))
    (link,) = [a for a in live(memory) if a.credit_item == f"payment/{named('P1')}"]
    made = next(f for f in memory.facts if isinstance(f, AllocationMade))
    freed = memory.when(release(link)).only(AllocationReleased)
    assert freed.vat == made.vat


def test_a_credit_note_has_its_own_split_beside_the_invoices() -> None:
    note = document("AV1", rates={"10": "30.00"}, kind="credit_note", corrects=named("FA1"))
    memory = books(document("FA1", rates={"20": "50.00", "0": "50.00"}), note)
    (made,) = [f for f in memory.facts if isinstance(f, AllocationMade)]
    assert [(p.rate, str(p.amount)) for p in made.vat] == [("20", "15.00"), ("0", "15.00")]
    assert [(p.rate, str(p.amount)) for p in made.credit_vat] == [("10", "30.00")]
    freed = memory.when(release(live(memory)[0])).only(AllocationReleased)
    assert (freed.vat, freed.credit_vat) == (made.vat, made.credit_vat)
    assert vat_parts(row(memory, "FA1"), 10_000)[0].amount == euros("50.00")


# ── differences ─────────────────────────────────────────────────────────────────


def test_a_difference_is_declared_once_and_then_settles() -> None:
    memory = books(customer(), document("FA1", "100.00"), payment("P1", "98.00", {"FA1": "98.00"}))
    loss = memory.when(write_off("W1", "2.00")).only(WriteOffDeclared)
    assert (loss.side, loss.reason, loss.account) == ("credit", "écart de règlement", "658")
    memory.when(write_off("W1", "2.00")).then_nothing()
    other = write_off("W1", "3.00", request_sha256="other")
    memory.when(other).then_refused(WriteOffIdTaken, write_off_id=named("W1"))
    memory.when(write_off("W2", "0.00")).then_refused(WriteOffNotPositive)
    memory.when(allocate("A1", "W1", "FA1", "2.00"))
    assert code(memory, "FA1") == "AA"


def test_a_gain_is_a_debit() -> None:
    memory = books(customer(), payment("P1", "1.00"))
    memory.when(write_off("W1", "1.00", "debit"))
    memory.when(match("M1", "P1", "W1"))
    assert code(memory, "W1") == "AA"


def test_nobody_is_written_off_whom_invoicing_does_not_know() -> None:
    memory = books(document("FA1", "100.00"))
    memory.when(write_off("W1", "1.00")).then_refused(UnknownCustomer, customer_id=DURAND)
    memory.follow(customer())
    assert memory.when(write_off("W1", "1.00")).only(WriteOffDeclared)


# ── the bank ────────────────────────────────────────────────────────────────────


def test_a_payment_is_met_with_one_statement_at_a_time() -> None:
    memory = books(payment("P1", "1.00"))
    shown = memory.when(on_statement("P1")).only(PaymentBankReconciled)
    assert (shown.statement, shown.reconciled_on) == ("CIC 08", TODAY)
    memory.when(on_statement("P1")).then_nothing()
    memory.when(on_statement("P1", "CIC 09")).then_refused(OnAnotherStatement, statement="CIC 08")
    assert memory.when(off_statement("P1")).only(BankReconciliationUndone).statement == "CIC 08"
    memory.when(off_statement("P1")).then_nothing()
    assert memory.when(on_statement("P1", "CIC 09")).only(PaymentBankReconciled)
    assert memory.row(BankReconciliation, named("P1")).statement == "CIC 09"


@pytest.mark.parametrize("command", [on_statement("P9"), off_statement("P9")])
def test_only_a_payment_that_exists_is_on_a_statement(command: Command) -> None:
    books().when(command).then_refused(UnknownPayment, payment_id=named("P9"))
    books(payment("P9", "1.00")).when(off_statement("P9")).then_nothing()
