"""Accounting entries of money: bank or till against the customer's account, balanced.

Pure: movements in, FEC lines out. A movement is two lines; what is taken back or
refunded is the opposite two. Labels are French: an accountant reads them. A movement
dated before the period (it was recorded late) is booked on the period's first day and
keeps its own date as that of its voucher.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.payments.domain.accounting import Movement
from services.payments.domain.payable import KnownCustomer
from services.payments.domain.settings import BankAccount, PaymentMethod
from shared.dates import civil_date
from shared.fec import Line

_WORDS = {
    "payment": "Encaissement",
    "reversal": "Extourne",
    "return": "Impayé",
    "return_fee": "Frais d'impayé",
    "refund": "Remboursement",
}


@dataclass(slots=True)
class Books:
    """What an export looks up while it writes, and the last number of each journal."""

    bank_accounts: Mapping[str, BankAccount]
    methods: Mapping[str, PaymentMethod]
    customers: Mapping[UUID, KnownCustomer]
    numbers: dict[str, int]


def lines(movements: Sequence[Movement], books: Books, opens_on: date) -> Iterator[Line]:
    """Write the lines of movements in the order they were recorded; numbers go on per journal."""
    for movement in movements:
        account = books.bank_accounts[movement.bank_account]
        number = books.numbers.get(account.journal_code, 0) + 1
        books.numbers[account.journal_code] = number
        yield from _entry(movement, account, books, number, opens_on)


def _entry(
    movement: Movement, account: BankAccount, books: Books, number: int, opens_on: date
) -> Iterator[Line]:
    other = _other_side(movement, books.customers[movement.customer_id])
    received = max(movement.amount_cents, 0), max(-movement.amount_cents, 0)
    validated_on = civil_date(movement.recorded_at)
    label = _label(movement, books.methods)

    def line(debit: int, credit: int, *, customer_side: bool) -> Line:
        coded = customer_side and movement.matching_code
        return Line(
            number=0,
            journal_code=account.journal_code,
            journal_label=account.label,
            entry_number=str(number),
            booked_on=max(movement.moved_on, opens_on),
            account=other.account if customer_side else account.account,
            account_label=other.label if customer_side else account.label,
            auxiliary=other.auxiliary if customer_side else "",
            auxiliary_label=other.auxiliary_label if customer_side else "",
            voucher=movement.voucher,
            voucher_on=movement.moved_on,
            label=label,
            debit_cents=debit,
            credit_cents=credit,
            matching_code=movement.matching_code or "" if coded else "",
            matched_on=movement.matched_on if coded else None,
            validated_on=validated_on,
            currency_amount=None,
            currency="",
        )

    yield line(*received, customer_side=False)
    yield line(received[1], received[0], customer_side=True)


class _Side(NamedTuple):
    """The account that stands against the bank's in an entry."""

    account: str
    label: str
    auxiliary: str = ""
    auxiliary_label: str = ""


def _other_side(movement: Movement, customer: KnownCustomer) -> _Side:
    """Return the customer's account, or the one that the movement names (a bank's fee)."""
    if movement.counter_account:
        return _Side(movement.counter_account, "Services bancaires")
    if customer.auxiliary_account:
        return _Side(customer.account, "Clients", customer.auxiliary_account, customer.name)
    return _Side(customer.account, "Clients")


def _label(movement: Movement, methods: Mapping[str, PaymentMethod]) -> str:
    method = methods.get(movement.method)
    words = [
        _WORDS[movement.kind],
        method.label if method else movement.method,
        movement.reference or "",
        movement.label,
    ]
    return " ".join(word for word in words if word)
