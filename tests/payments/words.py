"""Payments' commands in the words of a test: what is not named has its plainest value."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.payments.domain.applied import Applied
from services.payments.domain.configuring import (
    ConfigureBankAccount,
    ConfigureMethod,
    ConfigurePolicy,
)
from services.payments.domain.confirming import KEEP_AS_CREDIT
from services.payments.domain.recording import RecordPayment
from services.payments.domain.refund import RecordRefund
from services.payments.domain.taking_back import CorrectPayment, ReturnPayment, ReversePayment
from services.payments.service import SERVICE
from shared.events import Event
from shared.money import Money
from tests.facts import DURAND, TODAY, bank_account, customer, document, euros, named
from tests.given import Memory, given

CREDIT = (KEEP_AS_CREDIT,)
OPEN = (customer(), bank_account())


def books(*facts: Event) -> Memory:
    """Return payments' rows: the customer Durand, the bank account CIC, and these facts."""
    return given(SERVICE.projection, *OPEN, *facts)


def with_invoice(total: str = "1170.00", **fields: Any) -> Memory:
    """Return payments' rows with one open invoice, FA1."""
    return books(document("FA1", total, **fields))


def record(
    name: str = "P1",
    amount: str | None = None,
    *targets: str,
    applied: Mapping[str, str | None] | None = None,
    **fields: Any,
) -> RecordPayment:
    """Return the command that records a payment for documents by name."""
    parts: Mapping[str, str | None] = applied or dict.fromkeys(targets)
    known: dict[str, Any] = {
        "customer_id": DURAND,
        "currency": "EUR",
        "method": None,
        "bank_account": None,
        "received_on": None,
        "payer_name": None,
        "reference": None,
        "customer_bank": None,
        "note": None,
        "replaces": None,
        "request_sha256": f"asked {name}",
        "today": TODAY,
    }
    return RecordPayment(
        payment_id=named(name),
        amount=euros(amount) if amount else None,
        applies_to=[Applied(named(t), euros(part) if part else None) for t, part in parts.items()],
        **(known | fields),
    )


def reverse(name: str = "P1", **fields: Any) -> ReversePayment:
    """Return the command that reverses a payment."""
    known: dict[str, Any] = {"reason": "saisi deux fois", "reversed_on": None, "today": TODAY}
    return ReversePayment(payment_id=named(name), **(known | fields))


def take_as_returned(name: str = "P1", **fields: Any) -> ReturnPayment:
    """Return the command that says the bank returned a payment."""
    known: dict[str, Any] = {"reason": "sans provision", "returned_on": None, "today": TODAY}
    return ReturnPayment(payment_id=named(name), **(known | fields))


def correct(name: str, by: RecordPayment) -> CorrectPayment:
    """Return the command that replaces a payment by another."""
    return CorrectPayment(payment_id=named(name), reason="faute de frappe", on=TODAY, payment=by)


def give_back(name: str = "R1", amount: str = "100.00", **fields: Any) -> RecordRefund:
    """Return the command that records a refund."""
    known: dict[str, Any] = {
        "customer_id": DURAND,
        "method": None,
        "bank_account": None,
        "refunded_on": None,
        "payee_name": None,
        "reference": None,
        "note": None,
        "refunds": (),
        "request_sha256": f"asked {name}",
        "today": TODAY,
    }
    return RecordRefund(refund_id=named(name), amount=euros(amount), **(known | fields))


def method(code: str, **fields: Any) -> ConfigureMethod:
    """Return the command that configures a payment method."""
    known: dict[str, Any] = {
        "label": code.title(),
        "untdid_4461": "30",
        "active": True,
        "default": False,
        "needs_number": False,
        "depositable": True,
        "digital": False,
    }
    return ConfigureMethod(code=code, **(known | fields))


def account(code: str, **fields: Any) -> ConfigureBankAccount:
    """Return the command that configures one of our bank accounts."""
    known: dict[str, Any] = {
        "label": code,
        "account": "512",
        "journal_code": code,
        "iban": None,
        "active": True,
        "default": False,
    }
    return ConfigureBankAccount(code=code, **(known | fields))


def policy(tolerance: str = "5.00", currency: str = "EUR", **fields: Any) -> ConfigurePolicy:
    """Return the command that sets the ledger's policy."""
    known: dict[str, Any] = {
        "receipt_template": "RC{yy}{mm}-{n:4}",
        "refund_template": "RB{yy}{mm}-{n:4}",
        "customer_banks": (),
        "over_payable": "confirm",
        "prepayment_method_default": False,
    }
    return ConfigurePolicy(tolerance=Money.parse(tolerance, currency), **(known | fields))


def no_one() -> UUID:
    """Return an id that names nothing."""
    return named("nobody")
