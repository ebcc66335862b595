"""A database in memory, with what the core relies on: atomic commits, row locks, sessions.

It stands where `Tables.load` and `save`, `chains` and the connection are. Reads see what was
committed when the statement runs; a head stays locked until the transaction ends; a session
that breaks rolls back, unless its commit was under way: then nobody can tell. A statement
that it was not taught raises, so that a change of the core can't pass by unseen.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import asyncpg

from shared.chains import Head
from shared.decider import Need, Picture, Row
from shared.seal import Entry, SealedEntry, genesis
from shared.tables import Tables
from tests.simulation.loop import PROCESS, Process, Turn
from tests.simulation.statements import Result, meaning

BREAKS = 0.02  # chance of each commit that the connection breaks: half of them just after it
Keyed = dict[str, dict[Hashable, Row]]  # by ledger and key


class Database:
    """What a service committed, and who is at work on it."""

    def __init__(self, name: str, chance: Random) -> None:
        self.name = name
        self.chance = chance
        self.breaks = BREAKS
        self.heads: dict[str, Head] = {}
        self.journal: dict[str, list[SealedEntry]] = {}
        self.rows: dict[type[Row], Keyed] = {}
        self.relayed: dict[str, tuple[int, int, int]] = {}  # position, partition, offset
        self.offsets: dict[tuple[str, int], int] = {}
        self.leases: dict[tuple[str, int], Session] = {}
        self.present: dict[str, dict[Session, None]] = {}
        self.locks: dict[str, Session] = {}
        self.waiting: dict[str, deque[Session]] = {}
        self.sessions: dict[Session, None] = {}  # in the order in which they were opened

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["Session"]:
        """Open a session."""
        session = Session(self, PROCESS.get())
        self.sessions[session] = None
        try:
            await session.turn()
            yield session
        finally:
            session.end()

    def restart(self) -> None:
        """Break every session; what was committed stays."""
        for session in list(self.sessions):
            session.end()

    def give_up_on(self, process: Process) -> None:
        """End the sessions of a process that stands still in mid-transaction."""
        for session in list(self.sessions):
            if session.process is process and session.transacting:
                session.end()

    def let_next_in(self, ledger: str) -> None:
        """Give a head's lock to who waits longest."""
        queue = self.waiting.get(ledger, deque())
        while queue:
            session = queue.popleft()
            if not session.closed:
                self.locks[ledger] = session
                session.go_on()
                return


