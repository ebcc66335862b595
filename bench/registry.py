"""Every case there is, by family."""

from typing import Final

from bench.case import Case, Family
from bench.cases import bulk, hot, settling, single, sustained

FAMILIES: Final = (single.FAMILY, bulk.FAMILY, hot.FAMILY, settling.FAMILY, sustained.FAMILY)


def chosen(names: list[str]) -> dict[Family, list[Case]]:
    """Return the cases of these names by family, or all of them; raise KeyError on another."""
    known = {case.name for family in FAMILIES for case in family.cases}
    for name in names:
        if name not in known:
            raise KeyError(name)
    found = {
        family: [case for case in family.cases if not names or case.name in names]
        for family in FAMILIES
    }
    return {family: cases for family, cases in found.items() if cases}
