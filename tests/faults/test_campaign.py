"""If this failed, a crash could cost money: an acknowledged payment lost, or counted twice.

A short campaign, always the same; `make faults` runs the long ones.
"""

from pathlib import Path

import pytest

from shared.history import Source
from tests.faults import FAULTS
from tests.faults.campaign import Campaign, Cycle, Outcome
from tests.faults.checking import Finding
from tests.faults.disks import Disks
from tests.faults.notebook import Name, Notebook
from tests.faults.plant import Plant
from tests.faults.proving import prove_ledger, prove_tables
from tests.faults.schedule import chance_of, schedule
from tests.faults.verdict import summary


@pytest.mark.feature("S2-03")
async def test_nothing_is_lost_and_nothing_is_twice_whatever_is_killed(tmp_path: Path) -> None:
    chosen = ("kill payments", "kill two at once", "kill the importer")
    with Plant(tmp_path, Disks(tmp_path, wanted=False), split=False) as plant:
        faults = [FAULTS[name] for name in chosen]
        outcome = await Campaign(plant, seed=1, faults=faults, short=True).run()
        assert outcome.kept, outcome
        assert outcome.payments > 0
        assert len(outcome.tables) == 8
        await the_proof_can_fail(plant)


async def the_proof_can_fail(plant: Plant) -> None:
    """Note an answer that nobody gave, empty a table: both must be found."""
    never = Name("payment", "00000000-0000-0000-0000-000000000000")
    notes = Notebook(plant.folder / "importers" / "round-001")
    notes.answer([(never, "RC2508-0000")])
    found = await prove_ledger(plant, "round-001", notes)
    assert [(finding.wrong, finding.name) for finding in found] == [("lost", never)]
    await plant.sql("payments", "TRUNCATE payments")
    different = await prove_tables(plant, [Source.JOURNAL])
    assert {place: names for place, names in different.items() if names} == {
        "payments from journal": ["payments"]
    }


def test_a_schedule_follows_from_its_seed_and_leaves_no_fault_out() -> None:
    first, again = (schedule(FAULTS, cycles=200, seed=7) for _ in range(2))
    assert first == again
    assert first != schedule(FAULTS, cycles=200, seed=8)
    assert len(first) == 200
    assert {fault.name for fault in first} == set(FAULTS)
    assert chance_of(7, 3).random() == chance_of(7, 3).random()
    assert [fault.last for fault in first] == sorted(fault.last for fault in first)


@pytest.mark.parametrize("cycles", [1, 2, 3, 30])
def test_a_schedule_may_be_short(cycles: int) -> None:
    assert len(schedule(FAULTS, cycles=cycles, seed=1)) == cycles


def test_what_is_lost_is_counted_where_it_was_acknowledged_and_fails_the_campaign() -> None:
    lost = Cycle(number=1, fault="kill kafka", started_at=0, lost=1)
    fine = Cycle(number=2, fault="kill kafka", started_at=1)
    finding = Finding("lost", Name("payment", "1"), "it is gone")
    outcome = Outcome(cycles=[lost, fine], findings=[finding])
    assert [(line["times"], line["lost"]) for line in summary(outcome)] == [(2, 1)]
    assert not outcome.kept


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(trouble="the client was refused"),
        Outcome(tables={"payments from kafka": ["payments"]}),
        Outcome(cycles=[Cycle(number=1, fault="", started_at=0, missed=["503"])]),
    ],
)
def test_a_campaign_fails_when_anything_is_wrong(outcome: Outcome) -> None:
    assert not outcome.kept
