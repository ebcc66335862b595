"""Every case there is, by family."""

from typing import Final

from bench.case import Case, Family
from bench.cases import (
    bulk,
    files,
    growth,
    hot,
    lists,
    rebuilding,
    settling,
    single,
    sustained,
    verifying,
)
from bench.lab import Effort

FAMILIES: Final = (
    single.FAMILY,
    bulk.FAMILY,
    hot.FAMILY,
    settling.FAMILY,
    sustained.FAMILY,
    rebuilding.FAMILY,
    verifying.FAMILY,
    files.EXPORT,
    files.IMPORT,
    growth.FAMILY,
    lists.FAMILY,
)


def chosen(names: list[str], effort: Effort) -> dict[Family, list[Case]]:
    """Return the cases of these names by family, or all wanted; raise KeyError on another name."""
    known = {case.name for family in FAMILIES for case in family.cases}
    for name in names:
        if name not in known:
            raise KeyError(name)
    found = {
        family: [
            case for case in family.cases if (case.name in names if names else case.wanted(effort))
        ]
        for family in FAMILIES
    }
    return {family: cases for family, cases in found.items() if cases}
