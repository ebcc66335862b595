"""Whether the numbers of a file run on without a gap.

EcritureNum is "a continuous sequence", for the file or per journal, growing and without a gap
(BOI-CF-IOR-60-40-20, § 100). A gap isn't a reason to refuse a file, but an auditor asks about
it: it may be an entry that was taken out.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from shared.fec.model import Entry, Fec, Finding

_LAST_DIGITS = re.compile(r"([0-9]+)[^0-9]*$")
GAPS_LISTED_MAX = 20


def numbering(fec: Fec) -> list[Finding]:
    """Find gaps and numbers that go back, over the file or per journal.

    Which of the two the software does isn't said in the file: the one with less to remark.
    """
    if any(notice.rule == "numbers-count-lines" for notice in fec.notices):
        return []
    journals: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in fec.entries:
        journals[entry.journal_code].append(entry)
    whole = list(_remarks("the file", fec.entries))
    parts = [
        finding
        for code, entries in journals.items()
        for finding in _remarks(f"journal {code}", entries)
    ]
    return min(whole, parts, key=lambda found: sum(len(finding.lines) for finding in found))


def _remarks(name: str, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Find what is wrong with one sequence."""
    numbers = [(_number(entry), entry.lines[0].number) for entry in entries]
    numbered = [(number, line) for number, line in numbers if number is not None]
    unread = tuple(line for number, line in numbers if number is None)
    if unread:
        yield Finding("numbering-unreadable", "notice", f"{name}: numbers without digits", unread)
    yield from _gaps(name, numbered)
    back = tuple(line for (before, _), (number, line) in pairwise(numbered) if number < before)
    if back:
        yield Finding("numbering-goes-back", "warning", f"{name}: numbers go back", back)


def _gaps(name: str, numbered: list[tuple[int, int]]) -> Iterator[Finding]:
    """Find the numbers that are missing between the first and the last."""
    first_lines = dict(reversed(numbered))
    gaps = [
        (before + 1, after - 1, first_lines[after])
        for before, after in pairwise(sorted(first_lines))
        if after > before + 1
    ]
    if gaps:
        listed = ", ".join(
            str(first) if first == last else f"{first}-{last}"
            for first, last, _ in gaps[:GAPS_LISTED_MAX]
        )
        more = ", …" if len(gaps) > GAPS_LISTED_MAX else ""
        message = f"{name}: no entry numbered {listed}{more}"
        yield Finding("numbering-gap", "warning", message, tuple(line for _, _, line in gaps))


def _number(entry: Entry) -> int | None:
    """Return the last digits of an entry's number: 12 of `VE-2025-0012`."""
    found = _LAST_DIGITS.search(entry.number)
    return int(found[1]) if found else None
