"""What is accepted as a payment, with which defaults, and what is refused at once."""

from datetime import timedelta
from typing import Any

import pytest

from services.payments.domain import amounts, payment
from services.payments.domain.payment import Payment
from services.payments.domain.settings import UnknownBankAccount, UnknownMethod
from shared.errors import Refusal
from shared.events.payments import PaymentRecorded
from tests.facts import (
    DURAND,
    MARTIN,
    TODAY,
    allocation,
    bank_account,
    customer,
    document,
    euros,
    item,
    named,
    release,
    shortfall,
)
from tests.payments.words import (
    CREDIT,
    account,
    books,
    method,
    no_one,
    policy,
    record,
    with_invoice,
)

TOMORROW = TODAY + timedelta(days=1)


def test_what_is_left_out_gets_its_default() -> None:
    paid = with_invoice().when(record("P1", None, "FA1")).only(PaymentRecorded)
    assert paid.amount == euros("1170.00")
    assert (paid.method, paid.bank_account, paid.payer_name) == ("transfer", "CIC", "Durand")
    assert (paid.received_on, paid.number) == (TODAY, "RC2508-0001")
    assert [part.amount for part in paid.applies_to] == [euros("1170.00")]


def test_what_is_given_is_kept() -> None:
    given = record(
        "P1",
        "100.00",
        method="cheque",
        bank_account="CIC",
        received_on=TODAY - timedelta(days=12),
        payer_name="SARL Martin",
        reference="0001234",
        customer_bank="BNP Paribas",
        note="remis en main propre",
        replaces=named("P0"),
    )
    paid = books().when(given).only(PaymentRecorded)
    for name in ("method", "received_on", "payer_name", "reference", "customer_bank", "note"):
        assert getattr(paid, name) == getattr(given, name)
    assert (paid.replaces, paid.customer_id) == (named("P0"), DURAND)


def test_the_entry_carries_the_seal_of_the_file_it_pays() -> None:
    paid = with_invoice(file_sha256="a" * 64).when(record("P1", None, "FA1")).only(PaymentRecorded)
    assert [part.file_sha256 for part in paid.applies_to] == ["a" * 64]
    assert [part.document_number for part in paid.applies_to] == ["FA1"]


def test_the_customer_follows_from_the_document() -> None:
    paid = with_invoice().when(record("P1", None, "FA1", customer_id=None)).only(PaymentRecorded)
    assert paid.customer_id == DURAND


def test_the_same_request_again_changes_nothing_and_another_is_refused() -> None:
    memory = with_invoice()
    memory.when(record("P1", "100.00", "FA1"))
    memory.when(record("P1", "100.00", "FA1")).then_nothing()
    memory.when(record("P1", "90.00", "FA1", request_sha256="other")).then_refused(
        payment.PaymentIdTaken, payment_id=named("P1"), number="RC2508-0001"
    )


@pytest.mark.parametrize(
    ("wrong", "kind", "facts"),
    [
        ({"method": "barter"}, UnknownMethod, {"method": "barter"}),
        ({"bank_account": "BNP"}, UnknownBankAccount, {"bank_account": "BNP", "known": ["CIC"]}),
        ({"customer_id": None}, payment.CustomerMissing, {}),
        ({"customer_id": no_one()}, payment.UnknownCustomer, {"customer_id": no_one()}),
        ({"received_on": TOMORROW}, payment.ReceivedInFuture, {"today": TODAY}),
    ],
)
def test_a_payment_without_document_is_refused(
    wrong: dict[str, Any], kind: type[Refusal], facts: dict[str, Any]
) -> None:
    books().when(record("P1", "100.00", **wrong)).then_refused(kind, **facts)


def test_only_a_cheque_may_bear_a_later_date() -> None:
    paid = books().when(record("P1", "100.00", method="cheque", received_on=TOMORROW))
    assert paid.only(PaymentRecorded).received_on == TOMORROW


def test_an_amount_is_needed_where_none_follows() -> None:
    books().when(record("P1")).then_refused(amounts.AmountMissing)
    books().when(record("P1", "0.00")).then_refused(amounts.AmountNotPositive, amount=euros("0.00"))
    with_invoice().when(record("P1", "0.00", "FA1")).then_refused(amounts.AmountNotPositive)
    as_credit = record("P1", None, "FA1", confirm=CREDIT)
    memory = with_invoice("10.00")
    memory.when(record("P0", None, "FA1"))
    memory.when(as_credit).then_refused(amounts.AmountMissing)


