"""A payment that was wrong is reversed, returned or corrected: never edited, never erased."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.payments.domain import amounts, locks, payment, taking_back
from services.payments.domain.accounting import Movement
from services.payments.domain.payable import PayableDocument
from services.payments.domain.payment import Payment
from services.payments.domain.refund import Refund, RefundIdTaken
from services.payments.domain.settings import UnknownBankAccount
from services.payments.domain.taking_back import actions
from shared.decider import Command
from shared.errors import Refusal
from shared.events.payments import (
    PaymentRecorded,
    PaymentReturned,
    PaymentReversed,
    RefundRecorded,
)
from shared.events.reconciliation import BankReconciliationUndone, PaymentBankReconciled
from tests.facts import DURAND, TODAY, allocation, euros, item, named, release
from tests.given import Memory
from tests.payments.words import (
    books,
    correct,
    give_back,
    no_one,
    record,
    reverse,
    take_as_returned,
    with_invoice,
)


def paid(amount: str = "1170.00") -> Memory:
    """Return payments' rows with FA1 paid by P1, and seen allocated."""
    memory = with_invoice()
    memory.when(record("P1", amount, "FA1"))
    return memory.apply(allocation("A1", item("payment", "P1"), item("document", "FA1"), amount))


def test_a_reversal_is_the_opposite_entry_made_once() -> None:
    memory = paid()
    taken_back = memory.when(reverse()).only(PaymentReversed)
    assert (taken_back.amount, taken_back.reason) == (-euros("1170.00"), "saisi deux fois")
    assert (taken_back.customer_id, taken_back.reversed_on) == (DURAND, TODAY)
    memory.when(reverse()).then_nothing()
    assert memory.row(Payment, named("P1")).state == "reversed"
    both = [movement.amount_cents for movement in memory.rows(Movement)]
    assert sum(both) == 0
    assert len(both) == 2


def test_a_bounced_cheque_is_returned_once() -> None:
    memory = paid()
    taken_back = memory.when(take_as_returned()).only(PaymentReturned)
    assert (taken_back.amount, taken_back.returned_on) == (-euros("1170.00"), TODAY)
    memory.when(take_as_returned()).then_nothing()
    assert [m.kind for m in memory.rows(Movement)] == ["payment", "return"]


@pytest.mark.parametrize(
    ("command", "refusal", "on"),
    [
        (reverse, taking_back.PaymentIsReversed, "reversed_on"),
        (take_as_returned, taking_back.PaymentIsReturned, "returned_on"),
    ],
)
def test_taking_back_again_is_harmless_only_for_the_same_reason_and_day(
    command: Callable[..., Command], refusal: type[Refusal], on: str
) -> None:
    memory = paid()
    tomorrow = TODAY + timedelta(days=1)
    memory.when(command())
    for same in (command(today=tomorrow), command(**{on: TODAY})):
        memory.when(same).then_nothing()
    for other in (command(reason="autre"), command(**{on: tomorrow})):
        memory.when(other).then_refused(refusal, **{on: TODAY})


def test_what_was_taken_back_one_way_is_not_taken_back_the_other() -> None:
    memory = paid()
    memory.when(reverse())
    memory.when(take_as_returned()).then_refused(taking_back.PaymentIsReversed, reversed_on=TODAY)
    memory = paid()
    memory.when(take_as_returned())
    memory.when(reverse()).then_refused(taking_back.PaymentIsReturned, returned_on=TODAY)


def test_only_a_payment_that_exists_is_taken_back() -> None:
    for command in (reverse(), take_as_returned(), correct("P1", record("P2", "1.00"))):
        books().when(command).then_refused(payment.UnknownPayment, payment_id=named("P1"))


# ── corrections ─────────────────────────────────────────────────────────────────


def test_a_correction_is_a_reversal_and_a_new_entry_linked_to_the_old() -> None:
    memory = paid()
    command = correct("P1", record("P2", "1070.00", "FA1"))
    facts = memory.when(command).facts
    assert [type(fact) for fact in facts] == [PaymentReversed, PaymentRecorded]
    assert [fact.payment_id for fact in facts] == [named("P1"), named("P2")]  # type: ignore[attr-defined]
    assert facts[1].replaces == named("P1")  # type: ignore[attr-defined]
    memory.when(command).then_nothing()


