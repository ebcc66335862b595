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
    "transfer": "Transfert",
}
GENERAL = ("OD", "Opérations diverses")

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
    plain = [name for name in Moved._fields if not name.startswith("payer_")]
    said = {name: getattr(movement if hasattr(movement, name) else card, name) for name in plain}
    if payer := customers.get(movement.payer_id or UUID(int=99)):
        said["payer_account"], said["payer_name"] = payer.account, payer.name
        said["payer_auxiliary"] = payer.auxiliary_account
    return Moved(**said)


def lines(movements: Sequence[Movement], books: Readable, opens_on: date) -> Iterator[Line]:
    """Return the lines of movements in the order they were recorded; numbers go on per journal."""
    for movement in movements:
        if movement.currency != "EUR":
            continue
        journal = _journal(movement, books)
        number = books.numbers.get(journal[0], 0) + 1
        books.numbers[journal[0]] = number
        for customer_side in (False, True):
            yield _line(movement, journal, books, number, opens_on, customer_side=customer_side)


def _journal(movement: Movement, books: Readable) -> tuple[str, str]:
    if movement.kind == "transfer":
        return GENERAL
    account = books.bank_accounts[movement.bank_account]
    return account.journal_code, account.label


def _sides(
    movement: Movement, books: Readable, *, customer_side: bool
) -> tuple[str, str, str, str]:
    """Return account, its label, auxiliary and its label of one line."""
    transfer = movement.kind == "transfer"
    if not customer_side and not transfer:
        bank = books.bank_accounts[movement.bank_account]
        return bank.account, bank.label, "", ""
    if customer_side and movement.counter_account:
        return movement.counter_account, "Services bancaires", "", ""
    name = movement.customer_id if customer_side else movement.payer_id
    assert name
    card = books.customers[name]
    auxiliary = card.auxiliary_account or ""
    label = ACCOUNTS.get(card.account, "Clients")
    return card.account, label, auxiliary, card.name if auxiliary else ""


def _line(
    movement: Movement,
    journal: tuple[str, str],
    books: Readable,
    number: int,
    opens_on: date,
    *,
    customer_side: bool,
) -> Line:
    cents = -movement.amount_cents if customer_side else movement.amount_cents
    coded = customer_side and movement.matching_code
    account, label, auxiliary, auxiliary_label = _sides(
        movement, books, customer_side=customer_side
    )
    return Line(
        number=0,
        journal_code=journal[0],
        journal_label=journal[1],
        entry_number=str(number),
        booked_on=max(movement.moved_on, opens_on),
        account=account,
        account_label=label,
        auxiliary=auxiliary,
        auxiliary_label=auxiliary_label,
        voucher=movement.voucher,
        voucher_on=movement.moved_on,
        label=_label(movement, books),
        debit_cents=max(cents, 0),
        credit_cents=max(-cents, 0),
        matching_code=movement.matching_code or "" if coded else "",
        matched_on=movement.matched_on if coded else None,
        validated_on=civil_date(movement.recorded_at),
        currency_amount=None,
        currency="",
    )


def _label(movement: Movement, books: Readable) -> str:
    method = books.methods.get(movement.method)
    paid = (
        PAID.get(books.customers[movement.customer_id].role) if movement.kind == "refund" else None
    )
    words = [
        paid or WORDS[movement.kind],
        method.label if method else movement.method,
        movement.reference or "",
        movement.label,
    ]
    return " ".join(word for word in words if word)
