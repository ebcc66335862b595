"""What each line of a customer account was, told from its counterpart.

The counterpart of a block decides, in this order: opening balances; money, with or without a
sale beside it; a sale; anything else, which is a write-off or an adjustment. Nothing is left
out: whatever can't be told is an adjustment that names the counterpart, because a balance that
is right with a vague reason beats a balance that is wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from cli.takeover.accounts import (
    is_bank_fee,
    is_customer,
    is_difference,
    is_income,
    is_sale,
    is_treasury,
    is_vat,
    reason_of,
)
from cli.takeover.blocks import Block, blocks_of, is_opening_entry, whole
from cli.takeover.documents import documents
from cli.takeover.items import Adjustment, Customer, Document, OpeningBalance, Payment
from cli.takeover.money import Movement, banks_for, payment
from shared.fec import Entry, Line
from shared.fec.entries import balance


@dataclass(frozen=True, slots=True)
class Sorted:
    """The items found so far; debits against money wait until all payments are known."""

    opening_balances: list[OpeningBalance] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    given_back: list[Movement] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)


class Sorter:
    """Sorts the lines of entries into items."""

    def __init__(
        self,
        *,
        keys: Mapping[int, str],
        customers: Mapping[int, Customer],
        sales_journals: AbstractSet[str],
    ) -> None:
        """Remember the key and the customer of each line, and which journals hold sales."""
        self.keys = keys
        self.customers = customers
        self.sales_journals = sales_journals
        self.found = Sorted()

    def sort(self, entry: Entry) -> None:
        """Sort one entry that has lines of customers whose amount isn't zero."""
        if is_opening_entry(entry):
            self._open(whole(entry).customers)
            return
        for block in blocks_of(entry):
            if block.treasury:
                self._sort_money(block)
            elif self._is_sale(block) and balance(block.customers) != 0:
                self._sell(block.customers, block.others)
            else:
                self._adjust(block, block.customers)

    def _is_sale(self, block: Block) -> bool:
        """Tell whether a block without money is a sale.

        It is one with an invoiced income; with VAT and something it is the VAT of, but for
        VAT given back on a lost debt; or with any income in a journal that is kept for sales.
        """
        bases = [line for line in block.others if not is_vat(line.account)]
        return (
            block.has_sale
            or (block.has_vat and any(not is_difference(line.account) for line in bases))
            or (
                block.entry.journal_code in self.sales_journals
                and any(is_income(line.account) for line in bases)
            )
        )

    def _open(self, lines: Sequence[Line]) -> None:
        """Take lines over as opening balances."""
        self.found.opening_balances.extend(
            OpeningBalance(
                key=self.keys[line.number],
                customer=self.customers[line.number].key,
                side="debit" if line.cents > 0 else "credit",
                amount_cents=abs(line.cents),
                booked_on=line.booked_on,
                issued_on=line.voucher_on or line.booked_on,
                reference=line.voucher,
                label=line.label,
                lines=(line.number,),
            )
            for line in lines
        )

    def _sell(self, customers: Sequence[Line], sale_lines: Sequence[Line]) -> None:
        """Take lines over as documents of one sale."""
        names = {line.number: self.customers[line.number].key for line in customers}
        self.found.documents.extend(documents(customers, sale_lines, keys=self.keys, names=names))

    def _sort_money(self, block: Block) -> None:
        """Sort a block that moved money, and may hold a sale beside it.

        Beside money, a customer debited by a sale was invoiced their share of it (a till's
        daily entry with some customers on account); a customer credited has paid.
        """
        customers = list(block.customers)
        sale = [line for line in block.others if is_sale(line.account) or is_vat(line.account)]
        sold = balance(sale) if block.has_sale else 0
        if sold:
            self._sell([line for line in customers if line.cents * sold < 0], sale)
            customers = [line for line in customers if line.cents * sold > 0]
        elif len(customers) == 1 and self._is_one_settlement(block):
            self._settle(block)
            return
        banks = banks_for(customers, block.treasury)
        for line in customers:
            if line.number in banks:
                self._move(line, banks[line.number], line.cents, self.keys[line.number])
            else:
                self._adjust(block, [line])

    def _is_one_settlement(self, block: Block) -> bool:
        """Tell whether money, differences, fees and VAT are all that faces the customer."""
        return all(
            is_treasury(line.account)
            or is_difference(line.account)
            or is_bank_fee(line.account)
            or is_vat(line.account)
            for line in block.others
        )

    def _settle(self, block: Block) -> None:
        """Split one customer's line into the money of each account and what was given up.

        Fees go with the largest movement, VAT with the first difference. The parts add up to
        the line; a part beside another has its account at the end of its key.
        """
        (line,) = block.customers
        parts = _parts(block)
        for account, cents in parts.items():
            key = (
                self.keys[line.number] if len(parts) == 1 else f"{self.keys[line.number]}#{account}"
            )
            counterpart = next(one for one in block.others if one.account == account)
            if is_treasury(account):
                self._move(line, counterpart, cents, key)
            else:
                self.found.adjustments.append(self._adjustment(line, counterpart, cents, key))

    def _move(self, line: Line, bank: Line, cents: int, key: str) -> None:
        """Take part of a line over as money received, or keep it as money given back."""
        movement = Movement(
            key=key, customer=self.customers[line.number], line=line, bank=bank, cents=cents
        )
        if cents < 0:
            self.found.payments.append(payment(movement))
        else:
            self.found.given_back.append(movement)

    def _adjust(self, block: Block, lines: Sequence[Line]) -> None:
        """Take lines over as adjustments against their main counterpart."""
        facing = {sign: _main_counterpart(block, sign) for sign in {_sign(line) for line in lines}}
        for line in lines:
            key = self.keys[line.number]
            counterpart = facing[_sign(line)]
            self.found.adjustments.append(self._adjustment(line, counterpart, line.cents, key))

    def _adjustment(self, line: Line, counterpart: Line, cents: int, key: str) -> Adjustment:
        """Return a debit or credit of a customer against an account."""
        return Adjustment(
            key=key,
            customer=self.customers[line.number].key,
            side="debit" if cents > 0 else "credit",
            amount_cents=abs(cents),
            booked_on=line.booked_on,
            reason=reason_of(counterpart.account),
            account=counterpart.account,
            account_label=counterpart.auxiliary_label or counterpart.account_label,
            reference=line.voucher,
            label=line.label,
            lines=(line.number,),
        )


