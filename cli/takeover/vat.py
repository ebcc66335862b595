"""Which VAT rate each line of a sale bears, found from the amounts.

A FEC gives nets and VAT amounts as separate lines and never the rate. What is known: the order
of the lines (much software writes each product followed by its VAT), the words of the labels
(`TVA COLLECTEE 5,5 %`), and the arithmetic. They are tried in that order, and the arithmetic
decides: a guess stands only if every VAT amount is what its nets give, within one cent per
line. Where nothing computes, the file's VAT amounts are kept and the nets are cut to them, the
rest being without VAT. So nets and VAT always add up to the sale.

Source of the rates: CGI art. 278 to 281 nonies and 296 (8.5, overseas); 19.6 and 7 were in force
until 2013. The rarer ones (13, 1.75, 1.05, 0.9, other countries') are taken from labels alone:
guessed from amounts, they would be mistaken for the mean of two rates.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import combinations, islice
from typing import NamedTuple

from cli.takeover.accounts import is_vat
from shared.fec import Line

RATES = tuple(map(Decimal, ("20", "10", "5.5", "2.1", "8.5", "19.6", "7")))
RATE_MAX = Decimal(27)
ZERO = Decimal(0)
CENTS_PER_LINE = 1
SUBSETS_MAX = 256
SINGLE_LINES_MAX = 8
_PERCENT = re.compile(r"(?<![0-9.,])([0-9]{1,2}(?:[.,][0-9]{1,2})?) ?%")


class Net(NamedTuple):
    """A line of a sale without VAT, credit positive, with the rate it was found to bear."""

    account: str
    label: str
    cents: int
    rate: Decimal


class Vat(NamedTuple):
    """The VAT of a sale at one rate, credit positive."""

    rate: Decimal
    cents: int


class Sale(NamedTuple):
    """A sale taken apart: nets and VAT amounts add up to it."""

    nets: tuple[Net, ...]
    vats: tuple[Vat, ...]


Pair = tuple[list[Line], list[Line]]
"""Some nets and the VAT lines said to be theirs."""


def sale_of(lines: Sequence[Line]) -> Sale:
    """Find the rate of each net line of a sale, its customer lines left out."""
    vats = [line for line in lines if is_vat(line.account)]
    nets = [line for line in lines if not is_vat(line.account)]
    if not vats:
        return _sale([(nets, [], ZERO)])
    for pairs in _guesses(lines, nets, vats):
        rated = _rated(pairs)
        if rated is not None:
            return _sale(rated)
    return _cut_to_vat(nets, vats)


@cache
def rate_text(rate: Decimal) -> str:
    """Write a rate without useless zeros.

    >>> rate_text(Decimal("5.50")), rate_text(Decimal("20"))
    ('5.5', '20')
    """
    return f"{rate.normalize():f}"


def _guesses(
    lines: Sequence[Line], nets: list[Line], vats: list[Line]
) -> Iterator[list[Pair] | None]:
    """Return the ways to pair nets with VAT, the likeliest first."""
    yield _in_order(lines)
    if len(nets) == len(vats):
        yield [([net], [vat]) for net, vat in zip(nets, vats, strict=True)]
    yield _by_words(nets, vats)
    yield _by_sums(_alike(nets), _alike(vats))
    if len(nets) <= SINGLE_LINES_MAX:
        yield _by_sums([[line] for line in nets], _alike(vats))
        yield _by_sums([[line] for line in nets], [[line] for line in vats])


def _in_order(lines: Sequence[Line]) -> list[Pair] | None:
    """Pair each VAT line with the nets since the VAT line before; nets at the end have none."""
    pairs: list[Pair] = [([], [])]
    for line in lines:
        if not is_vat(line.account):
            if pairs[-1][1]:
                pairs.append(([], []))
            pairs[-1][0].append(line)
        else:
            pairs[-1][1].append(line)
    return pairs if all(nets and len(vats) <= 1 for nets, vats in pairs) else None


def _by_words(nets: list[Line], vats: list[Line]) -> list[Pair] | None:
    """Pair nets and VAT lines whose labels say the same rate."""
    pairs: dict[Decimal | None, Pair] = {}
    for line in nets:
        pairs.setdefault(_spoken(line), ([], []))[0].append(line)
    for line in vats:
        pairs.setdefault(_spoken(line), ([], []))[1].append(line)
    return list(pairs.values())


def _by_sums(nets: list[list[Line]], vats: list[list[Line]]) -> list[Pair] | None:
    """Give each group of VAT lines the nets that compute it, from what the larger ones left."""
    left = list(nets)
    pairs: list[Pair] = []
    for group in sorted(vats, key=lambda group: -abs(_total(group))):
        found = _subset(left, group)
        if found is None:
            return None
        pairs.append(([line for lines in found for line in lines], group))
        left = [lines for lines in left if lines not in found]
    return [*pairs, ([line for lines in left for line in lines], [])]


def _subset(nets: list[list[Line]], vats: list[Line]) -> list[list[Line]] | None:
    """Return the largest subset of nets that computes these VAT lines, within what is cheap."""
    every = (subset for size in range(len(nets), 0, -1) for subset in combinations(nets, size))
    for subset in islice(every, SUBSETS_MAX):
        if _rate([line for lines in subset for line in lines], vats) is not None:
            return list(subset)
    return None


def _alike(lines: list[Line]) -> list[list[Line]]:
    """Gather lines by account and by the rate they speak of."""
    groups: dict[tuple[str, Decimal | None], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.account, _spoken(line)), []).append(line)
    return list(groups.values())


def _rated(pairs: list[Pair] | None) -> list[tuple[list[Line], list[Line], Decimal]] | None:
    """Find the rate of each pair; None if one of them doesn't compute."""
    if pairs is None:
        return None
    rated = []
    for nets, vats in pairs:
        rate = _rate(nets, vats) if vats else ZERO
        if rate is None:
            return None
        rated.append((nets, vats, rate))
    return rated


