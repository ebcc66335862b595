"""What a FEC is made of, once read: lines, entries, and what is wrong with them.

Amounts are whole cents and dates are civil dates. A line keeps the debit and the credit as
the file gives them, sign included: some software writes a reversal as a negative debit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

Severity = Literal["warning", "notice"]


class Treasury(NamedTuple):
    """Columns 19 to 22, present in the files of treasury accounting (BNC, BA).

    Source: LPF art. A47 A-1, VIII-5 and VIII-7.
    """

    settled_on: date | None
    """DateRglt, the day of the settlement."""
    method: str
    """ModeRglt, the payment method in the words of the software."""
    nature: str
    """NatOp, the nature of the operation."""
    customer: str
    """IdClient, the customer's identification (BNC only)."""


class Line(NamedTuple):
    """One line of an entry (ligne d'écriture), in the order of the law's table.

    A tuple rather than a dataclass: a file has a hundred thousand of them, and a tuple is
    made three times faster than a frozen dataclass.
    """

    number: int
    """The line of the file, the header being line 1."""
    journal_code: str
    journal_label: str
    entry_number: str
    booked_on: date
    """EcritureDate."""
    account: str
    """CompteNum: at least three digits of the French chart of accounts."""
    account_label: str
    auxiliary: str
    """CompAuxNum, the third party's own account; often blank."""
    auxiliary_label: str
    voucher: str
    """PieceRef, the reference of the supporting document."""
    voucher_on: date | None
    label: str
    debit_cents: int
    credit_cents: int
    matching_code: str
    """EcritureLet (lettrage)."""
    matched_on: date | None
    """DateLet."""
    validated_on: date | None
    currency_amount: Decimal | None
    """Montantdevise: an amount in `currency`, whose number of decimals the file decides."""
    currency: str
    treasury: Treasury | None = None

    @property
    def cents(self) -> int:
        """The debit less the credit, in cents: positive when the account is debited."""
        return self.debit_cents - self.credit_cents


class Entry(NamedTuple):
    """Lines that balance together (écriture): same journal, same number.

    `booked_on` is the date of its first line; see `entries.group` for entries of several dates.
    """

    journal_code: str
    number: str
    booked_on: date
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about a file that is not a reason to refuse it."""

    rule: str
    """Which rule, as a short constant: `blank-voucher`, `numbering-gap`, …"""
    severity: Severity
    """`warning` where the law's text isn't met, `notice` where we only say how we read it."""
    message: str
    lines: tuple[int, ...] = ()
    """The lines concerned, in file order; empty when the whole file is."""


@dataclass(frozen=True, slots=True)
class FecError:
    """One reason to refuse a file, with all a person needs to correct it."""

    line: int
    column: str
    """The official name of the column, or `header`, `file` or `row` for what is larger."""
    value: str
    """What stands there, unchanged."""
    expected: str
    """What should stand there, in a few words."""
    lines: tuple[int, ...] = ()
    """Every line concerned when there are several, as in an entry that doesn't balance."""

    def describe(self) -> str:
        """Return the error on one line, for people."""
        return f"line {self.line}, {self.column}: {self.value!r}, expected {self.expected}"


class MalformedFec(Exception):
    """The file is refused as a whole; `errors` names every bad line, in file order."""

    def __init__(self, errors: Sequence[FecError]) -> None:
        """Keep the errors sorted by line, so that the reader can walk down the file."""
        self.errors = tuple(sorted(errors, key=lambda error: error.line))
        super().__init__(f"{len(self.errors)} errors, first: {self.errors[0].describe()}")


@dataclass(frozen=True, slots=True)
class Fec:
    """A whole file, read and found well formed: every entry balances."""

    lines: tuple[Line, ...]
    entries: tuple[Entry, ...]
    """In the order in which each entry first appears."""
    encoding: str
    separator: str
    notices: tuple[Finding, ...] = ()
    """What was tolerated while reading; `check` repeats them before its own findings."""
