"""The groups that the file marks with a matching code (lettrage).

A group is a customer and a code. Software reuses codes: per general account, and over time. So
where a group doesn't balance, its parts by general account, or by DateLet, are groups of their
own as far as they do balance; what is left stays one group, and is reported. Codes are compared
with their case, since lower case means a partial matching in some software.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple

from cli.takeover.items import Customer, Matching
from shared.fec import Line


class Group(NamedTuple):
    """Lines of one customer that bear one code together."""

    customer: str
    code: str
    lines: tuple[Line, ...]

    @property
    def cents(self) -> int:
        """Debits less credits: zero when the group is whole."""
        return sum(line.cents for line in self.lines)


def groups_of(lines: Iterable[Line], customers: Mapping[int, Customer]) -> list[Group]:
    """Gather the lines of customers by matching code, in file order."""
    coded: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.matching_code:
            coded[customers[line.number].key, line.matching_code].append(line)
    return [
        Group(customer, code, tuple(part))
        for (customer, code), own in coded.items()
        for part in _parts(own)
    ]


def whole_groups(groups: Iterable[Group]) -> dict[int, int]:
    """Return, by line number, which balanced group a line is in."""
    return {
        line.number: place
        for place, group in enumerate(groups)
        if group.cents == 0
        for line in group.lines
    }


def matchings(groups: Iterable[Group], items: Mapping[int, list[str]]) -> Iterator[Matching]:
    """Return the groups with the keys of their items; `items` has them by line number."""
    for group in groups:
        dates = [line.matched_on for line in group.lines if line.matched_on]
        yield Matching(
            customer=group.customer,
            code=group.code,
            matched_on=max(dates or [line.booked_on for line in group.lines]),
            item_keys=tuple(key for line in group.lines for key in items.get(line.number, ())),
            lines=tuple(line.number for line in group.lines),
            balance_cents=group.cents,
        )


def _parts(lines: list[Line]) -> list[list[Line]]:
    """Return the lines of one code as one group, or as the groups it turns out to be."""
    if sum(line.cents for line in lines) == 0:
        return [lines]
    keys: tuple[Callable[[Line], Hashable], ...] = (
        lambda line: line.account,
        lambda line: line.matched_on,
        lambda line: (line.account, line.matched_on),
    )
    return max((_balanced_parts(lines, key) for key in keys), key=len)


def _balanced_parts(lines: list[Line], key: Callable[[Line], Hashable]) -> list[list[Line]]:
    """Take the parts that balance out of a group; the rest stays together."""
    parts: defaultdict[Hashable, list[Line]] = defaultdict(list)
    for line in lines:
        parts[key(line)].append(line)
    sums = {name: sum(line.cents for line in part) for name, part in parts.items()}
    rest = [line for name, part in parts.items() if sums[name] for line in part]
    return [*(part for name, part in parts.items() if not sums[name]), rest]
