"""An entry cut into the operations it holds.

Some software puts a whole day or month under one number. Wherever the running balance of the
lines comes back to zero, one operation ends and the next may begin; an operation that can't be
cut further keeps all its lines. A block whose counterpart is opening balances is never cut.
"""

from collections.abc import Iterator
from typing import NamedTuple

from cli.takeover.accounts import (
    is_capital,
    is_customer,
    is_opening,
    is_result,
    is_sale,
    is_treasury,
    is_vat,
)
from cli.takeover.words import is_opening_journal, says_opening
from shared.fec import Entry, Line


class Block(NamedTuple):
    """Lines that balance and hold at least one line of a customer account."""

    entry: Entry
    customers: tuple[Line, ...]
    """Lines of customer accounts whose amount isn't zero."""
    others: tuple[Line, ...]
    """The counterpart; lines of zero are left out."""

    @property
    def treasury(self) -> tuple[Line, ...]:
        """The lines that say where money went in or out."""
        return tuple(line for line in self.others if is_treasury(line.account))

    @property
    def has_sale(self) -> bool:
        """Tell whether an income that is invoiced is among the counterpart."""
        return any(is_sale(line.account) for line in self.others)

    @property
    def has_vat(self) -> bool:
        """Tell whether VAT on sales is among the counterpart."""
        return any(is_vat(line.account) for line in self.others)


def blocks_of(entry: Entry) -> Iterator[Block]:
    """Cut an entry wherever its running balance is zero; keep the parts about customers."""
    running = 0
    part: list[Line] = []
    for line in entry.lines:
        if not line.cents:
            continue
        part.append(line)
        running += line.cents
        if running == 0:
            yield from _about_customers(entry, part)
            part = []


def whole(entry: Entry) -> Block:
    """Return an entry as one block."""
    (block,) = _about_customers(entry, [line for line in entry.lines if line.cents])
    return block


def _about_customers(entry: Entry, lines: list[Line]) -> Iterator[Block]:
    """Return the block of these lines, if one of them is a customer's."""
    customers = tuple(line for line in lines if is_customer(line.account))
    if customers:
        others = tuple(line for line in lines if not is_customer(line.account))
        yield Block(entry, customers, others)


def is_opening_entry(entry: Entry) -> bool:
    """Tell whether an entry brings balances forward (à-nouveaux).

    It never touches the income statement; and its journal is kept for that, or it uses an
    account of class 89, or it uses capital (class 1) and its customer lines say so.
    """
    if any(is_result(line.account) for line in entry.lines):
        return False
    first = entry.lines[0]
    return (
        is_opening_journal(first.journal_code, first.journal_label)
        or any(is_opening(line.account) for line in entry.lines)
        or (
            any(is_capital(line.account) for line in entry.lines)
            and all(says_opening(line.label) for line in entry.lines if is_customer(line.account))
        )
    )
