"""Every case there is, by family."""

import fnmatch
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
    """Return the cases of these names or patterns, or all wanted; KeyError if there is none."""
    known = [case.name for family in FAMILIES for case in family.cases]
    for name in names:
        if not fnmatch.filter(known, name):
            raise KeyError(name)
    named = {case for name in names for case in fnmatch.filter(known, name)}
    found = {
        family: [
            case for case in family.cases if (case.name in named if names else case.wanted(effort))
        ]
        for family in FAMILIES
    }
    return {family: cases for family, cases in found.items() if cases}
