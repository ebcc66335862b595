"""Sessions of the database in memory: what each locked and wrote, and how it commits.

Reads see what was committed when the statement runs; a head stays locked until the transaction
ends; a session that breaks rolls back, unless its commit was under way: then nobody can tell.
"""

import asyncio
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast

from asyncpg.exceptions import (
    CardinalityViolationError,
    DeadlockDetectedError,
    UniqueViolationError,
)

from shared.chains import Head
from shared.seal import SealedEntry
from tests.simulation.books import Insert
from tests.simulation.loop import Loop, Process, Turn
from tests.simulation.statements import Result, meaning

if TYPE_CHECKING:
    from tests.simulation.database import Database

Record: TypeAlias = tuple[Any, ...]


@dataclass(eq=False)
class Session:
    """A connection: what it locked and leased ends with it."""

    database: "Database"
    process: Process
    closed: bool = False
    transacting: bool = False
    heads: dict[str, Head | None] = field(default_factory=dict)  # as it leaves them
    writes: list[tuple[Insert, Record]] = field(default_factory=list)
    waits: "asyncio.Future[None] | None" = None  # for a lock
    waits_for: str | None = None

    def __post_init__(self) -> None:
        self.process.at_end.append(self.end)
        self.database.sessions[self] = None

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
        self.waits_for = None
        if self.waits and not self.waits.done():
            self.waits.set_result(None)

    def forget(self) -> None:
        """End the transaction without its writes."""
        self.transacting = False
        self.heads, self.writes = {}, []
        for ledger in [name for name, holder in self.database.locks.items() if holder is self]:
            self.unlock(ledger)

    def apply(self) -> None:
        """Make what was written durable and visible, all at once."""
        here = self.database
        for insert, record in self.writes:
            self._refuse_taken(insert, [here.place(insert, record)])
        for insert, record in self.writes:
            ledger, key = here.place(insert, record)
            kept = here.records[insert.table].setdefault(ledger, {})
            if insert.conflict != "NOTHING" or key not in kept:
                kept[key] = record
            if insert.table == "journal":
                _, position, *_, sealed, hash_, signature = record
                entry = SealedEntry(ledger, position, sealed, hash_, signature)
                here.journal.setdefault(ledger, []).append(entry)
        here.heads |= {ledger: head for ledger, head in self.heads.items() if head}

    # ── heads ───────────────────────────────────────────────────────────────────

    def head(self, ledger: str) -> Head | None:
        """Return a head as this session left it, or as it was committed last."""
        return self.heads.get(ledger) or self.database.heads.get(ledger)

    async def lock(self, ledger: str) -> Head | None:
        """Lock a head until the transaction ends; return it as it is then."""
        here = self.database
        if here.locks.setdefault(ledger, self) is not self:
            if self in self._waited_for_by(ledger):
                raise DeadlockDetectedError(ledger)
            self.waits, self.waits_for = asyncio.get_running_loop().create_future(), ledger
            here.waiting.setdefault(ledger, deque()).append(self)
            await self.waits
        await self.turn()
        return self.head(ledger)

    def _waited_for_by(self, ledger: str | None) -> Iterator["Session"]:
        while ledger and (holder := self.database.locks.get(ledger)):
            yield holder
            ledger = holder.waits_for

    def unlock(self, ledger: str) -> None:
        """Let the next one have a head."""
        del self.database.locks[ledger]
        self.database.let_next_in(ledger)

    # ── rows ────────────────────────────────────────────────────────────────────

    def write(self, insert: Insert, records: Iterable[Record]) -> None:
        """Add records, or replace them where the statement says so."""
        added = list(records)
        places = [self.database.place(insert, record) for record in added]
        if insert.conflict and len(set(places)) < len(places):
            raise CardinalityViolationError(f"{insert.table}: the same row twice")
        written = {self.database.place(i, r) for i, r in self.writes if i.table == insert.table}
        if len(set(places)) < len(places) or (not insert.conflict and written & set(places)):
            raise UniqueViolationError(f"{insert.table}: {places}")
        self._refuse_taken(insert, places)
        self.writes += [(insert, record) for record in added]

    def _refuse_taken(self, insert: Insert, places: list[tuple[str, Hashable]]) -> None:
        here = self.database.records[insert.table]
        if not insert.conflict and any(key in here.get(ledger, ()) for ledger, key in places):
            raise UniqueViolationError(f"{insert.table}: {places}")

    # ── as SQLAlchemy and the driver are asked ──────────────────────────────────

    async def execution_options(self, **_options: Any) -> None:
        await self.turn()

    async def invalidate(self) -> None:
        self.end()

    async def close(self) -> None:
        self.end()

    async def get_raw_connection(self) -> Any:
        return SimpleNamespace(driver_connection=self)

    def is_closed(self) -> bool:
        return self.closed

    def transaction(self, isolation: str | None = None) -> "Transaction":
        assert isolation is None, isolation
        return Transaction(self)

    async def copy_records_to_table(
        self, table: str, *, columns: Sequence[str], records: Iterable[Record]
    ) -> None:
        await self.turn()
        self.write(Insert(table, tuple(columns)), records)

    async def fetch(self, statement: str, *values: Any) -> list[Record]:
        return list(await self.execute(statement, *values))

    async def execute(self, statement: Any, *values: Any) -> "Result":
        """Carry out a statement, within the transaction if there is one."""
        await self.turn()
        return await self._carry_out(statement, *values)

    async def fetchval(self, statement: str, *values: Any) -> Any:
        """Carry out a statement that commits by itself, whatever becomes of who sent it."""
        await self.turn()
        backend = Session(self.database, self.database.server)
        loop = cast("Loop", asyncio.get_running_loop())
        answer = await loop.spawn(backend.process, backend.alone(statement, *values))
        if backend.closed:
            self.end()
        backend.end()
        await self.turn()
        if isinstance(answer, Exception):
            raise answer
        return answer.scalar_one()

    async def alone(self, statement: str, *values: Any) -> "Result | Exception":
        """Carry out a statement in a transaction of its own; return what to answer."""
        try:
            async with Transaction(self):
                return await self._carry_out(statement, *values)
        except Exception as error:  # noqa: BLE001 - it is the answer
            return error

    async def _carry_out(self, statement: Any, *values: Any) -> "Result":
        found = meaning(statement)(self, *values)
        rows = found if isinstance(found, Iterable) else await found
        return Result(rows)


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
        try:
            session.apply()
        finally:
            if draw > 1 - breaks / 2:
                session.end()  # it is durable, and nobody hears of it
            session.forget()
        await session.turn()