def _rate(nets: list[Line], vats: list[Line]) -> Decimal | None:
    """Return the rate that makes these nets give this VAT: the spoken one, else the nearest."""
    net, vat = _total(nets), _total(vats)
    if not net or len(_alike(vats)) > 1:
        return None
    tolerance = CENTS_PER_LINE * max(len(nets), len(vats))
    spoken = [rate for line in (*vats, *nets) if (rate := _spoken(line))]
    if spoken and abs(_vat(net, spoken[0]) - vat) <= tolerance:
        return spoken[0]
    nearest = min(RATES, key=lambda rate: abs(net * rate / 100 - vat))
    return nearest if abs(_vat(net, nearest) - vat) <= tolerance and vat else None


def _cut_to_vat(nets: list[Line], vats: list[Line]) -> Sale:
    """Keep the VAT as given, and take from the nets, in order, the base it stands for.

    What is left bears no VAT. A VAT amount larger than the nets allow leaves a negative rest:
    odd, but it adds up, and it shows.
    """
    amounts = [(_best_rate(group, _total(nets)), _total(group)) for group in _alike(vats)]
    parts: list[Net] = []
    rest = [(line, -line.cents) for line in nets]
    for rate, vat in amounts:
        base = int((vat * 100 / rate).quantize(Decimal(1), ROUND_HALF_UP))
        while base and rest:
            line, left = rest.pop(0)
            taken = base if abs(base) < abs(left) or not rest else left
            parts.append(Net(line.account, line.label, taken, rate))
            base -= taken
            if left != taken:
                rest.insert(0, (line, left - taken))
    parts += [Net(line.account, line.label, left, ZERO) for line, left in rest]
    return Sale(tuple(parts), _summed(Vat(rate, vat) for rate, vat in amounts))


def _best_rate(vats: list[Line], net: int) -> Decimal:
    """Return the spoken rate of VAT lines, else the legal rate nearest to all nets."""
    spoken = [rate for line in vats if (rate := _spoken(line))]
    return (
        spoken[0] if spoken else min(RATES, key=lambda rate: abs(net * rate / 100 - _total(vats)))
    )


def _spoken(line: Line) -> Decimal | None:
    """Return the percentage in the label of an account, else in the label of the line.

    A percentage above all VAT rates of the Union is something else: an advance, a rebate.
    """
    for text in (line.account_label, line.label):
        found = _PERCENT.search(text)
        if found:
            rate = Decimal(found[1].replace(",", "."))
            return rate if ZERO < rate <= RATE_MAX else None
    return None


def _vat(net: int, rate: Decimal) -> int:
    """Return the VAT of a net amount, rounded half up to the cent (EN 16931, BR-CO-17)."""
    return int((net * rate / 100).quantize(Decimal(1), ROUND_HALF_UP))


def _total(lines: Iterable[Line]) -> int:
    """Return credits less debits, in cents."""
    return -sum(line.cents for line in lines)


def _sale(rated: list[tuple[list[Line], list[Line], Decimal]]) -> Sale:
    """Put rated lines together into a sale."""
    nets = tuple(
        Net(line.account, line.label or line.account_label, -line.cents, rate)
        for lines, _, rate in rated
        for line in lines
    )
    return Sale(nets, _summed(Vat(rate, _total(vats)) for _, vats, rate in rated if vats))


def _summed(vats: Iterable[Vat]) -> tuple[Vat, ...]:
    """Add up VAT amounts of the same rate, in the order in which rates appear."""
    sums: dict[Decimal, int] = {}
    for vat in vats:
        sums[vat.rate] = sums.get(vat.rate, 0) + vat.cents
    return tuple(Vat(rate, cents) for rate, cents in sums.items())
