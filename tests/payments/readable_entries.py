"""What an export's entries are, said with a `Line` per line: slow to make, and easy to check.

The product writes the same bytes without making lines; `test_export_bytes` holds it to this.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.payments.domain.accounting import Movement
from services.payments.domain.entries import Moved
from services.payments.domain.payable import KnownCustomer
from services.payments.domain.settings import BankAccount, PaymentMethod
from shared.dates import civil_date
from shared.fec import Line

WORDS = {
    "payment": "Encaissement",
    "reversal": "Extourne",
    "return": "Impayé",
    "return_fee": "Frais d'impayé",
    "refund": "Remboursement",
    "write_off": "Solde",
}

PAID = {"supplier": "Règlement fournisseur", "employee": "Remboursement de note de frais"}
ACCOUNTS = {
    "401000": "Fournisseurs",
    "421000": "Personnel",
    "467100": "Débiteurs et créditeurs divers",
}


@dataclass(slots=True)
class Readable:
    """What entries look up, and the last number of each accounting journal."""

    bank_accounts: Mapping[str, BankAccount]
    methods: Mapping[str, PaymentMethod]
    customers: Mapping[UUID, KnownCustomer]
    numbers: dict[str, int]


def moved(movement: Movement, customers: Mapping[UUID, KnownCustomer]) -> Moved:
    """Return a movement with its customer's card, as the database joins them."""
    card = customers[movement.customer_id]
    return Moved._make(
        getattr(movement if hasattr(movement, name) else card, name) for name in Moved._fields
    )


def lines(movements: Sequence[Movement], books: Readable, opens_on: date) -> Iterator[Line]:
    """Return the lines of movements in the order they were recorded; numbers go on per journal."""
    for movement in movements:
        if movement.currency != "EUR":
            continue
        account = books.bank_accounts[movement.bank_account]
        number = books.numbers.get(account.journal_code, 0) + 1
        books.numbers[account.journal_code] = number
        for customer_side in (False, True):
            yield _line(movement, account, books, number, opens_on, customer_side=customer_side)


def _line(
    movement: Movement,
    account: BankAccount,
    books: Readable,
    number: int,
    opens_on: date,
    *,
    customer_side: bool,
) -> Line:
    customer = books.customers[movement.customer_id]
    cents = -movement.amount_cents if customer_side else movement.amount_cents
    coded = customer_side and movement.matching_code
    counter = movement.counter_account if customer_side else None
    auxiliary = (customer_side and not counter and customer.auxiliary_account) or ""
    of_card = (customer.account, ACCOUNTS.get(customer.account, "Clients"))
    other = (counter, "Services bancaires") if counter else of_card
    own = (account.account, account.label)
    return Line(
        number=0,
        journal_code=account.journal_code,
        journal_label=account.label,
        entry_number=str(number),
        booked_on=max(movement.moved_on, opens_on),
        account=(other if customer_side else own)[0],
        account_label=(other if customer_side else own)[1],
        auxiliary=auxiliary,
        auxiliary_label=customer.name if auxiliary else "",
        voucher=movement.voucher,
        voucher_on=movement.moved_on,
        label=_label(movement, books.methods, customer),
        debit_cents=max(cents, 0),
        credit_cents=max(-cents, 0),
        matching_code=movement.matching_code or "" if coded else "",
        matched_on=movement.matched_on if coded else None,
        validated_on=civil_date(movement.recorded_at),
        currency_amount=None,
        currency="",
    )


def _label(movement: Movement, methods: Mapping[str, PaymentMethod], card: KnownCustomer) -> str:
    method = methods.get(movement.method)
    paid = PAID.get(card.role) if movement.kind == "refund" else None
    words = [
        paid or WORDS[movement.kind],
        method.label if method else movement.method,
        movement.reference or "",
        movement.label,
    ]
    return " ".join(word for word in words if word)
