"""The desk: one ledger's books while a batch is decided, and where its facts are sealed.

The invariant: each decision sees what the one before it decided, and a piece of work
that is refused takes its entries and its rows back with it.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from typing_extensions import override

from shared import chains
from shared.chains import Head
from shared.decider import Attempt, Command, Need, NotLoadedError, Picture
from shared.events import Event
from shared.new_ids import ordered_id
from shared.projection import Projection
from shared.seal import Context, Entry, SealedEntry, Signer, genesis

ROUNDS_MAX = 8  # how often a command may name more rows after seeing some


@dataclass(slots=True)
class Desk:
    """One ledger's books while a batch is decided: its picture and the entries so far."""

    service: str
    ledger: str
    picture: Picture
    projection: Projection
    head: Head
    recorded_at: datetime
    load: Callable[[Picture, Iterable[Need]], Awaitable[None]] = field(repr=False)
    entries: list[Entry] = field(default_factory=list)
    left: Head = field(init=False)  # the head that this batch leaves, once it is sealed

    async def decide(self, command: Command, context: Context) -> list[Entry]:
        """Carry out one command against the picture; return its entries."""
        for _ in range(ROUNDS_MAX):
            try:
                facts = command.decide(self.picture)
            except NotLoadedError:
                missing = self.picture.missing(command.needs(self.picture))
                if not missing:
                    raise
                await self.load(self.picture, missing)
            else:
                return [await self.record(fact, context) for fact in facts]
        raise NotLoadedError(type(command).__name__, f"named new rows {ROUNDS_MAX} times")

    async def record(self, fact: Event, context: Context) -> Entry:
        """Add a fact of ours at the next position and let it change the picture."""
        await self.ensure(self.projection.needs(fact))
        entry = Entry(
            service=self.service,
            ledger=self.ledger,
            position=self.head.position + len(self.entries) + 1,
            entry_id=ordered_id(),
            recorded_at=self.recorded_at,
            context=context,
            fact=fact,
        )
        self.entries.append(entry)
        self.projection.apply(self.picture, entry)
        return entry

    async def ensure(self, needs: Iterable[Need]) -> None:
        """Load the rows named and not yet seen."""
        missing = self.picture.missing(needs)
        if missing:
            await self.load(self.picture, missing)

    def attempt(self) -> "DeskAttempt":
        """Take back entries and rows of the block if it raises."""
        return DeskAttempt(self)

    @property
    def untouched(self) -> bool:
        """Say whether nothing was written in this ledger, neither an entry nor a row."""
        return not self.entries and not any(rows for _, rows in self.picture.changes())

    def seal(self, signer: Signer) -> list[SealedEntry]:
        """Chain the new entries, sign the last, and make it the ledger's new head."""
        previous = self.head.hash if self.head.position else genesis(self.service, self.ledger)
        sealed: list[SealedEntry] = []
        for entry in self.entries:
            sealed.append(chains.seal(entry, previous))
            previous = sealed[-1].hash
        self.left = replace(self.head, revision=self.head.revision + 1, opened_now=False)
        if sealed:
            last = sealed[-1]
            signature = signer.sign(last.ledger, last.position, last.hash)
            sealed[-1] = SealedEntry(last.ledger, last.position, last.sealed, last.hash, signature)
            self.left = replace(
                self.left, position=last.position, hash=last.hash, signature=signature
            )
        return sealed


class DeskAttempt(Attempt):
    """A block of work at a desk that leaves everything, or nothing when it raises."""

    __slots__ = ("_count", "_desk")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.picture)
        self._desk = desk
        self._count = len(desk.entries)

    @override
    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        super().__exit__(kind, *_)
        if kind is not None:
            del self._desk.entries[self._count :]
