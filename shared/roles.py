"""Roles: sets of rights, in one file that people can read (`roles.toml`).

A token grants a role as `role:accountant` where it would grant a right; one that is bound to a
brand as `role:brand-user@atelier`. What is granted is what the file says, and a role that it
doesn't know grants nothing.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("roles.toml")
_ROLE: Final = "role:"
_BRAND: Final = "@brand"

ROLES: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(said["rights"])
    for name, said in tomllib.loads(_FILE.read_text("utf-8")).items()
}


def rights_of(granted: Iterable[str]) -> frozenset[str]:
    """Return the rights among what a token grants, and those of its roles.

    >>> sorted(rights_of(["payments:read", "role:nobody"]))
    ['payments:read']
    >>> "documents:read@atelier" in rights_of(["role:brand-user@atelier"])
    True
    """
    return frozenset(right for each in granted for right in _expanded(each))


def _expanded(granted: str) -> Iterator[str]:
    if not granted.startswith(_ROLE):
        yield granted
        return
    name, _, brand = granted.removeprefix(_ROLE).partition("@")
    for right in ROLES.get(name, ()):
        if not right.endswith(_BRAND):
            yield right
        elif brand:
            yield f"{right.removesuffix(_BRAND)}@{brand}"
