"""The journal: one writer, group commit, one transaction for everything a command does.

The invariant: an answer leaves only after the commit that holds its entries is durable,
and whoever changes a ledger's tables moves that ledger's head, which nobody else moved since
it was read. One writer takes all that is queued, loads the rows named that it does not
remember, decides in order, seals, writes entries and rows, and commits once. A refused
command leaves no trace; a batch that fails is halved until the one at fault stands alone.

A small batch in ledgers whose heads are remembered is written in one statement that fails if
a head moved; any other, and one that failed so, is decided while the heads are locked. Where
a head moved, another process is at work on the same books: so are the next batches.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import chains
from shared.chains import Head, Move
from shared.database import Driver, Session, passes
from shared.dates import now
from shared.decider import Command, Need, Picture
from shared.desk import ROUNDS_MAX, Desk
from shared.errors import Refusal, Unavailable
from shared.memory import Memories
from shared.projection import Projection
from shared.seal import Context, Signer
from shared.tables import Tables
from shared.units import Commands, Outcome, Unit
from shared.waiting import Waiting
from shared.writing import Change, MovedError, Target, write_at_once, write_in_turn

log = structlog.get_logger()

_AT_ONCE_MAX = 64  # commands or facts that are few enough to be written in one statement
_LOCKED_AFTER_MOVE = 8  # batches


_JOURNAL = Target("journal", chains.JOURNAL)


class _Written(NamedTuple):
    """What a batch writes: heads it moves, rows it changes, and whether entries are among them."""

    moves: list[Move]
    changes: list[Change]
    entries: bool


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
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.service = service
        self.engine = engine
        self.tables = tables
        self.projection = projection
        self.written = asyncio.Event()  # set after each commit, for the relay
        self._signer = signer
        self._clock = clock
        self._waiting = Waiting()
        self._session = Session(engine)
        self._memories = Memories(tables.settings, tables.is_kept)
        self._to_lock = 0  # batches that had better be decided under lock

    async def execute(self, ledger: str, command: Command, context: Context) -> Outcome:
        """Carry out one command in the writer's next commit, or leave no trace.

        Returns the entries written, none when the command changed nothing. Raises
        whatever Refusal the command raises, Overloaded or Unavailable.
        """
        return await self.submit(Commands(ledger, (command,), context))

    async def submit(self, unit: Unit) -> Outcome:
        """Queue a unit and wait until its commit is durable; raise Overloaded."""
        self._waiting.add(unit)
        return await unit.done

    def check_room(self) -> None:
        """Raise Overloaded if a unit submitted now would be refused, whatever it holds."""
        self._waiting.check()

    async def write_until_closed(self) -> None:
        """Be the writer: commit batch after batch until `close` and nobody waits."""
        while batch := await self._waiting.take():
            await self._carry_out(batch)
        await self._session.close()

    def close(self) -> None:
        """Accept nothing more; the writer ends once all that was accepted is answered."""
        self._waiting.close()

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
        """Do the work of a batch, all of it or nothing; return what to answer now it is durable."""
        ledgers = sorted({ledger for unit in batch for ledger in unit.ledgers()})
        heads = [head for ledger in ledgers if (head := self._memories.head(ledger))]
        few = len(heads) == len(ledgers) and sum(unit.size for unit in batch) <= _AT_ONCE_MAX
        if self._to_lock:
            self._to_lock -= 1
        elif few:
            try:
                return await self._commit_at_once(batch, heads)
            except MovedError:
                self._to_lock = _LOCKED_AFTER_MOVE
                log.info("journal.head_moved", ledgers=len(ledgers))
            except Exception as error:
                if passes(error):
                    raise
                # Rows that another writer changes while we read them need not go together.
                log.info("journal.decided_again", ledgers=len(ledgers), error=repr(error))
        return await self._commit_under_lock(batch, ledgers)

    async def _commit_at_once(
        self, batch: list[Unit], heads: list[Head]
    ) -> list[Outcome | Exception]:
        """Decide on what is remembered, and write in one statement; raise MovedError."""
        async with self._session.connected() as driver:
            desks = self._open_desks(driver, heads)
            outcomes = await self._decide(driver, desks, batch)
            written = self._seal(desks)
            others = [desk.head for desk in desks.values() if desk.untouched]
            if others and not await chains.unmoved(driver, others):
                raise MovedError
            if written.moves:
                await write_at_once(driver, written.moves, written.changes)
        self._finish(desks, written)
        return outcomes

    async def _commit_under_lock(
        self, batch: list[Unit], ledgers: list[str]
    ) -> list[Outcome | Exception]:
        """Lock the heads, decide on what is there, and write in the same transaction."""
        async with self._session.transaction() as tx:
            heads = await chains.lock_heads(tx, self.service, ledgers)
            desks = self._open_desks(tx, heads.values())
            outcomes = await self._decide(tx, desks, batch)
            written = self._seal(desks)
            await write_in_turn(tx, written.moves, written.changes)
            unused = [d.ledger for d in desks.values() if d.head.opened_now and d.untouched]
            await chains.close(tx, unused)
        self._finish(desks, written)
        return outcomes

    def _open_desks(self, tx: Driver, heads: Iterable[Head]) -> dict[str, Desk]:
        async def load(picture: Picture, needs: Iterable[Need]) -> None:
            await self.tables.load(tx, {picture: set(needs)})

        return {
            head.ledger: Desk(
                service=self.service,
                ledger=head.ledger,
                picture=self._memories.picture(head),
                projection=self.projection,
                head=head,
                recorded_at=self._clock(),
                load=load,
            )
            for head in heads
        }

    async def _decide(
        self, tx: Driver, desks: dict[str, Desk], batch: list[Unit]
    ) -> list[Outcome | Exception]:
        """Carry out unit after unit; each sees what the one before decided."""
        await self._load_together(tx, desks, batch)
        outcomes: list[Outcome | Exception] = []
        for unit in batch:
            try:
                outcomes.append(await unit.run(desks))
            except Refusal as refusal:
                outcomes.append(refusal)
        return outcomes

    def _seal(self, desks: Mapping[str, Desk]) -> _Written:
        """Seal what was decided; return it as what is to be written."""
        sealed = [entry for desk in desks.values() for entry in desk.seal(self._signer)]
        entries = [entry for desk in desks.values() for entry in desk.entries]
        changes = self.tables.changes(desk.picture for desk in desks.values())
        if entries:
            changes.append(Change(_JOURNAL, chains.records(entries, sealed)))
        touched = [desk for desk in desks.values() if not desk.untouched]
        return _Written([Move(desk.head, desk.left) for desk in touched], changes, bool(entries))

    def _finish(self, desks: Mapping[str, Desk], written: _Written) -> None:
        """Remember the books as they now are, and wake the relay."""
        for desk in desks.values():
            if not desk.untouched:
                self._memories.keep(desk.picture, desk.left)
            elif not desk.head.opened_now:
                self._memories.keep(desk.picture, desk.head)
        if written.entries:
            self.written.set()

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
