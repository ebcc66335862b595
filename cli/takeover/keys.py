"""The name of each customer line, the same each time the file is imported.

A key is made of what identifies a line in the books — journal, number, date, account,
auxiliary, amount — and of its rank among lines equal in all of these. It holds no line number,
so that lines added or moved elsewhere in the file change no key, and no label or matching code,
which software may change in a later export of the same year.
"""

from collections import defaultdict
from collections.abc import Iterable

from shared.fec import Line
from shared.fec.values import date_text


def keys_of(lines: Iterable[Line]) -> dict[int, str]:
    """Return the key of each line, by line number.

    Equal lines are ranked by voucher, label and matching code, then as they stand.
    """
    equal: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        equal[_identity(line)].append(line)
    return {
        line.number: f"{identity}|{rank}"
        for identity, twins in equal.items()
        for rank, line in enumerate(sorted(twins, key=_order), 1)
    }


def _identity(line: Line) -> str:
    """Join what identifies a line; `|` inside a part is written `%7C`."""
    parts = (
        line.journal_code,
        line.entry_number,
        date_text(line.booked_on),
        line.account,
        line.auxiliary,
        str(line.cents),
    )
    plain = "|".join(parts)
    if "%" not in plain and plain.count("|") == len(parts) - 1:
        return plain
    return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)


def _order(line: Line) -> tuple[str, str, str, int]:
    """Rank equal lines by what they say, so that their order in the file doesn't matter."""
    return line.voucher, line.label, line.matching_code, line.number
