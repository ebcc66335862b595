"""Accounting entries of money: bank or till against the customer's account, balanced.

Pure: movements in, rows of a FEC out. A movement is two lines; what is taken back or
refunded is the opposite two. A transfer debits the account of who pays for another.
Labels are French: an accountant reads them. A movement
dated before the period (it was recorded late) is booked on the period's first day and
keeps its own date as that of its voucher. There may be millions: nothing is made here but
text, and no more is remembered than what the export says of itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from services.payments.domain.accounting import BOOKS_CURRENCY
from services.payments.domain.settings import BankAccount, PaymentMethod
from shared.dates import civil_date, civil_day
from shared.events.payments import LeftOutMovement
from shared.fec import Dialect, amount_text, cleaned, date_text
from shared.money import Money

_WORDS = {
    "payment": "Encaissement",
    "reversal": "Extourne",
    "return": "Impayé",
    "return_fee": "Frais d'impayé",
    "refund": "Remboursement",
    "refund/supplier": "Règlement fournisseur",
    "refund/employee": "Remboursement de note de frais",
    "write_off": "Solde",
    "transfer": "Transfert",
    "discount": "",  # the reason says it
    "bank_fee": "",
    "difference": "",
}
_NO_MONEY = {  # what such an entry books to, beside the customer
    "write_off": "Écarts de règlement",
    "discount": "Escomptes accordés",
    "bank_fee": "Services bancaires",
    "difference": "Écarts de règlement",
}
_ACCOUNT_WORDS = {  # by the first two digits, as the chart of accounts has them
    "40": "Fournisseurs",
    "42": "Personnel",
    "45": "Groupe et associés",
    "46": "Débiteurs et créditeurs divers",
}
_GENERAL = ("OD", "Opérations diverses")  # the journal of what moves no money
_NOTHING = amount_text(0)
_row = Dialect().separator.join
_UNMATCHED = _row(("", ""))
_day = lru_cache(maxsize=4_096)(date_text)


class Moved(NamedTuple):
    """A movement of money with its customer's card, as an export reads them."""

    position: int
    item: str
    kind: str
    moved_on: date
    amount_cents: int
    currency: str
    method: str
    bank_account: str
    voucher: str
    label: str
    reference: str | None
    matching_code: str | None
    matched_on: date | None
    recorded_at: datetime
    counter_account: str | None
    account: str
    auxiliary_account: str | None
    name: str
    role: str
    vat_cents: int = 0
    vat_account: str | None = None
    payer_account: str | None = None  # of a transfer, as of the customer
    payer_auxiliary: str | None = None
    payer_name: str | None = None
    payer_code: str | None = None
    payer_matched_on: date | None = None


@lru_cache(maxsize=4_096)
def _customer_zones(account: str, auxiliary_account: str | None, name: str) -> str:
    auxiliary = (auxiliary_account, name) if auxiliary_account else ("", "")
    return _row(map(cleaned, (account, _ACCOUNT_WORDS.get(account[:2], "Clients"), *auxiliary)))


def _amounts(cents: int) -> str:
    """Return the zones Debit and Credit of what is debited (negative: credited)."""
    amount = amount_text(abs(cents))
    return _row((amount, _NOTHING) if cents > 0 else (_NOTHING, amount))


def _matching(code: str | None, on: date | None) -> str:
    """Return the zones of a matching code and its date, blank without one."""
    return _row((cleaned(code), _day(on))) if code else _UNMATCHED


def _other_side(movement: Moved) -> str:
    """Return the zones of the customer's account, or of the one that is named (a bank's fee)."""
    if movement.counter_account and movement.kind not in _NO_MONEY:
        return _row((cleaned(movement.counter_account), "Services bancaires", "", ""))
    return _customer_zones(movement.account, movement.auxiliary_account, movement.name)


