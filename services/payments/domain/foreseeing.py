"""What a command would do: the same decision, with what it asks to have confirmed taken as said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from services.payments.domain.confirming import Confirmation, needed
from shared.decider import Command, Picture
from shared.errors import Refusal
from shared.events import Event


class Confirmable(Command, Protocol):
    """A command that takes confirmations."""

    @property
    def confirmed(self) -> Collection[Confirmation]:
        """Return what was confirmed."""
        ...

    def confirming(self, names: Collection[Confirmation]) -> Self:
        """Return the same command with these confirmations and no others."""
        ...


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The facts that would be written, the warnings on the way, or the error that forbids it."""

    facts: Sequence[Event]
    warnings: Sequence[Refusal]
    error: Refusal | None


def foresee(picture: Picture, command: Confirmable) -> Foreseen:
    """Decide as if every warning were confirmed; nothing is written."""
    warnings: list[Refusal] = []
    while True:
        try:
            return Foreseen(command.decide(picture), warnings, None)
        except Refusal as refusal:
            asked = set(needed(refusal)) - set(command.confirmed)
            if not asked:
                return Foreseen([], warnings, refusal)
            warnings.append(refusal)
            command = command.confirming([*command.confirmed, *sorted(asked)])


def stands_against(picture: Picture, commands: Sequence[Command]) -> list[Refusal | None]:
    """Return the refusal that each command would meet on the rows as they stand, or none."""
    found: list[Refusal | None] = []
    for command in commands:
        try:
            command.decide(picture)
            found.append(None)
        except Refusal as refusal:
            found.append(refusal)
    return found