@pytest.mark.parametrize("seen_allocated", [True, False])
def test_a_correction_has_the_room_that_the_old_payment_gives_back(*, seen_allocated: bool) -> None:
    memory = paid() if seen_allocated else with_invoice()
    memory.when(record("P1", "1170.00", "FA1"))
    memory.when(correct("P1", record("P2", "1175.01", "FA1"))).then_refused(
        amounts.AmountOverPayable, left_to_pay=euros("1170.00")
    )
    memory.when(correct("P1", record("P2", "1170.00", "FA1"))).only(PaymentRecorded)
    memory.when(record("P3", "1.00", "FA1")).then_refused(amounts.InvoiceIsSettled)
    if seen_allocated:
        old = allocation("A1", item("payment", "P1"), item("document", "FA1"), "1170.00")
        new = allocation("A2", item("payment", "P2"), item("document", "FA1"), "1170.00")
        memory.apply(release(old), new)
        document = memory.row(PayableDocument, named("FA1"))
        assert (document.allocated_cents, document.pending_cents) == (117_000, 0)


def test_what_is_taken_back_already_is_not_corrected() -> None:
    memory = paid()
    memory.when(reverse())
    memory.when(correct("P1", record("P2", "1.00"))).then_refused(taking_back.PaymentIsReversed)
    memory = paid()
    memory.when(take_as_returned())
    memory.when(correct("P1", record("P2", "1.00"))).then_refused(taking_back.PaymentIsReturned)


def test_the_name_of_a_correction_is_its_own() -> None:
    memory = paid()
    other = record("P1", "1070.00", request_sha256="other")
    memory.when(correct("P1", other)).then_refused(payment.PaymentIdTaken)


# ── what the bank shows ─────────────────────────────────────────────────────────

ON_STATEMENT = PaymentBankReconciled(
    payment_id=named("P1"), customer_id=DURAND, statement="CIC 08", reconciled_on=TODAY
)


@pytest.mark.feature("S4-02")
def test_the_way_to_correct_depends_on_the_bank_reconciliation() -> None:
    memory = paid()
    assert actions(memory.row(Payment, named("P1"))) == ["correction", "reversal", "return"]
    memory.apply(ON_STATEMENT)
    assert actions(memory.row(Payment, named("P1"))) == ["reversal", "return"]
    memory.when(correct("P1", record("P2", "1.00"))).then_refused(
        locks.PaymentIsBankReconciled, number="RC2508-0001"
    )
    assert memory.when(reverse()).only(PaymentReversed)
    assert actions(memory.row(Payment, named("P1"))) == []


def test_undoing_the_bank_reconciliation_frees_the_payment() -> None:
    memory = paid().apply(
        ON_STATEMENT,
        BankReconciliationUndone(
            payment_id=named("P1"),
            customer_id=DURAND,
            statement="CIC 08",
            reason="autre ligne",
            undone_on=TODAY,
        ),
    )
    assert memory.when(correct("P1", record("P2", "1.00"))).only(PaymentRecorded)


# ── refunds ─────────────────────────────────────────────────────────────────────


def test_a_refund_is_recorded_once_with_its_defaults() -> None:
    memory = books()
    given = memory.when(give_back("R1", "100.00")).only(RefundRecorded)
    assert (given.amount, given.number) == (-euros("100.00"), "RB2508-0001")
    assert (given.method, given.bank_account, given.payee_name) == ("transfer", "CIC", "Durand")
    assert memory.row(Refund, named("R1")).amount_cents == 10_000
    memory.when(give_back("R1", "100.00")).then_nothing()
    other = give_back("R1", "90.00", request_sha256="other")
    memory.when(other).then_refused(RefundIdTaken, number="RB2508-0001")


def test_refunds_that_cannot_be_are_refused() -> None:
    books().when(give_back("R1", "0.00")).then_refused(amounts.AmountNotPositive)
    nobody = give_back("R1", customer_id=no_one())
    books().when(nobody).then_refused(payment.UnknownCustomer, customer_id=no_one())
    books().when(give_back("R1", bank_account="BNP")).then_refused(UnknownBankAccount)


def test_receipts_and_refunds_count_apart_and_by_month() -> None:
    memory = books()
    for name in ("P1", "P2"):
        memory.when(record(name, "1.00"))
    july = TODAY.replace(month=7)
    numbers = [
        memory.when(record("P3", "1.00")).only(PaymentRecorded).number,
        memory.when(record("P4", "1.00", received_on=july)).only(PaymentRecorded).number,
        memory.when(give_back("R1")).only(RefundRecorded).number,
        memory.when(give_back("R2", refunded_on=july)).only(RefundRecorded).number,
    ]
    assert numbers == ["RC2508-0003", "RC2507-0001", "RB2508-0001", "RB2507-0001"]
