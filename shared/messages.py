"""Messages: what a person reads when a command was carried out or refused, in one file.

`messages.toml` has a French sentence for each command and for each problem. Every answer to a
command carries the sentence in a header, every problem carries it in its body too; a test holds
the file against all routes and all refusals, so that none is without one. A command is named by
its method and address; where an outcome has a sentence of its own, its name comes behind.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from shared.french import typeset

NAME: Final = "Acquit-Message"
PREFIX: Final = "/v1/ledgers/{ledger}"
_FILE: Final = Path(__file__).with_name("messages.toml")
_READ: Final = tomllib.loads(_FILE.read_text("utf-8"))
_ATTR_CHARS: Final = "!#$&+-.^_`|~"  # RFC 8187, beside letters and digits

Header = tuple[bytes, bytes]

COMMANDS: Final[Mapping[str, Mapping[str, str]]] = {
    service: {
        operation.replace(" ", f" {PREFIX}", 1): typeset(text) for operation, text in said.items()
    }
    for service, said in _READ["commands"].items()
}
"""By service: the sentence of each command, and of its outcomes that have one."""

PROBLEMS: Final[Mapping[str, str]] = {code: typeset(s) for code, s in _READ["problems"].items()}
"""By slug: the sentence of each problem."""


@cache
def encoded(sentence: str) -> str:
    """Return a sentence as a header carries it.

    >>> encoded("Reçu édité.")
    'Re%C3%A7u%20%C3%A9dit%C3%A9.'
    """
    return quote(sentence, safe=_ATTR_CHARS)


_SUCCESSES: Final[Mapping[str, Header]] = {
    operation: (NAME.lower().encode(), encoded(sentence).encode())
    for said in COMMANDS.values()
    for operation, sentence in said.items()
}


def success_header(*operation: str) -> tuple[Header, ...]:
    """Return the header of a command that was carried out: method, address, outcome if special.

    Nothing for what is no command.
    """
    found = _SUCCESSES.get(" ".join(operation))
    return (found,) if found else ()


def problem_message(code: str, otherwise: str) -> str:
    """Return the sentence of a problem, or the one given where it has none."""
    return PROBLEMS.get(code, otherwise)
