"""One row of a FEC made into a line, quickly, or into the list of all that is wrong with it.

The quick way reads a block of rows column by column, and looks each zone up in a table of the
zones already read, because files repeat themselves; it stops at the first fault. The careful
way is taken for a row that failed, and looks at every zone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import repeat
from operator import itemgetter, mul
from typing import Generic, TypeVar

from shared.fec.columns import AMOUNT_SIDE, TREASURY, Layout
from shared.fec.model import FecError, Line, Treasury
from shared.fec.values import (
    BadValue,
    account_number,
    calendar_date,
    cents,
    currency_amount,
    optional_date,
    required_text,
)

Value = TypeVar("Value")
Reader = Callable[[str], object]

_SIDES = {"D": 1, "C": -1, "+1": 1, "1": 1, "-1": -1}
_ONE_SIDE_EXPECTED = "a debit or a credit, not both"


def side(zone: str) -> int:
    """Read a Sens: 1 for a debit, -1 for a credit.

    >>> side("D"), side("-1")
    (1, -1)
    """
    found = _SIDES.get(zone.strip().upper())
    if found is None:
        raise BadValue("D or C, or +1 or -1")
    return found


class Zones(dict[str, Value], Generic[Value]):
    """Zones already read, by their text; a new one is parsed, or refused with `BadValue`."""

    __slots__ = ("parse",)

    def __init__(self, parse: Callable[[str], Value]) -> None:
        """Remember how to read a zone not met yet."""
        super().__init__()
        self.parse = parse

    def __missing__(self, zone: str) -> Value:
        value = self[zone] = self.parse(zone)
        return value


@dataclass(frozen=True, slots=True)
class Memory:
    """What has been read so far of one file, per type of zone."""

    texts: Zones[str] = field(default_factory=lambda: Zones(str.strip))
    required: Zones[str] = field(default_factory=lambda: Zones(required_text))
    accounts: Zones[str] = field(default_factory=lambda: Zones(account_number))
    dates: Zones[date] = field(default_factory=lambda: Zones(calendar_date))
    optional_dates: Zones[date | None] = field(default_factory=lambda: Zones(optional_date))
    amounts: Zones[int] = field(default_factory=lambda: Zones(cents))
    sides: Zones[int] = field(default_factory=lambda: Zones(side))
    currency_amounts: Zones[Decimal | None] = field(default_factory=lambda: Zones(currency_amount))


_PARSERS: dict[str, Callable[[str], object]] = {
    "JournalCode": required_text,
    "EcritureNum": required_text,
    "EcritureDate": calendar_date,
    "CompteNum": account_number,
    "PieceDate": optional_date,
    "Debit": cents,
    "Credit": cents,
    "Montant": cents,
    "Sens": side,
    "DateLet": optional_date,
    "ValidDate": optional_date,
    "Montantdevise": currency_amount,
    "DateRglt": optional_date,
}


class Rows:
    """The rows of one file: how to read them, given where its columns stand."""

    def __init__(self, layout: Layout) -> None:
        """Prepare to read rows laid out so."""
        self.layout = layout
        self.memory = Memory()
        self._pick = itemgetter(*layout.positions)
        memory = self.memory
        self._before: tuple[Reader, ...] = (
            memory.required.__getitem__,
            memory.texts.__getitem__,
            memory.required.__getitem__,
            memory.dates.__getitem__,
            memory.accounts.__getitem__,
            memory.texts.__getitem__,
            memory.texts.__getitem__,
            memory.texts.__getitem__,
            str.strip,  # vouchers and labels hardly repeat: remembering them costs more
            memory.optional_dates.__getitem__,
            str.strip,
        )
        self._after: tuple[Reader, ...] = (
            memory.texts.__getitem__,
            memory.optional_dates.__getitem__,
            memory.optional_dates.__getitem__,
            memory.currency_amounts.__getitem__,
            memory.texts.__getitem__,
        )

    def lines(self, rows: Sequence[str], numbers: Sequence[int]) -> list[Line]:
        """Read a block of rows column by column; raise `BadValue` at the first fault.

        Whoever catches it reads the rows one by one, and asks `faults` about the bad ones.
        """
        separator, width = self.layout.separator, self.layout.width
        table = [row.split(separator) for row in rows]
        table = [
            fields if len(fields) == width else self._without_trailing_blanks(fields)
            for fields in table
        ]
        columns = list(zip(*table, strict=True))
        picked = self._pick(columns)
        before, after = picked[: len(self._before)], picked[-len(self._after) :]
        amounts = picked[len(self._before) : -len(self._after)]
        values = (
            numbers,
            *(map(reader, column) for reader, column in zip(self._before, before, strict=True)),
            *self._amounts(*amounts),
            *(map(reader, column) for reader, column in zip(self._after, after, strict=True)),
            self._treasury(columns, len(rows)),
        )
        return list(map(Line._make, zip(*values, strict=True)))

    def _amounts(
        self, first: Sequence[str], second: Sequence[str]
    ) -> tuple[Sequence[int], Sequence[int]]:
        """Return debits and credits in cents, from either pair of columns."""
        amounts = self.memory.amounts
        if not self.layout.has_sides:
            debits = [amounts[zone] for zone in first]
            credits_ = [amounts[zone] for zone in second]
            if any(map(mul, debits, credits_)):
                raise BadValue(_ONE_SIDE_EXPECTED)
            return debits, credits_
        signed = [
            (amount, self.memory.sides[zone] if amount or zone.strip() else 1)
            for amount, zone in zip((amounts[zone] for zone in first), second, strict=True)
        ]
        return (
            [amount if sign > 0 else 0 for amount, sign in signed],
            [amount if sign < 0 else 0 for amount, sign in signed],
        )

    def _treasury(self, columns: Sequence[Sequence[str]], count: int) -> Iterable[Treasury | None]:
        """Read columns 19 to 22, as many of them as the file has."""
        if self.layout.treasury is None:
            return repeat(None, count)
        blank = ("",) * count
        settled_on, method, nature, customer = (
            blank if place is None else columns[place] for place in self.layout.treasury
        )
        dates, texts = self.memory.optional_dates, self.memory.texts
        return [
            Treasury(dates[zones[0]], texts[zones[1]], texts[zones[2]], texts[zones[3]])
            for zones in zip(settled_on, method, nature, customer, strict=True)
        ]

    def _without_trailing_blanks(self, fields: list[str]) -> list[str]:
        """Take off what a separator at the end of the row adds; refuse any other width."""
        width = self.layout.width
        if len(fields) < width or any(extra.strip() for extra in fields[width:]):
            raise BadValue(self._width_expected())
        return fields[:width]

    def _width_expected(self) -> str:
        """Say how many fields a row has, and why one usually has more."""
        return f"{self.layout.width} fields, as in the header; no separator inside a label"

    def faults(self, row: str, number: int) -> Iterator[FecError]:
        """Say all that is wrong with a row that `line` refused."""
        fields = row.split(self.layout.separator)
        try:
            fields = self._without_trailing_blanks(fields)
        except BadValue as fault:
            yield FecError(number, "row", f"{len(fields)} fields", fault.expected)
            return
        zones = self._named(fields)
        for name, zone in zones.items():
            try:
                _PARSERS.get(name, str)(zone)
            except BadValue as fault:
                if name != AMOUNT_SIDE[1] or zone.strip() or _amount(zones["Montant"]) != 0:
                    yield FecError(number, name, zone, fault.expected)
        if not self.layout.has_sides:
            debit, credit = zones["Debit"], zones["Credit"]
            if _amount(debit) and _amount(credit):
                both = f"Debit {debit.strip()}, Credit {credit.strip()}"
                yield FecError(number, "Credit", both, _ONE_SIDE_EXPECTED)

    def _named(self, fields: list[str]) -> dict[str, str]:
        """Name the fields of a row that we read."""
        named = dict(zip(self.layout.names, self._pick(fields), strict=True))
        places = zip(TREASURY, self.layout.treasury or (), strict=False)
        return named | {name: fields[place] for name, place in places if place is not None}

    def has_its_width(self, row: str) -> bool:
        """Tell whether a row has as many fields as the header."""
        try:
            self._without_trailing_blanks(row.split(self.layout.separator))
        except BadValue:
            return False
        return True

    def entry_named_by(self, row: str) -> tuple[str, str]:
        """Return the journal and number a bad row seems to belong to, blank where it can't tell."""
        fields = row.split(self.layout.separator)
        journal, number = (
            fields[place].strip() if place < len(fields) else ""
            for place in (self.layout.positions[0], self.layout.positions[2])
        )
        return journal, number


def _amount(zone: str) -> int | None:
    """Return an amount in cents, or None when it can't be read."""
    try:
        return cents(zone)
    except BadValue:
        return None