# ── documents ───────────────────────────────────────────────────────────────────


def test_documents_that_cannot_be_paid_are_refused() -> None:
    unknown = record("P1", "100.00", "FA1")
    books().when(unknown).then_refused(payment.UnknownDocument, document_id=named("FA1"))
    note = with_invoice(kind="credit_note")
    note.when(record("P1", "100.00", "FA1")).then_refused(payment.DocumentNotPayable, number="FA1")
    with_invoice().when(record("P1", None, "FA1", currency="CHF")).then_refused(
        payment.CurrencyDiffers, document="EUR", payment="CHF"
    )
    other = books(customer(MARTIN), document("FA1", customer_id=MARTIN))
    other.when(record("P1", "100.00", "FA1")).then_refused(
        payment.DocumentOfAnotherCustomer, document_id=named("FA1")
    )


def test_a_document_known_from_reconciliation_alone_is_not_known_yet() -> None:
    early = books(allocation("A1", item("document", "AV1"), item("document", "FA1"), "10.00"))
    early.when(record("P1", "10.00", "FA1")).then_refused(payment.UnknownDocument)


@pytest.mark.parametrize(
    ("amount", "accepted"), [("1170.00", True), ("1175.00", True), ("1175.01", False)]
)
def test_five_euros_more_are_tolerated_and_no_cent_beyond(amount: str, *, accepted: bool) -> None:
    done = with_invoice().when(record("P1", amount, "FA1"))
    if accepted:
        assert done.only(PaymentRecorded).amount == euros(amount)
    else:
        done.then_refused(
            amounts.AmountOverPayable,
            amount=euros(amount),
            left_to_pay=euros("1170.00"),
            maximum=euros("1175.00"),
        )


def test_the_tolerance_is_the_ledgers_own_and_in_its_currency() -> None:
    memory = with_invoice()
    memory.when(policy("0.00"))
    memory.when(record("P1", "1170.01", "FA1")).then_refused(
        amounts.AmountOverPayable, maximum=euros("1170.00")
    )
    swiss = with_invoice()
    swiss.when(policy("5.00", "CHF"))
    swiss.when(record("P1", "1170.01", "FA1")).then_refused(amounts.AmountOverPayable)


def test_a_settled_invoice_takes_no_more() -> None:
    memory = with_invoice()
    memory.when(record("P1", None, "FA1"))
    for amount in (None, "1.00"):
        memory.when(record("P2", amount, "FA1")).then_refused(
            amounts.InvoiceIsSettled, number="FA1"
        )


def test_what_was_just_accepted_counts_before_it_is_seen_allocated() -> None:
    memory = with_invoice()
    memory.when(record("P1", "1000.00", "FA1"))
    memory.when(record("P2", "200.00", "FA1")).then_refused(
        amounts.AmountOverPayable, left_to_pay=euros("170.00"), maximum=euros("175.00")
    )
    made = allocation("A1", item("payment", "P1"), item("document", "FA1"), "1000.00")
    memory.apply(made)
    assert memory.row(Payment, named("P1")).allocated_cents == 100_000
    memory.when(record("P2", "200.00", "FA1")).then_refused(
        amounts.AmountOverPayable, left_to_pay=euros("170.00")
    )
    memory.apply(release(made))
    assert memory.when(record("P2", "200.00", "FA1")).only(PaymentRecorded)


def test_what_did_not_fit_is_not_waited_for() -> None:
    memory = with_invoice()
    memory.when(record("P1", "1175.00", "FA1"))
    made = allocation("A1", item("payment", "P1"), item("document", "FA1"), "1170.00")
    memory.apply(made, shortfall("P1", "FA1", "1175.00", "1170.00"), release(made))
    paid = memory.when(record("P2", None, "FA1")).only(PaymentRecorded)
    assert paid.amount == euros("1170.00")


# ── several documents ───────────────────────────────────────────────────────────


def test_one_payment_fills_several_documents_in_the_order_given() -> None:
    memory = books(document("FA1", "100.00"), document("FA2", "50.00"))
    paid = memory.when(record("P1", "120.00", "FA1", "FA2")).only(PaymentRecorded)
    assert [str(part.amount) for part in paid.applies_to] == ["100.00", "20.00"]


