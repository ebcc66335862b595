"""If these failed, what was accepted beside a payment would be lost, or outlive it."""

from typing import Any
from uuid import uuid4

import pytest

from services.reconciliation.domain.allocation import AllocateByHand, MoreThanOpen, SidesDoNotMatch
from services.reconciliation.domain.item import Group
from services.reconciliation.domain.parts import Accepted
from shared.events.reconciliation import AllocationMade, ItemsMatched, WriteOffDeclared
from shared.money import Money
from tests.books import Books, ok, refused
from tests.facts import document, euros, payment, reversal
from tests.given import Memory
from tests.reading import facts
from tests.reconciliation.words import allocate, books, left, live, release

P1 = payment("P1", "100.00")


def accepted(**amounts: str) -> list[Accepted]:
    return [
        Accepted(code=code, amount=euros(amount), account="665", reason=code)  # type: ignore[arg-type] # a test's word
        for code, amount in amounts.items()
    ]


def paid_with(amount: str = "100.00", **amounts: str) -> AllocateByHand:
    """Return the command that gives P1 to FA1, with these differences."""
    return allocate("A1", "P1", "FA1", amount, accepted=accepted(**amounts))


def settled() -> Memory:
    memory = books(document("FA1", rates={"20": "80.00", "5.5": "40.00"}), P1)
    memory.when(paid_with(discount="12.00", bank_fee="7.50", write_off="0.50"))
    return memory


def test_a_payment_a_discount_a_fee_and_a_rounding_settle_an_invoice_in_one_go() -> None:
    memory = settled()
    assert left(memory, "FA1", "P1") == ["0.00", "0.00"]
    assert len(live(memory)) == 4
    made = [fact for fact in memory.facts if isinstance(fact, WriteOffDeclared)]
    assert [str(fact.amount) for fact in made] == ["12.00", "7.50", "0.50"]
    assert [group.matching_code for group in memory.rows(Group)] == ["AA"]
    memory.when(paid_with(discount="12.00", bank_fee="7.50", write_off="0.50")).then_nothing()


def test_what_is_paid_and_accepted_is_no_more_than_is_open() -> None:
    memory = books(document("FA1", "120.00"), P1)
    memory.when(paid_with(discount="20.01")).then_refused(MoreThanOpen, maximum=euros("120.00"))
    dollars = Accepted(code="discount", amount=Money(1, "USD"), account=None, reason="")
    mixed = allocate("A1", "P1", "FA1", "100.00", accepted=[dollars])
    memory.when(mixed).then_refused(SidesDoNotMatch)
    memory.when(paid_with(discount="20.00")).only(ItemsMatched)


def test_what_was_accepted_goes_with_the_allocation() -> None:
    memory = settled()
    memory.when(release("A1"))
    assert left(memory, "FA1", "P1") == ["120.00", "100.00"]
    opposite = [f for f in memory.facts if isinstance(f, WriteOffDeclared) and f.side == "debit"]
    assert [str(fact.amount) for fact in opposite] == ["12.00", "7.50", "0.50"]
    memory.when(release("A1")).then_nothing()


def test_what_was_accepted_goes_with_a_reversed_payment() -> None:
    memory = settled()
    memory.follow(reversal(P1))
    assert left(memory, "FA1", "P1", "T1") == ["120.00", "0.00", "0.00"]


def test_a_difference_that_was_released_before_is_left_alone() -> None:
    memory = settled()
    made = [fact for fact in memory.facts if isinstance(fact, AllocationMade)]
    memory.when(release(next(link for link in live(memory) if link.amount_cents == 1_200)))
    memory.when(release("A1"))
    assert left(memory, "FA1", "P1") == ["120.00", "100.00"]
    opposite = [f for f in memory.facts if isinstance(f, WriteOffDeclared) and f.side == "debit"]
    assert [str(fact.amount) for fact in opposite] == ["7.50", "0.50"]
    assert made[0].differences[0].code == "discount"


# ── over HTTP ───────────────────────────────────────────────────────────────────


def part(invoice: dict[str, Any], made: dict[str, Any], amount: str) -> dict[str, Any]:
    return {
        "credit": {"kind": "payment", "id": made["payment_id"]},
        "debit": {"kind": "document", "id": invoice["document_id"]},
        "amount": amount,
    }


@pytest.mark.feature("S4-13")
def test_an_allocation_has_paid_and_discount_parts_within_what_is_open(books: Books) -> None:
    invoice = books.invoice("120.00")
    made = ok(books.pay(amount="100.00"))
    books.wait_until_caught_up()
    body = part(invoice, made, "100.00")
    discount = {"code": "discount", "amount": "15.00", "account": "665"}
    fee = {"code": "bank_fee", "amount": "4.60", "account": "627"}
    rounding = {"code": "write_off", "amount": "0.40", "reason": "arrondi"}
    path = f"/allocations/{uuid4()}"
    over = body | {"differences": [discount | {"amount": "20.01"}]}
    problem = refused(books.put("reconciliation", path, over), 409, "more-than-open")
    assert problem["maximum"] == "120.00"
    shown = ok(books.put("reconciliation", path, body | {"differences": [discount, fee, rounding]}))
    assert shown["amount"] == "100.00"
    parts = [(each["code"], each["amount"], each["reason"]) for each in shown["differences"]]
    assert parts == [
        ("discount", "15.00", "Escompte"),
        ("bank_fee", "4.60", "Frais bancaires"),
        ("write_off", "0.40", "arrondi"),
    ]
    assert ok(books.get("reconciliation", path))["differences"] == shown["differences"]
    books.prove_conservation()
    assert books.document(invoice)["payment_status"] == "settled"
    assert all(item["open"] == "0.00" and item["matching_code"] for item in books.items())
    ok(books.put("reconciliation", f"{path}/release", {"reason": "erreur"}))
    books.prove_conservation()
    assert books.document(invoice)["outstanding"] == "120.00"
    assert len(facts(books, "reconciliation", "write-off-declared")) == 6


def test_differences_go_with_a_payment_that_is_reversed_later(books: Books) -> None:
    invoice = books.invoice("120.00")
    made = ok(books.pay(amount="100.00"))
    books.wait_until_caught_up()
    discount = {"differences": [{"code": "discount", "amount": "20.00"}]}
    body = part(invoice, made, "100.00") | discount
    ok(books.put("reconciliation", f"/allocations/{uuid4()}", body))
    ok(books.put("payments", f"/payments/{made['payment_id']}/reversal", {"reason": "erreur"}))
    books.prove_conservation()
    assert books.document(invoice)["outstanding"] == "120.00"


def test_differences_need_the_right_to_declare_them(books: Books) -> None:
    with Books(books.stack, books.ledger, ["allocations:make"]) as clerk:
        body = {
            "credit": {"kind": "payment", "id": str(uuid4())},
            "debit": {"kind": "document", "id": str(uuid4())},
            "amount": "1.00",
            "differences": [{"code": "discount", "amount": "1.00"}],
        }
        path = f"/allocations/{uuid4()}"
        problem = refused(clerk.put("reconciliation", path, body), 403, "forbidden")
        assert problem["right"] == "write-offs:declare"