class Entries:
    """Writes the entries of one export in the order they were recorded, and counts them.

    `numbers` is the last number of each accounting journal, from which each goes on; positions
    are 0 as long as nothing moved. What moved in another currency than the books' is left out:
    nobody here knows its rate.
    """

    def __init__(
        self,
        opens_on: date,
        bank_accounts: Iterable[BankAccount],
        methods: Iterable[PaymentMethod],
        numbers: Mapping[str, int],
    ) -> None:
        self.numbers = dict(numbers)
        self.from_position = 0
        self.to_position = 0
        self.count = 0
        self.line_count = 0
        self.moved_cents = 0
        self.left_out: list[LeftOutMovement] = []
        self._opens = date_text(opens_on)
        self._day_begins = self._day_ends = datetime.max.replace(tzinfo=UTC)
        self._recorded = ""
        self._accounts = {
            account.code: (
                account.journal_code,
                _row(map(cleaned, (account.journal_code, account.label))),
                _row((*map(cleaned, (account.account, account.label)), "", "")),
            )
            for account in bank_accounts
        }
        self._methods = {method.code: method.label for method in methods}

    def rows(self, movements: Sequence[Moved]) -> list[str]:
        """Return the lines of each movement, the bank's before the customer's."""
        rows: list[str] = []
        self.from_position = self.from_position or movements[0].position
        self.to_position = movements[-1].position
        for movement in movements:
            if movement.currency == BOOKS_CURRENCY:
                rows += self._entry(movement)
            else:
                self.left_out.append(_left_out(movement))
        return rows

    def _entry(self, movement: Moved) -> list[str]:
        code, journal, bank = self._own_side(movement)
        self.numbers[code] = number = self.numbers.get(code, 0) + 1
        self.count += 1
        self.moved_cents += abs(movement.amount_cents)
        moved = _day(movement.moved_on)
        validated = self._day_of_record(movement.recorded_at)
        own_matching = _matching(movement.payer_code, movement.payer_matched_on)
        matching = _matching(movement.matching_code, movement.matched_on)
        head = _row((journal, str(number), max(moved, self._opens)))
        middle = _row((cleaned(movement.voucher), moved, self._label(movement)))
        tail = _row((validated, "", ""))
        lines = [
            (bank, movement.amount_cents - movement.vat_cents, own_matching),
            (_other_side(movement), -movement.amount_cents, matching),
        ]
        if movement.vat_cents:
            zones = _row((cleaned(movement.vat_account or ""), "TVA collectée", "", ""))
            lines.insert(1, (zones, movement.vat_cents, _UNMATCHED))
        self.line_count += len(lines)
        return [
            _row((head, zones, middle, _amounts(cents), matched, tail))
            for zones, cents, matched in lines
        ]

    def _own_side(self, movement: Moved) -> tuple[str, str, str]:
        """Return journal and account of the line that is not the customer's."""
        if movement.kind == "transfer":
            payer = movement.payer_account or "", movement.payer_auxiliary
            return _GENERAL[0], _row(_GENERAL), _customer_zones(*payer, movement.payer_name or "")
        if movement.kind not in _NO_MONEY:
            return self._accounts[movement.bank_account]
        account = cleaned(movement.counter_account or "")
        return _GENERAL[0], _row(_GENERAL), _row((account, _NO_MONEY[movement.kind], "", ""))

    def _day_of_record(self, recorded_at: datetime) -> str:
        """Return the day of an instant; it is nearly always that of the one before."""
        if not self._day_begins <= recorded_at < self._day_ends:
            self._day_begins, self._day_ends = civil_day(recorded_at)
            self._recorded = date_text(civil_date(recorded_at))
        return self._recorded

    def _label(self, movement: Moved) -> str:
        method = self._methods.get(movement.method, movement.method)
        word = _WORDS.get(f"{movement.kind}/{movement.role}", _WORDS[movement.kind])
        words = (word, method, movement.reference, movement.label)
        return cleaned(" ".join(filter(None, words)))


def _left_out(movement: Moved) -> LeftOutMovement:
    """Return a movement as an export names what it does not book."""
    return LeftOutMovement(
        kind=movement.kind,
        id=UUID(movement.item.partition("/")[2]),
        number=movement.voucher,
        moved_on=movement.moved_on,
        amount=Money(movement.amount_cents, movement.currency),
    )
