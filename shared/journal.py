"""The journal: one writer, group commit, one transaction for everything a command does.

The invariant: an answer leaves only after the commit that holds its entries is durable,
and whoever changes a ledger's tables holds that ledger's chain head. One writer takes
all that is queued, locks the heads, loads the rows named, decides in order, seals,
writes entries and rows with one statement per table, and commits once. A refused
command leaves no trace; a batch that fails is halved until the one at fault stands alone.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import chains
from shared.database import Driver, passes, transaction
from shared.dates import now
from shared.decider import Command, Memory, Need, Picture
from shared.desk import ROUNDS_MAX, Desk
from shared.errors import Overloaded, Refusal, Unavailable
from shared.projection import Projection
from shared.seal import Context, Entry, Signer, genesis
from shared.tables import Tables

log = structlog.get_logger()

_BATCH_MAX = 1_000  # commands or facts after which a commit takes no further unit
_QUEUE_MAX = 50_000  # units waiting before new ones are refused
_LEDGERS_REMEMBERED_MAX = 1_000


class Unit(Protocol):
    """A piece of work that lands in one commit, or not at all."""

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


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A ledger's settings as they were under a head."""

    head: bytes
    memory: Memory


class Journal:
    """A service's journal and its one writer in this process."""

    def __init__(
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
        self._settings: dict[str, _Remembered] = {}

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
            await asyncio.sleep(0)  # who arrived together goes together
            batch: list[Unit] = []
            size = 0
            while unit is not None:
                batch.append(unit)
                size += unit.size
                if size >= _BATCH_MAX or self._queue.empty():
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
            outcomes = await self._commit(batch)
        except Exception as error:  # noqa: BLE001 - each caller gets it as its answer
            if passes(error):
                log.warning("journal.unavailable", units=len(batch), error=repr(error))
                _answer(batch, [Unavailable(retry_after_seconds=1) for _ in batch])
            elif len(batch) == 1:
                _answer(batch, [error])
            else:
                log.warning("journal.batch_halved", units=len(batch), error=repr(error))
                middle = len(batch) // 2
                await self._carry_out(batch[:middle])
                await self._carry_out(batch[middle:])
        else:
            _answer(batch, outcomes)

    async def _commit(self, batch: list[Unit]) -> list[Outcome | Exception]:
        """Do the work of a batch in one transaction; return what to answer now it is durable."""
        outcomes: list[Outcome | Exception] = []
        async with transaction(self.engine) as tx:
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
            unused = [d.ledger for d in desks.values() if d.opened_now and d.untouched]
            await chains.close(tx, unused)
        self._remember_settings(desks.values())
        if entries:
            self.written.set()
        return outcomes

    async def _open_desks(self, tx: Driver, batch: list[Unit]) -> dict[str, Desk]:
        ledgers = sorted({ledger for unit in batch for ledger in unit.ledgers()})
        heads = await chains.lock_heads(tx, self.service, ledgers)
        desks = {name: self._open_desk(tx, head) for name, head in heads.items()}
        await self._load_together(tx, desks, batch)
        return desks

    def _open_desk(self, tx: Driver, head: chains.Head) -> Desk:
        async def load(picture: Picture, needs: Iterable[Need]) -> None:
            await self.tables.load(tx, {picture: set(needs)})

        remembered = self._settings.get(head.ledger)
        fresh = remembered and remembered.head == head.hash
        return Desk(
            service=self.service,
            ledger=head.ledger,
            picture=Picture(head.ledger, remembered.memory if remembered and fresh else None),
            projection=self.projection,
            position=head.position,
            head_hash=head.hash if head.position else genesis(self.service, head.ledger),
            opened_now=head.opened_now,
            recorded_at=now(),
            load=load,
        )

    def _remember_settings(self, desks: Iterable[Desk]) -> None:
        """Keep what only our own facts change, for as long as the head is the one we wrote."""
        for desk in desks:
            memory = desk.picture.memory(self.tables.settings)
            self._settings[desk.ledger] = _Remembered(desk.head_hash, memory)
        while len(self._settings) > _LEDGERS_REMEMBERED_MAX:
            del self._settings[next(iter(self._settings))]

    async def _load_together(self, tx: Driver, desks: dict[str, Desk], batch: list[Unit]) -> None:
        """Load what the units name, then what those that lacked rows name once they see them."""
        asking = batch
        for _ in range(ROUNDS_MAX):
            wanted: dict[Picture, set[Need]] = {}
            lacking: list[Unit] = []
            for unit in asking:
                complete = True
                for ledger in unit.ledgers():
                    picture = desks[ledger].picture
                    if missing := picture.missing(unit.needs(ledger, picture)):
                        wanted.setdefault(picture, set()).update(missing)
                        complete = False
                if not complete:
                    lacking.append(unit)
            if not wanted:
                return
            await self.tables.load(tx, wanted)
            asking = lacking


def _answer(batch: Sequence[Unit], outcomes: Sequence[Outcome | Exception]) -> None:
    for unit, outcome in zip(batch, outcomes, strict=True):
        if unit.done.done():  # the caller went away
            continue
        if isinstance(outcome, Exception):
            unit.done.set_exception(outcome)
        else:
            unit.done.set_result(outcome)
