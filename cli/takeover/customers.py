"""Who the customers of a file are, and which lines are theirs.

A customer is an auxiliary account (CompAuxNum), whatever general accounts it appears under:
companies keep several (`411 CLIENTS A 5,5 %`, `411 CLIENTS A 20 %`) for one and the same
customer. Where there is no auxiliary, the general account (411DUPONT) is the customer. Only
when one auxiliary number stands under several general accounts with different names are they
different customers, because some software numbers auxiliaries within each general account;
their keys then are `account/auxiliary`. Balances are compared by the same key, so they hold
either way.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from cli.takeover.items import Customer
from cli.takeover.words import kind_of, plain
from shared.fec import Line


def customers_of(lines: Iterable[Line]) -> dict[int, Customer]:
    """Return the customer of each line of a customer account, by line number."""
    by_auxiliary: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_auxiliary[line.auxiliary or line.account].append(line)
    found: dict[int, Customer] = {}
    for code, own in by_auxiliary.items():
        for key, part in _persons(code, own).items():
            customer = _customer(key, code, part)
            found |= dict.fromkeys((line.number for line in part), customer)
    return found


def _persons(code: str, lines: list[Line]) -> dict[str, list[Line]]:
    """Tell homonyms apart: one auxiliary number, different names in different accounts."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines:
        names[line.account].add(plain(line.auxiliary_label))
    filled = [known - {""} for known in names.values()]
    distinct = all(not one & other for one in filled for other in filled if one is not other)
    if len(names) == 1 or not all(filled) or not distinct:
        return {code: lines}
    parts: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        parts[f"{line.account}/{code}"].append(line)
    return parts


def _customer(key: str, code: str, lines: list[Line]) -> Customer:
    """Name a customer after the label met most often, the latest of those equally frequent."""
    labels = [
        label
        for line in reversed(lines)
        if (label := line.auxiliary_label if line.auxiliary else line.account_label)
    ]
    name = Counter(labels).most_common(1)[0][0] if labels else code
    return Customer(
        key=key,
        code=code,
        accounts=tuple(dict.fromkeys(line.account for line in lines)),
        name=name,
        kind=kind_of(name),
    )
