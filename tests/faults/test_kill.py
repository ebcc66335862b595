"""If this failed, a crash could cost money: an acknowledged payment lost, or counted twice."""

import asyncio
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from tests.faults import killing
from tests.faults.importing import Importer
from tests.faults.proving import prove

pytestmark = pytest.mark.faults
VICTIMS = ("payments", "reconciliation", "kafka")


@pytest.mark.feature("S2-03")
async def test_nothing_is_lost_and_nothing_is_twice_whatever_is_killed(tmp_path: Path) -> None:
    """Kill -9 each of them three times in mid-import: in turn, in another turn, all at once."""
    stack = Stack(tmp_path / "stack")
    await asyncio.to_thread(stack.start)
    try:
        importer = Importer.on(stack, "killed")
        async with importer.client:
            await importer.prepare()
            work = asyncio.create_task(importer.work())

            def answers() -> int:
                if work.done():
                    work.result()
                return importer.answers

            await killing.one_by_one(stack, VICTIMS, answers)
            await killing.one_by_one(stack, VICTIMS[::-1], answers)
            await killing.all_at_once(stack, VICTIMS, answers)
            importer.stopping = True
            await work
            await prove(stack, importer)
    finally:
        await asyncio.to_thread(stack.stop)
