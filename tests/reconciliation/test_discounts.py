"""If these failed, who paid early would still owe the discount, or have it without having paid."""

from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.domain.item import Group, Item
from shared.events import Event
from shared.events.payments import AppliedTo, PaymentRecorded
from shared.events.reconciliation import AllocationMade, WriteOffDeclared
from shared.events.shortfalls import AllocationShortfall
from shared.money import Money
from tests.facts import (
    DURAND,
    MARTIN,
    bounce,
    customer,
    document,
    draft,
    euros,
    named,
    payment,
    reversal,
)
from tests.given import Memory
from tests.reconciliation.test_parts import accepted
from tests.reconciliation.words import allocate, books, left, live, release, row

FA1 = document("FA1", "100.00")


def early(
    name: str = "P1", amount: str = "97.00", discount: str = "3.00", target: str = "FA1"
) -> PaymentRecorded:
    """Return a payment that asks for a discount beside what it pays."""
    part = AppliedTo(
        document_id=named(target),
        document_number=target,
        amount=euros(amount),
        discount=euros(discount),
    )
    return payment(name, amount).model_copy(update={"applies_to": (part,)})


def of(memory: Memory, kind: type[Event]) -> list[Event]:
    return [fact for fact in memory.facts if isinstance(fact, kind)]


def short(memory: Memory) -> list[tuple[str, str, str, str]]:
    """Return what fell short: asked, allocated, and the same of the discount."""
    found = [fact for fact in memory.facts if isinstance(fact, AllocationShortfall)]
    return [(str(f.asked), str(f.allocated), str(f.discount_asked), str(f.discount)) for f in found]


def test_paid_less_a_discount_the_document_is_settled_in_one_commit() -> None:
    memory = books(FA1)
    ours = memory.follow(early())
    assert left(memory, "FA1", "P1") == ["0.00", "0.00"]
    assert [group.matching_code for group in memory.rows(Group)] == ["AA"]
    paid, discount = (fact for fact in ours if isinstance(fact, AllocationMade))
    assert (paid.amount, discount.amount) == (euros("97.00"), euros("3.00"))
    assert paid.differences == (discount.accepts,)
    assert {fact.origin for fact in (paid, discount)} == {"applies_to"}
    assert short(memory) == []


def test_the_discount_falls_on_what_is_left_of_each_vat_rate() -> None:
    memory = books(document("FA1", rates={"20": "80.00", "5.5": "20.00"}))
    memory.follow(early())
    vat = row(memory, "FA1").vat
    assert [(part["total_cents"], part["allocated_cents"]) for part in vat] == [
        (8_000, 8_000),
        (2_000, 2_000),
    ]


def test_it_is_accepted_for_a_document_that_is_heard_of_later() -> None:
    memory = books(early())
    assert live(memory) == []
    memory.follow(FA1)
    assert left(memory, "FA1", "P1") == ["0.00", "0.00"]
    assert short(memory) == []


def test_a_group_that_the_discount_balances_has_its_code() -> None:
    """Whether a payment asked for it, or somebody accepted it by hand."""
    memory = books(FA1, payment("P2", "50.00", {"FA1": "50.00"}))
    memory.follow(early(amount="48.50", discount="1.50"))
    assert [group.matching_code for group in memory.rows(Group)] == ["AA"]
    memory = books(FA1, payment("P2", "50.00", {"FA1": "50.00"}), payment("P1", "48.50"))
    memory.when(allocate("A1", "P1", "FA1", "48.50", accepted=accepted(discount="1.50")))
    assert [group.matching_code for group in memory.rows(Group)] == ["AA"]


def test_it_is_accepted_only_as_far_as_something_is_open() -> None:
    memory = books(FA1, payment("P2", "2.00", {"FA1": "2.00"}))
    memory.follow(early())
    assert left(memory, "FA1", "P1") == ["0.00", "0.00"]
    assert short(memory) == [("97.00", "97.00", "3.00", "1.00")]


