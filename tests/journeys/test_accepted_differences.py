"""If these failed, accounting would not know of what was given up beside what was paid."""

from typing import Any
from uuid import uuid4

import pytest

from shared.fec import Line, read
from tests.books import Books, ok, refused
from tests.reading import facts
from tests.reconciliation.test_links import named

REASON = {"reason": "erreur"}
VAT = [
    {"label": "Prestation", "net": "100.00", "vat_rate": "20"},
    {"label": "Livre", "net": "100.00", "vat_rate": "5.5"},
]  # 120.00 and 105.50
DISCOUNT = {"code": "discount", "amount": "9.02"}  # 4 % of 225.50
FEE = {"code": "bank_fee", "amount": "3.00", "reason": "Frais SWIFT"}
ROUNDING = {"code": "write_off", "amount": "0.48", "reason": "Arrondi", "account": "6588"}


class Short:
    """An invoice, and a payment that is short of it by a discount, a fee and a rounding."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.name = uuid4()
        self.invoice = books.invoice(lines=VAT)
        self.money = ok(books.pay(amount="213.00", received_on="2025-08-20"))
        books.wait_until_caught_up()

    def allocate(self, *differences: dict[str, str]) -> dict[str, Any]:
        """Allocate the payment by hand, and accept the differences."""
        body = {
            "credit": named("payment", self.money),
            "debit": named("document", self.invoice),
            "amount": "213.00",
            "on": "2025-08-21",
            "differences": list(differences),
        }
        path = f"/allocations/{self.name}"
        made: dict[str, Any] = ok(self.books.put("reconciliation", path, body))
        assert ok(self.books.put("reconciliation", path, body)) == made  # changes nothing
        self.books.wait_until_caught_up()
        return made

    def release(self) -> None:
        path = f"/allocations/{self.name}/release"
        ok(self.books.put("reconciliation", path, REASON | {"on": "2025-08-25"}))
        self.books.wait_until_caught_up()

    def exported(self) -> list[Line]:
        """Close an export of August; return its lines of what moved no money."""
        period = {"from": "2025-08-01", "to": "2025-08-31"}
        export = ok(self.books.post("payments", "/accounting-exports", period))
        assert export["debit_total"] == export["credit_total"]
        url = f"/accounting-exports/{export['export_id']}/file"
        lines = list(read(self.books.get("payments", url).content).lines)
        assert len(lines) == export["line_count"]
        assert sum(line.debit_cents - line.credit_cents for line in lines) == 0
        return [line for line in lines if line.journal_code == "OD"]


def shown(lines: list[Line]) -> list[tuple[str, int]]:
    """Return accounts, and what is debited (negative: credited)."""
    return [(line.account, line.debit_cents - line.credit_cents) for line in lines]


@pytest.fixture
def short(books: Books) -> Short:
    return Short(books)


def test_several_differences_reach_accounting_balanced_with_the_vat_of_the_discount(
    short: Short,
) -> None:
    short.allocate(DISCOUNT, FEE, ROUNDING)
    assert short.books.document(short.invoice)["outstanding"] == "0.00"
    lines = short.exported()
    # 9.02 is split 4.80 and 4.22 over what is left at 20 % and 5.5 %: of it 0.80 and 0.22 are VAT
    assert shown(lines) == [
        ("665", 800),
        ("44571", 102),
        ("411000", -902),
        ("627", 300),
        ("411000", -300),
        ("6588", 48),
        ("411000", -48),
    ]
    assert {line.voucher for line in lines} == {short.invoice["number"]}
    assert {line.label for line in lines} == {"Escompte", "Frais SWIFT", "Arrondi"}
    assert {line.matching_code for line in lines if line.account == "411000"} == {"AA"}
    assert {line.booked_on.isoformat() for line in lines} == {"2025-08-21"}
    short.books.prove_conservation()


def test_the_policy_names_the_accounts(short: Short) -> None:
    accounts = {
        "discount_account": "665100",
        "bank_fee_account": "627800",
        "write_off_account": "658000",
        "vat_account": "445710",
    }
    ok(short.books.put("payments", "/payment-policy", {"tolerance": "5.00"} | accounts))
    short.allocate(DISCOUNT, FEE, {k: v for k, v in ROUNDING.items() if k != "account"})
    found = {line.account for line in short.exported()}
    assert found == {*accounts.values(), "411000"}


def test_a_difference_is_exported_once_and_its_release_takes_it_back_to_the_cent(
    short: Short,
) -> None:
    short.allocate(DISCOUNT, FEE)
    before = shown(short.exported())
    short.release()
    after = shown(short.exported())
    assert sorted(after) == sorted((account, -cents) for account, cents in before)
    booked = facts(short.books, "payments", "difference-booked")
    assert len(booked) == 4
    short.release()
    assert facts(short.books, "payments", "difference-booked") == booked
    assert short.books.document(short.invoice)["outstanding"] == "225.50"
    short.books.prove_conservation()


def test_a_reversed_payment_takes_its_differences_back(short: Short) -> None:
    short.allocate(DISCOUNT)
    path = f"/payments/{short.money['payment_id']}/reversal"
    ok(short.books.put("payments", path, REASON | {"on": "2025-08-26"}))
    short.books.prove_conservation()
    per_account: dict[str, int] = {}
    for account, cents in shown(short.exported()):
        per_account[account] = per_account.get(account, 0) + cents
    assert per_account == {"665": 0, "44571": 0, "411000": 0}


def test_a_locked_day_gets_no_entry(short: Short) -> None:
    policy = {"tolerance": "5.00", "locked_until": "2025-08-23"}
    ok(short.books.put("payments", "/payment-policy", policy))
    short.allocate(FEE)
    assert {line.booked_on.isoformat() for line in short.exported()} == {"2025-08-24"}


def alone(short: Short, side: str, amount: str, **said: str) -> str:
    """Declare a difference of the customer by itself; return its name."""
    name = str(uuid4())
    body = {"customer_id": str(short.books.customer_id), "side": side, "amount": amount}
    body |= {"reason": "Arrondi", "on": "2025-08-22"} | said
    path = f"/write-offs/{name}"
    made = ok(short.books.put("reconciliation", path, body))
    assert ok(short.books.put("reconciliation", path, body)) == made  # changes nothing
    return name


def test_what_stands_alone_is_exported_once_with_its_matching_code(short: Short) -> None:
    loss, gain = alone(short, "loss", "13.00"), alone(short, "gain", "0.50")
    items = [named("payment", short.money), named("document", short.invoice)]
    items += [{"kind": "write_off", "id": name} for name in (loss, gain)]
    body = {"customer_id": str(short.books.customer_id), "items": items}
    ok(short.books.put("reconciliation", f"/matchings/{uuid4()}", body))
    short.books.prove_conservation()
    lines = short.exported()
    assert shown(lines) == [("658", 1_300), ("411000", -1_300), ("758", -50), ("411000", 50)]
    assert [line.voucher for line in lines] == [loss, loss, gain, gain]
    assert {line.label for line in lines} == {"Arrondi"}
    assert {line.booked_on.isoformat() for line in lines} == {"2025-08-22"}
    ok(short.books.pay(amount="1.00", received_on="2025-08-23"))
    assert short.exported() == []


def test_what_stands_alone_and_settles_has_the_code_of_what_it_settles(short: Short) -> None:
    short.allocate()
    loss = {"kind": "write_off", "id": alone(short, "loss", "12.50", account="654")}
    body = {"credit": loss, "debit": named("document", short.invoice), "amount": "12.50"}
    ok(short.books.put("reconciliation", f"/allocations/{uuid4()}", body))
    short.books.prove_conservation()
    lines = short.exported()
    assert shown(lines) == [("654", 1_250), ("411000", -1_250)]
    assert [line.matching_code for line in lines] == ["", "AA"]


def test_what_stands_alone_is_taken_back_once_on_the_same_accounts(short: Short) -> None:
    policy = {"tolerance": "5.00", "gain_account": "7588"}
    ok(short.books.put("payments", "/payment-policy", policy))
    for side, amount in (("loss", "2.00"), ("gain", "3.00")):
        path = f"/write-offs/{alone(short, side, amount)}/reversal"
        back = ok(short.books.put("reconciliation", path, REASON | {"on": "2025-08-23"}))
        assert (back["side"], back["amount"]) == ({"loss": "gain"}.get(side, "loss"), amount)
        assert ok(short.books.put("reconciliation", path, REASON)) == back
    short.books.prove_conservation()
    assert shown(short.exported()) == [
        ("658", 200),
        ("411000", -200),
        ("658", -200),
        ("411000", 200),
        ("7588", -300),
        ("411000", 300),
        ("7588", 300),
        ("411000", -300),
    ]


def test_what_goes_with_an_allocation_is_not_taken_back_alone(short: Short) -> None:
    short.allocate(FEE)
    (declared,) = facts(short.books, "reconciliation", "write-off-declared")
    path = f"/write-offs/{declared['write_off_id']}/reversal"
    refused(short.books.put("reconciliation", path, REASON), 409, "write-off-not-alone")
