"""The header of a FEC: which column stands where.

The law fixes the names and the order. Names are compared without regard to case
(`Montantdevise`, `MontantDevise`), and columns are found by name, so that a file whose columns
are merely in another order is read right rather than wrong. Source: LPF art. A47 A-1, VII and
VIII; regulation.md, section 3.2.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import chain

from shared.fec.model import FecError

DEBIT_CREDIT = ("Debit", "Credit")
AMOUNT_SIDE = ("Montant", "Sens")
BEFORE_AMOUNTS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
)
AFTER_AMOUNTS = (
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
OFFICIAL = (*BEFORE_AMOUNTS, *DEBIT_CREDIT, *AFTER_AMOUNTS)
TREASURY = ("DateRglt", "ModeRglt", "NatOp", "IdClient")
SEPARATORS = ("\t", "|")

_KNOWN = {name.casefold(): name for name in chain(OFFICIAL, AMOUNT_SIDE, TREASURY)}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each column of one file stands."""

    separator: str
    width: int
    """How many fields a row has, the trailing separator not counted."""
    names: tuple[str, ...]
    """The 18 columns in the law's order, in the variant this file uses."""
    positions: tuple[int, ...]
    """For each of `names`, its place in a row."""
    treasury: tuple[int | None, ...] | None
    """The places of columns 19 to 22; None when the file has none of them."""
    unknown: tuple[str, ...]
    """Columns that we don't know and don't read, such as CodeEtbt."""

    @property
    def has_sides(self) -> bool:
        """Tell whether amounts are written as Montant and Sens."""
        return AMOUNT_SIDE[0] in self.names

    @property
    def in_legal_order(self) -> bool:
        """Tell whether the 18 columns stand first and in the order of the law's table."""
        return self.positions == tuple(range(len(self.positions)))


def layout_of(header: str, *, line: int) -> Layout | list[FecError]:
    """Read the header line; return what is wrong with it when it isn't one.

    A separator at the end of the line is no column.
    """
    separator = max(SEPARATORS, key=header.count)
    if separator not in header:
        return [FecError(line, "header", header, "column names separated by tabs or by |")]
    found = [name.strip() for name in header.split(separator)]
    while found and not found[-1]:
        found.pop()
    places = {_KNOWN.get(name.casefold(), name): place for place, name in enumerate(found)}
    names = _variant(places)
    errors = _repeated(found, line=line) + [
        FecError(line, name, header, f"a column named {name}")
        for name in names
        if name not in places
    ]
    if errors:
        return errors
    treasury = tuple(places.get(name) for name in TREASURY)
    return Layout(
        separator=separator,
        width=len(found),
        names=names,
        positions=tuple(places[name] for name in names),
        treasury=treasury if any(place is not None for place in treasury) else None,
        unknown=tuple(name for name in places if name.casefold() not in _KNOWN),
    )


def _variant(places: dict[str, int]) -> tuple[str, ...]:
    """Return the 18 names to look for: Debit and Credit unless only Montant and Sens are there."""
    has_sides = any(name in places for name in AMOUNT_SIDE)
    has_amounts = any(name in places for name in DEBIT_CREDIT)
    pair = AMOUNT_SIDE if has_sides and not has_amounts else DEBIT_CREDIT
    return (*BEFORE_AMOUNTS, *pair, *AFTER_AMOUNTS)


def _repeated(found: list[str], *, line: int) -> list[FecError]:
    """Return an error for each column that stands there twice, or has no name."""
    counts = Counter(name.casefold() for name in found)
    twice = {name.casefold(): name for name in found if counts[name.casefold()] > 1}
    return [
        FecError(line, name or "header", name, "each column once, with its name")
        for name in twice.values()
    ]
