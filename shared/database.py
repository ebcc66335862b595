"""The database: one engine per process, UTC, and a check that the schema is the code's."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.settings import Settings


def engine_of(settings: Settings, *, pool_size: int = 10) -> AsyncEngine:
    """Return an engine for the application's role."""
    return create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=False,
        connect_args={
            "timeout": 5,
            "command_timeout": 60,
            "server_settings": {"timezone": "UTC", "application_name": "acquit"},
        },
    )


class SchemaOutOfDateError(RuntimeError):
    """The database's schema is not the one this code was written for: run `migrate` first."""


async def check_schema(engine: AsyncEngine, expected: str) -> None:
    """Raise SchemaOutOfDateError unless the last migration applied is the expected one."""
    async with engine.connect() as db:
        found = (await db.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    if found != expected:
        raise SchemaOutOfDateError(f"the schema is at {found}, the code needs {expected}")
