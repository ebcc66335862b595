"""A database in memory, with what the core relies on: atomic commits, row locks, sessions.

It stands where the connection is (`sessions`); what goes over it are the statements of
`shared`, which `books` and `statements` carry out.
"""

from collections import Counter, deque
from collections.abc import Generator, Hashable
from random import Random
from typing import Any

from shared.chains import Head
from shared.seal import SealedEntry
from shared.tables import Tables
from tests.simulation.books import Insert
from tests.simulation.loop import PROCESS, Process
from tests.simulation.sessions import Record, Session

BREAKS = 0.02  # chance of each commit that the connection breaks: half of them just after it


class Database:
    """What a service committed, and who is at work on it."""

    def __init__(self, name: str, tables: Tables, chance: Random) -> None:
        self.name = name
        self.chance = chance
        self.breaks = BREAKS
        found = tables.metadata.tables.values()
        self.columns = {table.name: tuple(table.c.keys()) for table in found}
        self.keys = {table.name: [*table.primary_key.columns.keys()][-1] for table in found}
        self.records: dict[str, dict[str, dict[Hashable, Record]]] = {t: {} for t in self.columns}
        self.heads: dict[str, Head] = {}
        self.journal: dict[str, list[SealedEntry]] = {}
        self.relayed: dict[str, tuple[int, int, int]] = {}  # position, partition, offset
        self.offsets: dict[tuple[str, int], tuple[int, bytes | None]] = {}
        self.leases: dict[tuple[str, int], Session] = {}
        self.present: dict[str, dict[Session, None]] = {}
        self.locks: dict[str, Session] = {}
        self.waiting: dict[str, deque[Session]] = {}
        self.sessions: dict[Session, None] = {}  # in the order in which they were opened
        self.server = Process(f"the database {name}")
        self.ways: Counter[str] = Counter()  # how often each way of writing was taken

    def connect(self) -> "Connecting":
        """Open a session: until the block ends, or until it is closed."""
        return Connecting(self)

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

    def place(self, insert: Insert, record: Record) -> tuple[str, Hashable]:
        """Return ledger and key of a record."""
        columns = insert.columns
        return record[columns.index("ledger")], record[columns.index(self.keys[insert.table])]


class Connecting:
    """A session that is being opened."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._session: Session | None = None

    def __await__(self) -> Generator[Any, None, "Session"]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> "Session":
        self._session = Session(self._database, PROCESS.get())
        await self._session.turn()
        return self._session

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            self._session.end()