def _parts(block: Block) -> dict[str, int]:
    """Return how much of a customer's line faces each account, as on the customer's account."""
    parts: dict[str, int] = {}
    folded: dict[bool, int] = {True: 0, False: 0}
    for line in block.others:
        if is_treasury(line.account) or is_difference(line.account):
            parts[line.account] = parts.get(line.account, 0) - line.cents
        else:
            folded[is_vat(line.account)] -= line.cents
    differences = [account for account in parts if is_difference(account)]
    largest = max(filter(is_treasury, parts), key=lambda account: abs(parts[account]))
    parts[differences[0] if differences else largest] += folded[True]
    parts[largest] += folded[False]
    return {account: cents for account, cents in parts.items() if cents}


def _sign(line: Line) -> int:
    """Return 1 for a debit and -1 for a credit."""
    return 1 if line.cents > 0 else -1


def _main_counterpart(block: Block, sign: int) -> Line:
    """Return the largest line facing lines of this sign: VAT last, another customer if need be.

    There always is one, since a block balances.
    """
    facing = [line for line in (*block.others, *block.customers) if line.cents * sign < 0]
    return max(
        facing,
        key=lambda line: (not is_customer(line.account), not is_vat(line.account), abs(line.cents)),
    )


def sales_journals(entries: Iterator[Entry] | Sequence[Entry]) -> frozenset[str]:
    """Return the journals in which a customer is debited by an invoiced income, without money."""
    found: set[str] = set()
    for entry in entries:
        if entry.journal_code not in found and any(
            block.has_sale and not block.treasury for block in blocks_of(entry)
        ):
            found.add(entry.journal_code)
    return frozenset(found)
