"""A writer that sleeps too long, while another takes its place: there must be one chain."""

import asyncio
from signal import SIGCONT, SIGSTOP

from tests.faults.kills import at_some_moment
from tests.faults.registry import Scene, fault

_SECOND = "payments-second"
_ASLEEP_SECONDS = 70  # longer than a transaction may be idle (30 s) and a statement last (60 s)
_ANSWERED_SECONDS = 45  # within which the second has to get past the locks of the first
_ATTEMPTS = 500
_ON_THEIR_WAY_SECONDS = 0.05
_HOLDS_HEADS = """
SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity a USING (pid)
WHERE relation = 'chain_heads'::regclass AND mode = 'RowShareLock' AND granted
    AND a.state = 'idle in transaction'
"""


@fault(
    "a writer asleep",
    does="SIGSTOP payments for 70 s (35 s in a short run), start a second one, wake the first.",
    meanwhile="the second goes on once PostgreSQL has let go of what the first had locked",
    rare=True,
)
async def writer_asleep(scene: Scene) -> None:
    plant, importer = scene.plant, scene.importer
    await at_some_moment(scene)
    await _fall_asleep_in_transaction(scene)
    scene.broken()
    fell_asleep = asyncio.get_running_loop().time()
    try:
        await asyncio.to_thread(plant.start_beside, _SECOND, "serve")
        importer.say_where([_SECOND])
        await scene.watch.some_work(seconds=_ANSWERED_SECONDS)
        answered_after = asyncio.get_running_loop().time() - fell_asleep
        scene.details["second answers after"] = f"{answered_after:.0f} s"
        asleep = scene.seconds(short=35, usual=_ASLEEP_SECONDS)
        await asyncio.sleep(max(0, asleep - answered_after))
    finally:
        plant.part("payments").send(SIGCONT)
    scene.lifted()
    importer.say_where(["payments", _SECOND])
    await scene.watch.some_work(60)  # both write, batch by batch
    importer.say_where(["payments"])
    await asyncio.to_thread(plant.end_beside, _SECOND)


async def _fall_asleep_in_transaction(scene: Scene) -> None:
    """Stop payments where it hurts most: between two statements, holding chain heads."""
    part = scene.plant.part("payments")
    for _ in range(_ATTEMPTS):
        part.send(SIGSTOP)
        holding = await _sessions_holding_heads(scene)
        await asyncio.sleep(_ON_THEIR_WAY_SECONDS)
        if holding & await _sessions_holding_heads(scene):  # others have gone on meanwhile
            return
        part.send(SIGCONT)
        await asyncio.sleep(scene.chance.uniform(0, 0.02))  # another moment
    raise AssertionError(f"payments held no chain head {_ATTEMPTS} times")


async def _sessions_holding_heads(scene: Scene) -> set[int]:
    return {pid for (pid,) in await scene.plant.sql("payments", _HOLDS_HEADS)}