def test_it_is_never_accepted_alone() -> None:
    memory = books(FA1, payment("P2", "100.00", {"FA1": "100.00"}))
    memory.follow(early())
    assert of(memory, WriteOffDeclared) == []
    assert short(memory) == [("97.00", "0.00", "3.00", "0.00")]
    spent = books(FA1, payment("P2", "3.00", {"FA1": "3.00"}))
    spent.follow(early())
    assert short(spent) == [("97.00", "97.00", "3.00", "0.00")]


def test_money_held_for_a_draft_has_no_discount() -> None:
    memory = books(draft("FA1"))
    memory.follow(early())
    assert short(memory) == [("97.00", "97.00", "3.00", "0.00")]
    memory.follow(FA1)
    assert left(memory, "FA1") == ["3.00"]


def test_who_pays_for_another_of_its_group_has_the_other_s_discount() -> None:
    theirs = document("FA1", "100.00", customer_id=MARTIN)
    memory = books(customer(DURAND), customer(MARTIN, parent_id=DURAND), theirs, early())
    assert left(memory, "FA1", "P1") == ["0.00", "0.00"]
    (declared,) = (fact for fact in memory.facts if isinstance(fact, WriteOffDeclared))
    assert declared.customer_id == MARTIN
    memory.follow(reversal(early()))
    assert left(memory, "FA1", "P1", "T1") == ["100.00", "0.00", "0.00"]


def test_what_is_taken_back_takes_the_discount_back() -> None:
    for taken_back in (reversal(early()), bounce(early())):
        memory = books(FA1, early())
        memory.follow(taken_back)
        assert left(memory, "FA1", "P1", "T1") == ["100.00", "0.00", "0.00"]
        sides = [fact.side for fact in memory.facts if isinstance(fact, WriteOffDeclared)]
        assert sides == ["credit", "debit"]
        memory.follow(early("P2"))
        assert left(memory, "FA1", "P2") == ["0.00", "0.00"]


def test_a_release_takes_the_discount_back() -> None:
    memory = books(FA1, early())
    paid = next(link for link in live(memory) if link.differences)
    memory.when(release(paid))
    assert left(memory, "FA1", "P1") == ["100.00", "97.00"]
    memory.when(release(paid)).then_nothing()


def test_what_is_taken_back_before_it_is_decided_has_no_discount() -> None:
    memory = books(early())
    memory.follow(reversal(early()))
    assert short(memory) == [("97.00", "0.00", "3.00", "0.00")]
    memory.follow(FA1)
    assert left(memory, "FA1") == ["100.00"]


@given(
    asked=st.lists(st.tuples(st.integers(1, 9_000), st.integers(1, 500)), min_size=1, max_size=5),
    late=st.booleans(),
)
def test_no_discounts_settle_more_than_the_document(
    asked: list[tuple[int, int]], *, late: bool
) -> None:
    """What is allocated, accepted and said to be short is what was asked, in any order (K12)."""
    paid = [
        early(f"P{place}", str(Money(cents)), str(Money(discount)))
        for place, (cents, discount) in enumerate(asked)
    ]
    memory = books(*([*paid, FA1] if late else [FA1, *paid]))
    invoice = memory.row(Item, f"document/{named('FA1')}")
    assert invoice.open_cents >= 0
    made = [fact for fact in memory.facts if isinstance(fact, AllocationMade)]
    assert sum(fact.amount.cents for fact in made) == invoice.allocated_cents
    shorts = [fact for fact in memory.facts if isinstance(fact, AllocationShortfall)]
    missing = sum(
        fact.asked.cents - fact.allocated.cents + fact.discount_asked.cents - fact.discount.cents
        for fact in shorts
        if fact.discount_asked and fact.discount
    )
    assert invoice.allocated_cents + missing == sum(map(sum, asked))
    for fact in made:
        assert not fact.accepts or any(fact.accepts in other.differences for other in made)
