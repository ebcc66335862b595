"""What a deployment does: every process stops and starts, the schema changes under load."""

import asyncio
from urllib.parse import urlsplit

import asyncpg

from tests.faults.kills import at_some_moment
from tests.faults.plant import SERVERS
from tests.faults.registry import Scene, fault

_LOCK = "SET LOCAL lock_timeout = '4s'"
_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'alembic_version'
    AND table_name <> 'journal'
ORDER BY table_name
"""
_SPARE = "kept_for_a_later_version"


@fault(
    "rolling restart",
    does="Stop every process in turn as a deployment does (SIGTERM), and start it again.",
    meanwhile="no request fails of a client that retries as documented",
)
async def rolling_restart(scene: Scene) -> None:
    names = [*scene.plant.processes, *(SERVERS if scene.chance.random() < 0.5 else ())]
    scene.chance.shuffle(names)
    scene.details["processes"] = len(names)
    await at_some_moment(scene)
    scene.broken()
    for name in names:
        await asyncio.to_thread(scene.plant.start, name)  # stops it first
        await scene.watch.some_work()
    scene.lifted()


@fault(
    "migration under load",
    does="Run `migrate` of a service, add a column to each of its tables, take it away again.",
    meanwhile="the old code goes on, as rule 8 of migrations demands",
)
async def migration(scene: Scene) -> None:
    await at_some_moment(scene)
    scene.broken()
    plant = scene.plant
    service = scene.chance.choice(plant.services)
    scene.details["service"] = service
    environment = plant.stack.environment(service)
    await asyncio.to_thread(plant.run, "migrate", [f"services.{service}", "migrate"], environment)
    url = environment[f"{service.upper()}_OWNER_DATABASE_URL"]
    await _alter(url, f"ADD COLUMN {_SPARE} text")
    await scene.watch.some_work(20)
    await _alter(url, f"DROP COLUMN {_SPARE}")
    scene.lifted()


async def _alter(url: str, change: str) -> None:
    """Change every table but the journal, one transaction each, as the owner."""
    db = await asyncpg.connect(urlsplit(url)._replace(scheme="postgresql").geturl())
    try:
        for row in await db.fetch(_TABLES):
            await _change(db, f'ALTER TABLE "{row["table_name"]}" {change}')
    finally:
        await db.close()


async def _change(db: asyncpg.Connection, statement: str) -> None:
    """Run a step of a migration; if it can't have its lock, run it again, as documented."""
    while True:
        try:
            async with db.transaction():
                await db.execute(_LOCK)
                await db.execute(statement)
        except asyncpg.LockNotAvailableError:
            continue
        return
