"""What is followed: a batch of another service's entries, as one unit of our writer's work.

The invariant: a fact's rows, the commands it obliges us to and the checkpoint (per
source and ledger) land in one commit; a repeat is known by its position and skipped, a
hole is a refusal, so nothing after it is applied, and so is an entry that does not follow
the very one that was applied last.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from msgspec.structs import replace
from pydantic import ValidationError

from shared.bus import Message, UnusableMessageError
from shared.decider import Command, Need, Picture, one
from shared.desk import Desk
from shared.errors import Refusal
from shared.events import UnknownEventType
from shared.projection import Projection, Reactions
from shared.seal import Context, Entry, entry_from, genesis
from shared.tables import Checkpoint
from shared.units import Outcome


class Gap(Refusal):
    """Entries are missing between what was applied and what came."""

    def __init__(self, ledger: str, after: int) -> None:
        """Say in which ledger, and after which position."""
        super().__init__(ledger=ledger, after=after)
        self.ledger, self.after = ledger, after


class JournalForked(Refusal):
    """The source's journal is not the one applied here: it forgot entries, and wrote others."""


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
        """Name the checkpoint, the rows its new facts touch, and what its reactions read."""
        yield (checkpoint := one(Checkpoint, self.source))
        if picture.missing([checkpoint]):
            return
        applied = _applied(picture, self.source)
        for message, entry, commands in self._steps:
            if message.stored.ledger != ledger:
                continue
            if self.projection.keeper:
                yield from self.projection.keeper.needs(message)
            if entry and message.stored.position > applied.position:
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
                if self._advance(desk.picture, message):
                    entries += await self._apply(desk, entry, commands)
        return Outcome(entries, desks[next(iter(self.ledgers()))].picture)

    def _advance(self, picture: Picture, message: Message) -> bool:
        """Move the checkpoint to this entry; return False for a repeat, raise Gap for a hole.

        A keeper is handed repeats too: it can tell whether they are what it has.
        """
        applied = _applied(picture, self.source)
        if message.stored.position > applied.position + 1:
            raise Gap(picture.ledger, applied.position)
        if self.projection.keeper:
            self.projection.keeper.take(picture, message)
        if not _comes_next(applied, message):
            return False
        picture.put(replace(applied, position=message.stored.position, hash=message.stored.hash))
        return True

    async def _apply(self, desk: Desk, entry: Entry | None, commands: list[Command]) -> list[Entry]:
        if entry is None:
            return []
        await desk.ensure(self.projection.needs(entry.fact))
        self.projection.apply(desk.picture, entry)
        context = Context(f"service:{self.service}", entry.context.correlation_id, entry.entry_id)
        return [made for command in commands for made in await desk.decide(command, context)]


def _applied(picture: Picture, source: str) -> Checkpoint:
    """Return the last entry applied; before the first, position 0 and what that one follows."""
    return picture.find(Checkpoint, source) or Checkpoint(
        ledger=picture.ledger, source=source, position=0, hash=genesis(source, picture.ledger)
    )


def _comes_next(applied: Checkpoint, message: Message) -> bool:
    """Say whether an entry comes right after the last one applied, and is no repeat.

    Raises JournalForked when it takes that one's place, or follows another in its place.
    Repeats of what lies further back can't be told from others: one hash is kept.
    """
    if message.stored.position < applied.position:
        return False
    new = message.stored.position > applied.position
    found = message.envelope["previous_hash"] if new else message.stored.hash.hex()
    if found != applied.hash.hex():
        raise JournalForked(
            ledger=applied.ledger,
            position=applied.position,
            applied=applied.hash.hex(),
            found=found,
        )
    return new


def _decoded(message: Message) -> Entry:
    place = f"{message.stored.ledger} position {message.stored.position}"
    try:
        return entry_from(message.envelope)
    except ValidationError as error:  # its own text repeats the data, which no log may hold
        wrong = ", ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UnusableMessageError(f"{place}: {wrong}") from None
    except (UnknownEventType, KeyError, ValueError, TypeError) as error:
        raise UnusableMessageError(f"{place}: {error!r}") from error
