"""Lines put together into entries that balance.

An entry (écriture) is the lines of one journal that carry one EcritureNum, wherever they stand:
numbers run per file in some software and per journal in other, and both are legal
(BOI-CF-IOR-60-40-20, § 100). Debits equal credits in each; the tax office's engine doesn't
look, we do, because an entry that doesn't balance can't be told from a lost line.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from shared.fec.model import Entry, FecError, Line
from shared.fec.values import amount_text

Key = Callable[[Line], Hashable]
_FALLBACKS: tuple[Key, ...] = (
    lambda line: (line.journal_code, line.booked_on, line.voucher),
    lambda line: (line.journal_code, line.voucher),
    lambda line: (line.journal_code, line.booked_on),
)
LISTED_LINES_MAX = 40


def group(lines: Sequence[Line]) -> tuple[list[Entry], bool]:
    """Return the entries, and whether numbers turned out to count lines instead of entries.

    A number that spans several dates is several entries when each date balances by itself
    (some software numbers per month), and one entry otherwise. Where every number of the file
    is used once, it counts lines: entries are then the lines of one journal, date and voucher,
    if all of those balance.
    """
    numbered = _gathered(lines, lambda line: (line.journal_code, line.entry_number))
    if len(numbered) == len(lines) and any(line.cents for line in lines):
        for key in _FALLBACKS:
            gathered = _gathered(lines, key)
            if all(balance(lines) == 0 for lines in gathered):
                return [_entry(lines) for lines in gathered], True
    return [_entry(part) for lines in numbered for part in _dated_parts(lines)], False


def unbalanced(entry: Entry) -> FecError | None:
    """Return the error of an entry whose debits aren't its credits, naming all its lines."""
    difference = balance(entry.lines)
    if difference == 0:
        return None
    numbers = tuple(line.number for line in entry.lines)
    listed = ", ".join(map(str, numbers[:LISTED_LINES_MAX]))
    more = ", …" if len(numbers) > LISTED_LINES_MAX else ""
    debit = amount_text(sum(line.debit_cents for line in entry.lines))
    credit = amount_text(sum(line.credit_cents for line in entry.lines))
    return FecError(
        line=numbers[0],
        column="EcritureNum",
        value=f"{entry.journal_code} {entry.number}",
        expected=f"debits equal to credits; lines {listed}{more} debit {debit}, credit {credit}",
        lines=numbers,
    )


def balance(lines: Iterable[Line]) -> int:
    """Return debits less credits, in cents."""
    return sum(line.debit_cents - line.credit_cents for line in lines)


def _gathered(lines: Iterable[Line], key: Key) -> list[list[Line]]:
    """Gather lines by key, in the order in which the keys first appear."""
    found: defaultdict[Hashable, list[Line]] = defaultdict(list)
    for line in lines:
        found[key(line)].append(line)
    return list(found.values())


def _dated_parts(lines: list[Line]) -> list[list[Line]]:
    """Split the lines of one number by date, where each date balances by itself."""
    first = lines[0].booked_on
    if all(line.booked_on == first for line in lines):
        return [lines]
    parts = _gathered(lines, lambda line: line.booked_on)
    return parts if all(balance(part) == 0 for part in parts) else [lines]


def _entry(lines: list[Line]) -> Entry:
    """Name an entry after its first line."""
    first = lines[0]
    return Entry(first.journal_code, first.entry_number, first.booked_on, tuple(lines))
