"""Killing, without warning, whatever takes part, at any moment; and starting it again."""

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial
from signal import SIGKILL, SIGQUIT

from tests.faults.plant import SERVERS, WORKER
from tests.faults.registry import Scene, fault

_WAITS = "what needs it waits or is answered 503; the rest goes on"
_BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
ORDER BY pid
"""
_TERMINATE = f"SELECT pg_terminate_backend(pid) FROM ({_BACKENDS}) found"  # noqa: S608 - no value in it


async def kill_and_start(scene: Scene, names: Sequence[str]) -> None:
    """Kill these together at a random moment under load, then start them, servers first."""
    await at_some_moment(scene)
    await _together(scene.plant.kill, names)
    scene.broken()
    for server in SERVERS:
        if server in names:
            await asyncio.to_thread(scene.plant.start, server)
    await _together(scene.plant.start, [name for name in names if name not in SERVERS])
    scene.lifted()


async def at_some_moment(scene: Scene) -> None:
    await scene.watch.some_work()
    await asyncio.sleep(scene.chance.uniform(0, 0.5))  # a moment is what is wanted here


async def _together(act: Callable[[str], None], names: Sequence[str]) -> None:
    await asyncio.gather(*(asyncio.to_thread(act, name) for name in names))


async def _kill(name: str, scene: Scene) -> None:
    await kill_and_start(scene, [name])


for _name in ("payments", WORKER, "invoicing", "reconciliation", "archive", "kafka"):
    fault(
        f"kill {_name}",
        does=f"Kill -9 {_name} and start it again.",
        meanwhile=_WAITS,
    )(partial(_kill, _name))


@fault("kill two at once", does="Kill -9 any two parts, servers too.", meanwhile=_WAITS)
async def kill_two(scene: Scene) -> None:
    names = scene.chance.sample([*scene.plant.processes, *SERVERS], 2)
    scene.details["killed"] = names
    await kill_and_start(scene, names)


@fault(
    "stop PostgreSQL at once",
    does="Stop PostgreSQL in its `immediate` way, or kill -9 it; start it again.",
    meanwhile="requests are answered 503 with Retry-After",
)
async def stop_postgres(scene: Scene) -> None:
    number = scene.chance.choice([SIGQUIT, SIGKILL])
    scene.details["signal"] = number.name
    await at_some_moment(scene)
    await asyncio.to_thread(scene.plant.kill, "postgres", number)
    scene.broken()
    await asyncio.to_thread(scene.plant.start, "postgres")
    scene.lifted()


@fault(
    "end database sessions",
    does="End every session of one service's database (pg_terminate_backend).",
    meanwhile="what was under way is answered 503",
)
async def end_sessions(scene: Scene) -> None:
    service = scene.chance.choice(scene.plant.services)
    scene.details["service"] = service
    await at_some_moment(scene)
    scene.details["sessions"] = len(await scene.plant.sql(service, _TERMINATE))
    scene.broken()
    scene.lifted()


@fault(
    "kill one database process",
    does="Kill -9 one PostgreSQL process of a service: the server restarts all of them.",
    meanwhile="requests are answered 503 until the server has recovered",
)
async def kill_backend(scene: Scene) -> None:
    service = scene.chance.choice(scene.plant.services)
    scene.details["service"] = service
    await at_some_moment(scene)
    found = await scene.plant.sql(service, _BACKENDS)
    assert found, f"{service} has no session"
    os.kill(scene.chance.choice(found)["pid"], SIGKILL)
    scene.broken()
    scene.lifted()


@fault(
    "kill the importer",
    does="Kill -9 the importing client; started again, it repeats what was not answered.",
    meanwhile="nothing is asked",
)
async def kill_importer(scene: Scene) -> None:
    await at_some_moment(scene)
    await asyncio.to_thread(scene.importer.kill)
    scene.broken()
    scene.importer.start()
    scene.lifted()
