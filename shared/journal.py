"""The journal: one writer, group commit, one transaction for everything a command does.

The invariant: an answer leaves only after the commit that holds its entries is durable,
and whoever changes a ledger's tables holds that ledger's chain head. One writer takes
all that is queued, locks the heads, loads the rows named, decides in order, seals,
writes entries and rows with one statement per table, and commits once. A refused
command leaves no trace; a batch that fails is halved until the one at fault stands alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from shared import chains
from shared.dates import now
from shared.decider import Command, Need, Picture
from shared.errors import Overloaded, Refusal, Unavailable
from shared.events import Event
from shared.projection import Projection
from shared.seal import Context, Entry, SealedEntry, Signer, genesis
from shared.tables import Tables

log = structlog.get_logger()

_BATCH_MAX = 1_000  # units decided in one commit
_QUEUE_MAX = 50_000  # units waiting before new ones are refused
_ROUNDS_MAX = 6  # how often a command may name more rows after seeing some


@dataclass(slots=True)
class Desk:
    """One ledger's books while a batch is decided: its picture and the entries so far."""

    service: str
    ledger: str
    picture: Picture
    projection: Projection
    position: int
    previous_hash: bytes
    recorded_at: datetime
    load: Callable[[Picture, Iterable[Need]], Awaitable[None]] = field(repr=False)
    entries: list[Entry] = field(default_factory=list)

    async def decide(self, command: Command, context: Context) -> list[Entry]:
        """Carry out one command against the picture; return its entries."""
        await self.ensure(command.needs(self.picture))
        for _ in range(_ROUNDS_MAX):
            if not self.picture.missing(needs := list(command.needs(self.picture))):
                break
            await self.ensure(needs)
        facts = command.decide(self.picture)
        return [await self.record(fact, context) for fact in facts]

    async def record(self, fact: Event, context: Context) -> Entry:
        """Add a fact of ours at the next position and let it change the picture."""
        await self.ensure(self.projection.needs(fact))
        entry = Entry(
            service=self.service,
            ledger=self.ledger,
            position=self.position + len(self.entries) + 1,
            entry_id=uuid7(),
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

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Take back entries and rows of the block if it raises."""
        count = len(self.entries)
        try:
            with self.picture.attempt():
                yield
        except BaseException:
            del self.entries[count:]
            raise

    def seal(self, signer: Signer) -> list[SealedEntry]:
        """Chain the new entries and sign the last: the ledger's new head."""
        sealed: list[SealedEntry] = []
        previous = self.previous_hash
        for entry in self.entries:
            sealed.append(chains.seal(entry, previous))
            previous = sealed[-1].hash
        if sealed:
            last = sealed[-1]
            signature = signer.sign(last.ledger, last.position, last.hash)
            sealed[-1] = SealedEntry(last.ledger, last.position, last.sealed, last.hash, signature)
        return sealed


class Unit(Protocol):
    """A piece of work that lands in one commit, or not at all."""

    done: "asyncio.Future[Outcome]"

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
    """What a unit wrote, and the books as they stood after the batch it was part of."""

    entries: Sequence[Entry]
    picture: Picture


@dataclass(slots=True)
class Commands:
    """Commands of one caller in one ledger: all are carried out, or none is."""

    ledger: str
    commands: Sequence[Command]
    context: Context
    done: "asyncio.Future[Outcome]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def ledgers(self) -> Iterable[str]:
        """Return its one ledger."""
        return (self.ledger,)

    def needs(self, ledger: str, picture: Picture) -> Iterable[Need]:
        """Name what its commands read."""
        if ledger == self.ledger:
            for command in self.commands:
                yield from command.needs(picture)

    async def run(self, desks: dict[str, Desk]) -> Outcome:
        """Carry out the commands in order; with several, report every refusal at once."""
        desk = desks[self.ledger]
        entries: list[Entry] = []
        refusals: dict[int, Refusal] = {}
        async with desk.attempt():
            for index, command in enumerate(self.commands):
                try:
                    entries += await desk.decide(command, self.context)
                except Refusal as refusal:
                    refusals[index] = refusal
            if refusals:
                raise refusals[0] if len(self.commands) == 1 else SeveralRefused(refusals)
        return Outcome(entries, desk.picture)


class SeveralRefused(Refusal):
    """Some of the items can't be carried out, so none was: each is listed with its reason."""

    status = 422

    def __init__(self, refusals: dict[int, Refusal]) -> None:
        """Keep each refusal under the index of its item."""
        super().__init__(errors=[{"index": i, **r.problem()} for i, r in refusals.items()])
        self.refusals = refusals


class Journal:
    """A service's journal and its one writer in this process."""

    def __init__(  # noqa: PLR0913 - a service's parts, given once, by name
        self,
        *,
        service: str,
        engine: AsyncEngine,
        tables: Tables,
        projection: Projection,
        signer: Signer,
    ) -> None:
        self.service = service
        self.engine = engine
        self.tables = tables
        self.projection = projection
        self.written = asyncio.Event()  # set after each commit, for the relay
        self._signer = signer
        self._queue: asyncio.Queue[Unit | None] = asyncio.Queue()
        self._closing = False

    async def execute(self, ledger: str, command: Command, context: Context) -> Outcome:
        """Carry out one command in the writer's next commit, or leave no trace.

        Returns the entries written, none when the command changed nothing. Raises
        whatever Refusal the command raises, Overloaded or Unavailable.
        """
        return await self.submit(Commands(ledger, (command,), context))

    async def submit(self, unit: Unit) -> Outcome:
        """Queue a unit and wait until its commit is durable."""
        if self._closing or self._queue.qsize() >= _QUEUE_MAX:
            raise Overloaded(retry_after_seconds=1)
        self._queue.put_nowait(unit)
        return await unit.done

    async def write_until_closed(self) -> None:
        """Be the writer: commit batch after batch until `close` and the queue is empty."""
        open_ = True
        while open_:
            unit = await self._queue.get()
            batch: list[Unit] = []
            while unit is not None:
                batch.append(unit)
                if len(batch) == _BATCH_MAX or self._queue.empty():
                    break
                unit = self._queue.get_nowait()
            open_ = unit is not None
            if batch:
                await self._carry_out(batch)

    def close(self) -> None:
        """Accept nothing more; the writer ends once all that was accepted is answered."""
        self._closing = True
        self._queue.put_nowait(None)

    async def _carry_out(self, batch: list[Unit]) -> None:
        try:
            await self._commit(batch)
        except (OSError, InterfaceError, OperationalError) as error:
            log.warning("journal.unavailable", error=type(error).__name__)
            _answer_all(batch, Unavailable(retry_after_seconds=1))
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                _answer_all(batch, Unavailable(retry_after_seconds=1))
            elif len(batch) == 1:
                _answer_all(batch, error)
            else:
                log.exception("journal.batch_halved", units=len(batch))
                middle = len(batch) // 2
                await self._carry_out(batch[:middle])
                await self._carry_out(batch[middle:])

    async def _commit(self, batch: list[Unit]) -> None:
        outcomes: list[Outcome | Refusal] = []
        async with self.engine.begin() as tx:
            desks = await self._open_desks(tx, batch)
            for unit in batch:
                try:
                    outcomes.append(await unit.run(desks))
                except Refusal as refusal:
                    outcomes.append(refusal)
            sealed = [entry for desk in desks.values() for entry in desk.seal(self._signer)]
            entries = [entry for desk in desks.values() for entry in desk.entries]
            await chains.append(tx, entries, sealed)
            await self.tables.save(tx, (desk.picture for desk in desks.values()))
        for unit, outcome in zip(batch, outcomes, strict=True):
            _answer(unit, outcome)
        if sealed:
            self.written.set()

    async def _open_desks(self, tx: AsyncConnection, batch: list[Unit]) -> dict[str, Desk]:
        ledgers = sorted({ledger for unit in batch for ledger in unit.ledgers()})
        heads = await chains.lock_heads(tx, self.service, ledgers)

        async def load(picture: Picture, needs: Iterable[Need]) -> None:
            await self.tables.load(tx, {picture: set(needs)})

        desks = {}
        for ledger, head in heads.items():
            desks[ledger] = Desk(
                service=self.service,
                ledger=ledger,
                picture=Picture(ledger),
                projection=self.projection,
                position=head.position,
                previous_hash=head.hash if head.position else genesis(self.service, ledger),
                recorded_at=now(),
                load=load,
            )
        await self._load_together(tx, desks, batch)
        return desks

    async def _load_together(
        self, tx: AsyncConnection, desks: dict[str, Desk], batch: list[Unit]
    ) -> None:
        for _ in range(_ROUNDS_MAX):
            wanted: dict[Picture, set[Need]] = {}
            for unit in batch:
                for ledger in unit.ledgers():
                    picture = desks[ledger].picture
                    missing = picture.missing(unit.needs(ledger, picture))
                    if missing:
                        wanted.setdefault(picture, set()).update(missing)
            if not wanted:
                return
            await self.tables.load(tx, wanted)


def _answer(unit: Unit, outcome: Outcome | BaseException) -> None:
    if unit.done.done():  # the caller went away
        return
    if isinstance(outcome, BaseException):
        unit.done.set_exception(outcome)
    else:
        unit.done.set_result(outcome)


def _answer_all(batch: list[Unit], error: BaseException) -> None:
    for unit in batch:
        _answer(unit, error)