@dataclass(eq=False)
class Session:
    """A connection: what it locked and leased ends with it."""

    database: Database
    process: Process
    closed: bool = False
    transacting: bool = False
    heads: dict[str, Head] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    entries: list[SealedEntry] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    waits: "asyncio.Future[None] | None" = None  # for a lock

    def __post_init__(self) -> None:
        self.process.at_end.append(self.end)

    async def turn(self) -> None:
        """Let others go on while a statement is under way; raise if the connection broke."""
        if self.process.alive:
            await Turn()
        if self.closed:
            raise ConnectionResetError(f"the database {self.database.name} went away")

    def end(self) -> None:
        """Roll back, and give back what was locked and leased."""
        self.closed = True
        self.forget()
        self.go_on()
        here = self.database
        here.sessions.pop(self, None)
        for lease in [lease for lease, holder in here.leases.items() if holder is self]:
            del here.leases[lease]
        for sessions in here.present.values():
            sessions.pop(self, None)

    def go_on(self) -> None:
        """Wait for a lock no longer."""
        if self.waits and not self.waits.done():
            self.waits.set_result(None)

    def forget(self) -> None:
        """End the transaction without its writes."""
        self.transacting = False
        self.heads, self.opened, self.entries, self.rows = {}, set(), [], []
        for ledger in [name for name, holder in self.database.locks.items() if holder is self]:
            del self.database.locks[ledger]
            self.database.let_next_in(ledger)

    def apply(self) -> None:
        """Make what was written durable and visible, all at once."""
        here = self.database
        for entry in self.entries:
            here.journal.setdefault(entry.ledger, []).append(entry)
        here.heads |= self.heads
        for row in self.rows:
            kept = here.rows.setdefault(type(row), {}).setdefault(row.ledger, {})
            kept[getattr(row, row.key)] = row

    async def lock(self, ledger: str) -> Head | None:
        """Lock a head until the transaction ends; return it as it was committed last."""
        here = self.database
        if here.locks.setdefault(ledger, self) is not self:
            self.waits = asyncio.get_running_loop().create_future()
            here.waiting.setdefault(ledger, deque()).append(self)
            await self.waits
        await self.turn()
        return here.heads.get(ledger)

    # ── as SQLAlchemy and the driver are asked ──────────────────────────────────

    async def execution_options(self, **_options: Any) -> None:
        await self.turn()

    async def invalidate(self) -> None:
        self.end()

    async def get_raw_connection(self) -> Any:
        return SimpleNamespace(driver_connection=self)

    def is_closed(self) -> bool:
        return self.closed

    def transaction(self, isolation: str | None = None) -> "Transaction":
        assert isolation is None, isolation
        return Transaction(self)

    async def fetch(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return list(await self.execute(statement, *values))

    async def execute(self, statement: Any, *values: Any) -> "Result":
        """Carry out one of the statements that relays, followers and leases make."""
        await self.turn()
        return Result(meaning(statement)(self, *values))


class Transaction:
    """A block that commits, or leaves no trace."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def __aenter__(self) -> Self:
        self._session.transacting = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        session = self._session
        if kind is not None:
            session.forget()
            return
        await session.turn()
        draw, breaks = session.database.chance.random(), session.database.breaks
        if draw < breaks / 2:
            session.end()
        await session.turn()
        session.apply()
        if draw > 1 - breaks / 2:
            session.end()  # it is durable, and nobody hears of it
        session.forget()
        await session.turn()


# ── in the place of shared.chains ───────────────────────────────────────────────


async def lock_heads(tx: Session, service: str, ledgers: Sequence[str]) -> dict[str, Head]:
    """Lock heads in order; open chains that are new."""
    found = {}
    for ledger in sorted(ledgers):
        head = await tx.lock(ledger)
        if head is None:
            head = Head(ledger, 0, genesis(service, ledger), None, opened_now=True)
            tx.heads[ledger] = Head(ledger, 0, head.hash, None)
        found[ledger] = head
    return found


async def close(tx: Session, ledgers: Sequence[str]) -> None:
    """Drop the heads that were opened for nothing."""
    for ledger in ledgers:
        if tx.heads[ledger].position == 0:
            del tx.heads[ledger]


async def append(tx: Session, entries: Sequence[Entry], sealed: Sequence[SealedEntry]) -> None:
    """Write new entries and move their heads; refuse a position that is taken."""
    if not entries:
        return
    await tx.turn()
    for entry in sealed:
        taken = len(tx.database.journal.get(entry.ledger, ()))
        if entry.position <= taken:
            raise asyncpg.UniqueViolationError(f"{entry.ledger} {entry.position}")
        if entry.signature is not None:
            tx.heads[entry.ledger] = Head(entry.ledger, entry.position, entry.hash, entry.signature)
    tx.entries += sealed
    await tx.turn()


async def read(tx: Session, ledger: str, after: int | None, limit: int) -> list[SealedEntry]:
    """Return stored entries after a position."""
    await tx.turn()
    start = after or 0
    return tx.database.journal.get(ledger, [])[start : start + limit]


# ── in the place of shared.tables.Tables ────────────────────────────────────────


class MemoryTables:
    """Reads and writes the rows of pictures, as a service's tables do."""

    def __init__(self, tables: Tables) -> None:
        self.settings = tables.settings

    async def load(self, tx: Session, wanted: Mapping[Picture, set[Need]]) -> None:
        """Read the rows that several pictures need."""
        await tx.turn()
        for picture, needs in wanted.items():
            rows = [row for need in needs for row in _found(tx, picture.ledger, need)]
            picture.load(needs, rows)

    async def save(self, tx: Session, pictures: Iterable[Picture]) -> None:
        """Write what facts changed; what is added must not be there."""
        for picture in pictures:
            for kind, rows in picture.changes():
                await tx.turn()
                kept = tx.database.rows.get(kind, {}).get(picture.ledger, {})
                for row in rows:
                    if picture.is_new(row) and getattr(row, kind.key) in kept:
                        raise asyncpg.UniqueViolationError(f"{kind.__name__}: {row}")
                tx.rows += rows


def _found(tx: Session, ledger: str, need: Need) -> Iterable[Row]:
    kept = tx.database.rows.get(need.row, {}).get(ledger, {})
    if need.column == need.row.key:
        return [kept[need.value]] if need.value in kept else ()
    return [row for row in kept.values() if getattr(row, need.column) == need.value]
