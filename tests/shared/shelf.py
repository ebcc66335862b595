"""Tiny services for tests of the machinery: notes on a shelf, each in a database of its own."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.stack import Stack
from shared.checking import Chain
from shared.database import engine_of
from shared.follower import Follower
from shared.journal import Journal
from shared.projection import Projection, Reactions
from shared.refill import Refill
from shared.relay import Relay
from shared.seal import Context, SealedEntry, Signer
from shared.service import Service, create_app
from shared.settings import Settings
from shared.tables import Tables
from shared.telemetry import Metrics
from tests.books import PLAIN_HTTP
from tests.shared.databases import connected, empty_database
from tests.shared.notes import Note, Put, keeping

LEDGER = "demo"
CONTEXT = Context("alice", uuid4())

# A database that restarts, or an administrator, ends the sessions that hold leases.
LOCKS_LOST = """
SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
WHERE locktype = 'advisory' AND datname = current_database()
"""


@dataclass
class Shelf:
    """One tiny service: its database, its settings, and as many workers as a test wants."""

    name: str
    dsn: str
    settings: Settings
    tables: Tables
    projection: Projection
    reactions: Reactions
    sources: tuple[str, ...]
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(verify=PLAIN_HTTP))
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)

    def engine(self, dsn: str | None = None) -> AsyncEngine:
        settings = self.settings
        if dsn:
            settings = settings.model_copy(
                update={"database_url": type(settings.database_url)(dsn)}
            )
        engine = engine_of(settings)
        self._exits.push_async_callback(engine.dispose)
        return engine

    def journal(self, dsn: str | None = None) -> Journal:
        """Return a journal whose writer does not run yet."""
        return Journal(
            service=self.name,
            engine=self.engine(dsn),
            tables=self.tables,
            projection=self.projection,
            signer=Signer(self.name, self.settings.signing_key.get_secret_value()),
        )

    async def writing(self, dsn: str | None = None) -> Journal:
        """Return a journal that writes until the test ends."""
        journal = self.journal(dsn)
        await self._exits.enter_async_context(writer(journal))
        return journal

    def relay(self, engine: AsyncEngine | None = None) -> Relay:
        return Relay(
            service=self.name,
            engine=engine or self.engine(),
            settings=self.settings,
            metrics=Metrics(),
        )

    def follower(self, source: str, journal: Journal, metrics: Metrics | None = None) -> Follower:
        token = self.settings.service_token.get_secret_value()
        return Follower(
            source=source,
            journal=journal,
            reactions=self.reactions,
            refill=Refill(self.http, self.settings.journal_urls, token),
            settings=self.settings,
            metrics=metrics or Metrics(),
        )

    def service(self) -> Service:
        return Service(
            name=self.name,
            title=self.name,
            tables=self.tables,
            projection=self.projection,
            reactions=self.reactions,
            sources=self.sources,
            routers=(),
            migrations=Path(),
        )

    def serves(self, journal: Journal) -> httpx.AsyncClient:
        """Return a client that reads this shelf's journal as others do, over its own API."""
        app = create_app(self.service(), self.settings, follow=False)
        app.state.journal = journal
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app))

    async def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement as superuser."""
        async with connected(self.dsn) as db:
            return [tuple(row) for row in await db.fetch(statement, *values)]

    async def notes(self) -> dict[str, int]:
        """Return how often each note was written."""
        return dict(await self.sql("SELECT name, times FROM notes"))

    async def entries(self, ledger: str = LEDGER) -> list[SealedEntry]:
        """Return the stored entries of a ledger; raise if they are not one whole chain."""
        rows = await self.sql(
            "SELECT ledger, position, sealed, hash, signature FROM journal "
            "WHERE ledger = $1 ORDER BY position",
            ledger,
        )
        found = [SealedEntry(*row) for row in rows]
        chain = Chain(self.name, ledger, self.settings.public_keys[self.name])
        assert chain.first_flaw(found) is None
        assert chain.finish() is None
        return found

    async def checkpoint(self, source: str, ledger: str = LEDGER) -> int:
        rows = await self.sql(
            "SELECT position FROM checkpoints WHERE source = $1 AND ledger = $2", source, ledger
        )
        return int(rows[0][0]) if rows else 0

    async def close(self) -> None:
        await self._exits.aclose()
        await self.http.aclose()


@asynccontextmanager
async def shelf(
    stack: Stack, *, source: Shelf | None = None, reactions: Reactions | None = None
) -> AsyncIterator[Shelf]:
    """Make a tiny service on the running PostgreSQL and Kafka; it may follow another one."""
    async with empty_database(stack) as dsn:
        made = _shelf(stack, dsn, source, reactions or Reactions())
        try:
            async with made.engine().begin() as tx:
                await tx.run_sync(made.tables.metadata.create_all)
            yield made
        finally:
            await made.close()


def _shelf(stack: Stack, dsn: str, source: Shelf | None, reactions: Reactions) -> Shelf:
    name = f"shelf_{uuid4().hex[:8]}"
    key = Ed25519PrivateKey.generate()
    public = {name: base64.b64encode(key.public_key().public_bytes_raw()).decode()}
    borrowed = {
        variable.removeprefix("PAYMENTS_").lower(): value
        for variable, value in stack.environment("payments").items()
    }
    settings = Settings.model_validate(
        borrowed
        | {
            "database_url": dsn.replace("postgresql://", "postgresql+asyncpg://"),
            "signing_key": base64.b64encode(key.private_bytes_raw()).decode(),
            "public_keys": public | (source.settings.public_keys if source else {}),
            "journal_urls": json.loads(borrowed["journal_urls"])
            | ({source.name: "http://owner"} if source else {}),
        }
    )
    tables = Tables(MetaData())
    tables.table("notes", Note)
    return Shelf(
        name=name,
        dsn=dsn,
        settings=settings,
        tables=tables,
        projection=keeping(),
        reactions=reactions,
        sources=(source.name,) if source else (),
    )


@asynccontextmanager
async def writer(journal: Journal) -> AsyncIterator[None]:
    """Run a journal's writer; at the end it answers what it accepted."""
    writing = asyncio.create_task(journal.write_until_closed())
    try:
        yield
    finally:
        journal.close()
        await writing


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    """Run a relay or a follower for as long as the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def put(journal: Journal, names: Sequence[str], ledger: str = LEDGER) -> None:
    """Put notes, all at once."""
    await asyncio.gather(*(journal.execute(ledger, Put(name), CONTEXT) for name in names))


async def until(condition: Any, seconds: float = 90.0) -> None:
    """Wait until a condition, plain or asynchronous, holds; raise TimeoutError where none does."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if (await found) if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.02)


@contextmanager
def constant(module: Any, name: str, value: Any) -> Iterator[None]:
    """Give a module's constant another value for a while."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
