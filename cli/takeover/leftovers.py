"""What of a file becomes nothing with us, said compactly, journal by journal."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cli.takeover.accounts import is_customer
from cli.takeover.items import NotTakenOver
from shared.fec import Entry, Line

NO_CUSTOMER = "no customer account"
AMOUNT_IS_ZERO = "the amount is zero"


class _Left(NamedTuple):
    """What was left of one journal for one reason."""

    label: str
    entries: list[str]
    lines: list[int]


def not_taken_over(entries: Iterable[Entry]) -> Iterator[NotTakenOver]:
    """Return entries without a customer, and customer lines of zero, per journal and reason."""
    left: dict[tuple[str, str], _Left] = {}
    for entry in entries:
        for reason, lines in _reasons(entry):
            first = _Left(entry.lines[0].journal_label, [], [])
            of_journal = left.setdefault((entry.journal_code, reason), first)
            of_journal.entries.append(entry.number)
            of_journal.lines.extend(line.number for line in lines)
    for (journal_code, reason), (label, numbers, left_lines) in left.items():
        yield NotTakenOver(
            reason=reason,
            journal_code=journal_code,
            journal_label=label,
            entry_count=len(numbers),
            line_count=len(left_lines),
            line_ranges=tuple(ranges(sorted(left_lines))),
        )


def _reasons(entry: Entry) -> Iterator[tuple[str, Sequence[Line]]]:
    """Say which lines of an entry aren't taken over, and why."""
    own = [line for line in entry.lines if is_customer(line.account)]
    zero = [line for line in own if not line.cents]
    if not own:
        yield NO_CUSTOMER, entry.lines
    if zero:
        yield AMOUNT_IS_ZERO, zero


def ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Join ascending numbers into unbroken runs.

    >>> list(ranges([2, 3, 4, 7]))
    [(2, 4), (7, 7)]
    """
    runs: defaultdict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(numbers):
        runs[number - place].append(number)
    return ((run[0], run[-1]) for run in runs.values())