def test_a_part_given_for_a_document_is_kept_and_the_rest_stays_available() -> None:
    memory = books(document("FA1", "100.00"), document("FA2", "50.00"))
    parts = {"FA1": "60.00", "FA2": "50.00"}
    memory.when(record("P1", "150.00", applied=parts)).then_refused(
        amounts.RemainderNotApplied, remainder=euros("40.00"), confirm=["keep-as-credit"]
    )
    kept = record("P1", "150.00", applied=parts, confirm=CREDIT)
    paid = memory.when(kept).only(PaymentRecorded)
    assert [str(part.amount) for part in paid.applies_to] == ["60.00", "50.00"]
    without_amount = record("P2", None, applied={"FA1": "10.00"})
    assert memory.when(without_amount).only(PaymentRecorded).amount == euros("10.00")


def test_parts_beyond_the_amount_and_settled_documents_among_others_are_refused() -> None:
    memory = books(document("FA1", "100.00"), document("FA2", "50.00"))
    parts = {"FA1": "60.00", "FA2": "50.00"}
    memory.when(record("P1", "100.00", applied=parts)).then_refused(amounts.AppliedOverAmount)
    memory.when(record("P1", "60.00", "FA1", "FA2")).then_refused(
        amounts.AmountNotPositive, number="FA2"
    )
    memory.when(record("P1", None, "FA1"))
    memory.when(record("P2", None, "FA1", "FA2")).then_refused(
        amounts.InvoiceIsSettled, number="FA1"
    )


# ── kept as credit ──────────────────────────────────────────────────────────────


def test_what_is_not_due_is_kept_when_that_is_confirmed() -> None:
    memory = with_invoice("100.00")
    for name, amount in (("P1", "300.00"), ("P2", "10.00")):
        paid = memory.when(record(name, amount, "FA1", confirm=CREDIT)).only(PaymentRecorded)
        assert [part.amount for part in paid.applies_to] == [euros(amount)]


def test_a_document_that_is_not_validated_yet_takes_a_prepayment() -> None:
    kept = record("P1", "50.00", "DEVIS", confirm=CREDIT, method="cash")
    paid = books().when(kept).only(PaymentRecorded)
    assert [(p.document_id, p.document_number) for p in paid.applies_to] == [(named("DEVIS"), "")]
    nobody = record("P1", "50.00", "DEVIS", confirm=CREDIT, customer_id=None, method="cash")
    books().when(nobody).then_refused(payment.CustomerMissing)


def test_a_credit_note_takes_a_receipt_as_credit() -> None:
    memory = with_invoice(kind="credit_note")
    kept = record("P1", "50.00", "FA1", confirm=CREDIT, method="cash")
    assert memory.when(kept).only(PaymentRecorded)


# ── what a ledger configures ────────────────────────────────────────────────────


def test_a_method_must_be_active_and_a_default_must_be_there() -> None:
    memory = books()
    memory.when(method("transfer", active=False))
    memory.when(record("P1", "1.00", method="transfer")).then_refused(
        UnknownMethod, known=["card", "cash", "cheque", "direct-debit", "sepa-transfer"]
    )
    memory.when(record("P1", "1.00")).then_refused(UnknownMethod, method="none, and no default")


def test_a_bank_account_must_be_active_and_one_of_several_the_default() -> None:
    memory = books(bank_account("BNP"))
    memory.when(record("P1", "1.00")).then_refused(
        UnknownBankAccount, bank_account="none, and no default", known=["BNP", "CIC"]
    )
    memory.when(account("BNP", default=True))
    assert memory.when(record("P1", "1.00")).only(PaymentRecorded).bank_account == "BNP"
    memory.when(account("CIC", active=False))
    memory.when(record("P2", "1.00", bank_account="CIC")).then_refused(UnknownBankAccount)


def test_a_customers_bank_is_chosen_from_the_list_where_there_is_one() -> None:
    memory = books()
    memory.when(policy(customer_banks=("BNP Paribas", "CIC")))
    memory.when(record("P1", "1.00", customer_bank="Banque inconnue")).then_refused(
        payment.UnknownCustomerBank, known=["BNP Paribas", "CIC"]
    )
    for name, bank in (("P1", "CIC"), ("P2", None)):
        assert memory.when(record(name, "1.00", customer_bank=bank)).only(PaymentRecorded)
