"""The database: one engine per process, UTC, what passes by itself, the schema check.

Statements that move whole batches go to the driver's own connection: there a round trip
costs a third of the time. All else goes through SQLAlchemy.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, TypeAlias

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.settings import Settings

# Classes of SQLSTATE that say "not now": connection, rollback by the server (deadlock,
# serialization), resources, intervention of an operator (shutdown, start-up), the system.
_PASSING = ("08", "40", "53", "57", "58")
_LOCK_NOT_AVAILABLE = "55P03"
_FROZEN_SECONDS_MAX = 30  # a process that sleeps in mid-transaction lets go of its locks


def engine_of(
    settings: Settings, *, pool_size: int = 10, statement_seconds: float | None = 60
) -> AsyncEngine:
    """Return an engine for the application's role; what it commits is durable."""
    frozen_seconds_max = _FROZEN_SECONDS_MAX if statement_seconds else 0
    return create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=False,
        hide_parameters=True,  # errors are logged, and no log holds a name or an IBAN
        connect_args={
            "timeout": 5,
            "command_timeout": statement_seconds,
            "server_settings": {
                "timezone": "UTC",
                "application_name": "acquit",
                "synchronous_commit": "on",
                "idle_in_transaction_session_timeout": f"{frozen_seconds_max}s",
            },
        },
    )


Driver: TypeAlias = asyncpg.Connection
"""A connection of the driver, within the transaction of whoever hands it on."""


async def driver_of(db: AsyncConnection) -> Driver:
    """Return the driver's connection under SQLAlchemy's; the transaction is the same."""
    driver: Driver = (await db.get_raw_connection()).driver_connection
    return driver


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, isolation: Literal["repeatable_read"] | None = None
) -> AsyncIterator[Driver]:
    """Open a transaction that commits with the block.

    Raises ConnectionError when the connection broke; whether it committed is then unknown.
    """
    async with engine.connect() as db:
        driver = await driver_of(db)
        try:
            async with driver.transaction(isolation=isolation):
                yield driver
        except Exception as error:
            if driver.is_closed() or _lost_its_way(error):
                await db.invalidate()
                raise _away(error) from error
            raise


LOOKING_UP = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan"
"""For sessions that look rows up by their keys, over and over.

A plan made while a table was small has to serve when it is large, so none may scan a whole
table; and one plan serves every time, since planning costs more than looking up.
"""


class Session:
    """One connection for the writer alone, opened when it is needed, and again once it is lost."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._db: AsyncConnection | None = None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Driver]:
        """Lend the connection; each statement commits by itself.

        Raises ConnectionError when it broke; whether a statement committed is then unknown.
        """
        if await self._is_lost():
            await self.close()
        try:
            yield await self._driver()
        except Exception as error:
            if await self._is_lost() or _lost_its_way(error):
                await self.close()
                raise _away(error) from error
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Driver]:
        """Lend the connection for a transaction that commits with the block; as `connected`."""
        async with self.connected() as driver, driver.transaction():
            yield driver

    async def _driver(self) -> Driver:
        if self._db is not None:
            return await driver_of(self._db)
        self._db = await self._engine.connect()
        driver = await driver_of(self._db)
        await driver.execute(LOOKING_UP)
        return driver

    async def _is_lost(self) -> bool:
        return self._db is not None and (await driver_of(self._db)).is_closed()

    async def close(self) -> None:
        """Leave the connection; nobody else gets it."""
        db, self._db = self._db, None
        if db is not None:
            await db.invalidate()
            await db.close()


def _lost_its_way(error: Exception) -> bool:
    """Say whether the driver doesn't know any more where it is in a connection.

    A server that goes away in mid-statement can leave it so, before it hears that it is closed.
    What the driver says of wrong arguments has types of its own.
    """
    return isinstance(error, asyncpg.InternalClientError) or type(error) is asyncpg.InterfaceError


def _away(error: Exception) -> ConnectionError:
    return ConnectionError(f"the database went away: {error!r}")


def passes(error: BaseException) -> bool:
    """Say whether a failure is the database's state of the moment, and no fault of the work.

    Only such a failure is worth another try: the same work may well succeed later.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _passing(error.orig)
    return isinstance(error, OSError | NoConnectionFreeError) or _passing(error)


def _passing(error: BaseException | None) -> bool:
    state = str(getattr(error, "sqlstate", None) or "")
    return state.startswith(_PASSING) or state == _LOCK_NOT_AVAILABLE


class SchemaOutOfDateError(RuntimeError):
    """The database's schema is not the one this code was written for: run `migrate` first."""


async def check_schema(engine: AsyncEngine, expected: str) -> None:
    """Raise SchemaOutOfDateError unless the last migration applied is the expected one."""
    async with engine.connect() as db:
        try:
            found = (await db.execute(text("SELECT version_num FROM alembic_version"))).scalar()
        except ProgrammingError:  # no such table: nothing was ever migrated
            found = None
    if found != expected:
        has = f"is at {found}" if found else "was never made"
        raise SchemaOutOfDateError(
            f"the database's schema {has} and this version needs {expected}: run `migrate` first"
        )
