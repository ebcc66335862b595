"""Methods, bank accounts and policy of a ledger: changed by facts, and only when they change."""

from services.payments.domain.settings import (
    BankAccount,
    PaymentMethod,
    PaymentPolicy,
    bank_accounts,
    methods,
    needs_of_settings,
)
from shared.decider import Picture
from shared.events.payments import (
    BankAccountConfigured,
    PaymentMethodConfigured,
    PaymentPolicyConfigured,
    PaymentRecorded,
)
from tests.facts import euros
from tests.given import LEDGER, Memory
from tests.payments.words import account, books, method, policy, record


def seen(memory: Memory) -> Picture:
    return memory.picture(needs_of_settings(LEDGER))


def test_a_ledger_that_configured_nothing_has_the_usual_methods() -> None:
    known = methods(seen(books()))
    assert {code: m.untdid_4461 for code, m in known.items()} == {
        "transfer": "30",
        "sepa-transfer": "58",
        "cheque": "20",
        "card": "48",
        "direct-debit": "59",
        "cash": "10",
    }
    assert [code for code, m in known.items() if m.default] == ["transfer"]


def test_the_first_method_configured_keeps_the_usual_ones() -> None:
    memory = books()
    voucher = method("voucher", default=True)
    facts = memory.when(voucher).facts
    assert len(facts) == 7
    memory.when(voucher).then_nothing()
    renamed = memory.when(method("voucher", label="Bon")).only(PaymentMethodConfigured)
    assert renamed.label == "Bon"


def test_a_usual_method_is_replaced_by_its_own_configuration() -> None:
    memory = books()
    facts = memory.when(method("cash", active=False)).facts
    assert [f.code for f in facts if isinstance(f, PaymentMethodConfigured)].count("cash") == 1
    assert "cash" not in methods(seen(memory))


def test_a_new_default_takes_the_place_of_the_old() -> None:
    memory = books()
    memory.when(method("voucher", default=True))
    memory.when(method("coin", default=True))
    assert [m.code for m in memory.rows(PaymentMethod) if m.default] == ["coin"]
    memory.when(account("BNP", default=True))
    memory.when(account("SG", default=True))
    assert [a.code for a in memory.rows(BankAccount) if a.default] == ["SG"]


def test_a_bank_account_is_configured_only_when_something_changes() -> None:
    memory = books()
    assert memory.when(account("BNP")).only(BankAccountConfigured).account == "512"
    memory.when(account("BNP")).then_nothing()
    assert memory.when(account("BNP", active=False)).only(BankAccountConfigured)
    assert sorted(bank_accounts(seen(memory))) == ["CIC"]


def test_the_policy_is_configured_only_when_something_changes() -> None:
    memory = books()
    wanted = policy("12.00", customer_banks=("CIC",))
    assert memory.when(wanted).only(PaymentPolicyConfigured).tolerance == euros("12.00")
    memory.when(wanted).then_nothing()
    assert [row.customer_banks for row in memory.rows(PaymentPolicy)] == [("CIC",)]


def test_numbers_go_on_where_a_new_template_meets_an_old_period() -> None:
    memory = books()
    memory.when(record("P1", "1.00"))
    memory.when(policy(receipt_template="R-{n:6}"))
    assert memory.when(record("P2", "1.00")).only(PaymentRecorded).number == "R-000001"
    memory.when(policy())
    assert memory.when(record("P3", "1.00")).only(PaymentRecorded).number == "RC2508-0002"
