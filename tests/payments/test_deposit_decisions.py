"""What is refused of a bank deposit, whoever asks and in whatever order."""

from collections.abc import Callable
from typing import Any

import pytest

from services.payments.domain import depositing
from services.payments.domain.confirming import OPEN_BANK_DEPOSIT
from services.payments.domain.deposit import (
    BankDeposit,
    BankDepositIsClosed,
    BankDepositOfAnotherCurrency,
    MethodNotDepositable,
    UnknownBankDeposit,
)
from services.payments.domain.locks import PaymentIsBankReconciled
from shared.decider import Command
from shared.events.payments import (
    BankDepositClosed,
    BankDepositOpened,
    PaymentAddedToDeposit,
    PaymentRecorded,
    PaymentRemovedFromDeposit,
    PaymentReturned,
    PaymentReversed,
)
from shared.events.reconciliation import PaymentBankReconciled
from tests.facts import DURAND, TODAY, named
from tests.given import Memory
from tests.payments.words import books, correct, method, record, reverse, take_as_returned

CONFIRMED = (OPEN_BANK_DEPOSIT,)


def with_deposit(amount: str = "100.00") -> Memory:
    """Return payments' rows with the payment P1 in the open deposit REM."""
    memory = books()
    done = memory.when(record("P1", amount, bank_deposit="REM", confirm=CONFIRMED))
    kinds = [PaymentRecorded, BankDepositOpened, PaymentAddedToDeposit]
    assert [type(fact) for fact in done.facts] == kinds
    return memory


def close(**fields: Any) -> depositing.CloseDeposit:
    return depositing.CloseDeposit(bank_deposit="REM", closed_on=None, today=TODAY, **fields)


def put(name: str | None, payment: str = "P1") -> depositing.ChangeDeposit:
    return depositing.ChangeDeposit(payment_id=named(payment), bank_deposit=name, confirm=CONFIRMED)


def held(memory: Memory, name: str = "REM") -> tuple[int, int]:
    deposit = memory.row(BankDeposit, name)
    return deposit.payment_count, deposit.total_cents


def test_a_deposit_is_closed_once_with_what_it_holds() -> None:
    memory = with_deposit()
    memory.when(record("P2", "20.00", bank_deposit="REM"))
    closed = memory.when(close()).only(BankDepositClosed)
    assert (closed.payment_count, str(closed.total)) == (2, "120.00")
    memory.when(close()).then_nothing()


@pytest.mark.parametrize(
    "command",
    [
        close,
        lambda: depositing.ReopenDeposit(bank_deposit="REM", reason="oubli"),
        lambda: depositing.RequestReopening(bank_deposit="REM", reason="oubli"),
    ],
)
def test_nothing_is_done_with_a_deposit_that_there_is_not(command: Callable[[], Command]) -> None:
    books().when(command()).then_refused(UnknownBankDeposit, bank_deposit="REM")


def test_a_reversed_payment_leaves_an_open_deposit_and_stays_in_a_closed_one() -> None:
    memory = with_deposit()
    facts = memory.when(reverse()).facts
    assert [type(fact) for fact in facts] == [PaymentRemovedFromDeposit, PaymentReversed]
    assert held(memory) == (0, 0)
    memory = with_deposit()
    memory.when(close())
    assert [type(fact) for fact in memory.when(reverse()).facts] == [PaymentReversed]
    assert held(memory) == (1, 10_000)


def test_a_returned_payment_was_taken_to_the_bank_and_stays_in_its_deposit() -> None:
    memory = with_deposit()
    assert [type(fact) for fact in memory.when(take_as_returned()).facts] == [PaymentReturned]
    assert held(memory) == (1, 10_000)


def test_a_correction_keeps_an_open_deposit_right_and_is_refused_in_a_closed_one() -> None:
    memory = with_deposit()
    memory.when(correct("P1", record("P2", "90.00", bank_deposit="REM"))).only(PaymentRecorded)
    assert held(memory) == (1, 9_000)
    memory.when(close())
    memory.when(correct("P2", record("P3", "80.00"))).then_refused(BankDepositIsClosed)


def test_what_the_bank_shows_is_not_put_elsewhere() -> None:
    memory = with_deposit().apply(
        PaymentBankReconciled(
            payment_id=named("P1"), customer_id=DURAND, statement="CIC 08", reconciled_on=TODAY
        )
    )
    memory.when(put(None)).then_refused(PaymentIsBankReconciled)


def test_a_deposit_is_in_one_currency_and_of_methods_that_can_be_deposited() -> None:
    memory = with_deposit()
    other = depositing.OpenDeposit(
        bank_deposit="REM", method=None, bank_account=None, currency="CHF"
    )
    memory.when(other).then_refused(BankDepositOfAnotherCurrency, fixed="EUR", found="CHF")
    memory.when(method("card", depositable=False))
    for name in ("REM", "NEW"):
        by_card = record("P3", "1.00", method="card", bank_deposit=name, confirm=CONFIRMED)
        memory.when(by_card).then_refused(MethodNotDepositable, method="card")
    opened = depositing.OpenDeposit(
        bank_deposit="NEW", method="card", bank_account=None, currency="EUR"
    )
    memory.when(opened).then_refused(MethodNotDepositable, method="card")
