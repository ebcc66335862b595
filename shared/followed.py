"""What is followed: a batch of another service's entries, as one unit of our writer's work.

The invariant: a fact's rows, the commands it obliges us to and the checkpoint (per
source and ledger) land in one commit; a repeat is known by its position and skipped, a
hole is a refusal, so nothing after it is applied.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from pydantic import ValidationError

from shared.bus import Message, UnusableMessageError
from shared.decider import Command, Need, Picture, one
from shared.desk import Desk
from shared.errors import Refusal
from shared.events import UnknownEventType
from shared.journal import Outcome
from shared.projection import Projection, Reactions
from shared.seal import Context, Entry, entry_from
from shared.tables import Checkpoint


class Gap(Refusal):
    """Entries are missing between what was applied and what came."""

    def __init__(self, ledger: str, after: int) -> None:
        """Say in which ledger, and after which position."""
        super().__init__(ledger=ledger, after=after)
        self.ledger, self.after = ledger, after


@dataclass(slots=True)
class Followed:
    """A batch of another service's entries: one unit of our writer's work."""

    source: str
    service: str
    messages: list[Message]
    projection: Projection
    reactions: Reactions
    done: "asyncio.Future[Outcome]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    _steps: list[tuple[Message, Entry | None, list[Command]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Decode what our projection or reactions know; raise UnusableMessageError otherwise."""
        known = self.projection.wire_names | self.reactions.wire_names
        for message in self.messages:
            entry = _decoded(message) if message.type in known else None
            commands = list(self.reactions.commands(entry)) if entry else []
            self._steps.append((message, entry, commands))

    @property
    def size(self) -> int:
        """Return how many facts there are."""
        return len(self.messages)

    def ledgers(self) -> Iterable[str]:
        """Return the ledgers its entries belong to."""
        return {message.stored.ledger for message in self.messages}

    def needs(self, ledger: str, picture: Picture) -> Iterator[Need]:
        """Name the checkpoint, the rows its facts touch, and what its reactions read."""
        yield one(Checkpoint, self.source)
        for message, entry, commands in self._steps:
            if message.stored.ledger != ledger:
                continue
            if self.projection.keeper:
                yield from self.projection.keeper.needs(message)
            if entry:
                yield from self.projection.needs(entry.fact)
                for command in commands:
                    yield from command.needs(picture)

    async def run(self, desks: dict[str, Desk]) -> Outcome:
        """Apply every new entry, then carry out what it obliges us to."""
        entries: list[Entry] = []
        with ExitStack() as stack:
            for ledger in self.ledgers():
                stack.enter_context(desks[ledger].attempt())
            for message, entry, commands in self._steps:
                desk = desks[message.stored.ledger]
                if _advance(desk.picture, self.source, message.stored.position):
                    entries += await self._apply(desk, message, entry, commands)
        return Outcome(entries, desks[next(iter(self.ledgers()))].picture)

    async def _apply(
        self, desk: Desk, message: Message, entry: Entry | None, commands: list[Command]
    ) -> list[Entry]:
        if self.projection.keeper:
            self.projection.keeper.take(desk.picture, message)
        if entry is None:
            return []
        await desk.ensure(self.projection.needs(entry.fact))
        self.projection.apply(desk.picture, entry)
        context = Context(f"service:{self.service}", entry.context.correlation_id, entry.entry_id)
        return [made for command in commands for made in await desk.decide(command, context)]


def _advance(picture: Picture, source: str, position: int) -> bool:
    """Move the checkpoint to this position; return False for a repeat, raise Gap for a hole."""
    checkpoint = picture.find(Checkpoint, source)
    applied = checkpoint.position if checkpoint else 0
    if position <= applied:
        return False
    if position > applied + 1:
        raise Gap(picture.ledger, applied)
    picture.put(Checkpoint(ledger=picture.ledger, source=source, position=position))
    return True


def _decoded(message: Message) -> Entry:
    place = f"{message.stored.ledger} position {message.stored.position}"
    try:
        return entry_from(message.envelope)
    except ValidationError as error:  # its own text repeats the data, which no log may hold
        wrong = ", ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UnusableMessageError(f"{place}: {wrong}") from None
    except (UnknownEventType, KeyError, ValueError, TypeError) as error:
        raise UnusableMessageError(f"{place}: {error!r}") from error
