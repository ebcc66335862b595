"""Units: pieces of work that the writer carries out in one commit, or not at all."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.decider import Command, Need, Picture
from shared.desk import Desk
from shared.errors import Refusal
from shared.seal import Context, Entry


class Unit(Protocol):
    """A piece of work that lands in one commit, or not at all; it can be run again."""

    done: "asyncio.Future[Outcome]"

    @property
    def size(self) -> int:
        """Return how many commands or facts it is made of."""
        ...

    def ledgers(self) -> Iterable[str]:
        """Return the ledgers whose heads it needs."""
        ...

    def needs(self, ledger: str, picture: Picture) -> Iterable[Need]:
        """Name the rows it is known to read, so that a batch loads them together."""
        ...

    async def run(self, desks: dict[str, Desk]) -> "Outcome":
        """Do the work; raise a Refusal to leave no trace."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a unit wrote, the books as they stood after its batch, and which commands failed."""

    entries: Sequence[Entry]
    picture: Picture
    refusals: Mapping[int, Refusal] = field(default_factory=dict)


@dataclass(slots=True)
class Commands:
    """Commands of one caller in one ledger: all are carried out or none, or each by itself."""

    ledger: str
    commands: Sequence[Command]
    context: Context
    each: bool = False
    done: "asyncio.Future[Outcome]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def size(self) -> int:
        """Return how many commands there are."""
        return len(self.commands)

    def ledgers(self) -> Iterable[str]:
        """Return its one ledger."""
        return (self.ledger,)

    def needs(self, ledger: str, picture: Picture) -> Iterable[Need]:
        """Name what its commands read."""
        if ledger == self.ledger:
            for command in self.commands:
                yield from command.needs(picture)

    async def run(self, desks: dict[str, Desk]) -> Outcome:
        """Carry out the commands in order; report every refusal at once."""
        desk = desks[self.ledger]
        entries: list[Entry] = []
        refusals: dict[int, Refusal] = {}
        with desk.attempt():
            for index, command in enumerate(self.commands):
                try:
                    entries += await desk.decide(command, self.context)
                except Refusal as refusal:
                    refusals[index] = refusal
            if refusals and not self.each:
                raise refusals[0] if len(self.commands) == 1 else SeveralRefused(refusals)
        return Outcome(entries, desk.picture, refusals)


class SeveralRefused(Refusal):
    """Some of the items can't be carried out, so none was: each is listed with its reason."""

    status = 422

    def __init__(self, refusals: dict[int, Refusal]) -> None:
        """Keep each refusal under the index of its item."""
        super().__init__(errors=[{"index": i, **r.problem()} for i, r in refusals.items()])
        self.refusals = refusals
