"""If these failed, some order of events and crashes would lose, double or reorder something."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from typing_extensions import override

from shared import followed, journal
from shared.decider import Picture
from shared.followed import Followed
from shared.journal import Journal, Outcome
from shared.relay import Relay
from shared.tables import Checkpoint
from tests.simulation import database
from tests.simulation.history import History

SHORT = range(1, 101)
MUTANTS_FOUND_WITHIN = 60  # histories
EVERY = 60  # steps between the crashes that `make test` tries


def test_every_history_ends_with_everything_in_its_place() -> None:
    told = [History(seed).told() for seed in SHORT]
    assert [(each.seed, each.wrong) for each in told if each.wrong] == []
    assert sum(each.entries for each in told) > 5 * len(SHORT)


def test_a_seed_is_always_the_same_history() -> None:
    once, again = History(7), History(7)
    assert once.told() == again.told()
    for name, here in once.world.databases.items():
        assert here.journal == again.world.databases[name].journal


@pytest.mark.parametrize(
    "every", [pytest.param(EVERY, id="some"), pytest.param(1, id="all", marks=pytest.mark.fuzz)]
)
def test_a_crash_at_any_await_loses_nothing(every: int) -> None:
    seed = 3
    whole = History(seed, crash=(10**9, 0)).told()
    assert whole.wrong is None
    processes = len(History(seed).world.all_nodes)
    for step in range(1, whole.steps, every):
        for process in range(processes):
            told = History(seed, crash=(step, process)).told()
            assert told.wrong is None, (step, process, told.wrong)


# ── it can fail: the core with a defect, and what the simulation says of it ─────

Mutate = Callable[[pytest.MonkeyPatch], None]


def repeats_are_applied_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(followed, "_comes_next", lambda *_: True)


def holes_are_passed_over(patch: pytest.MonkeyPatch) -> None:
    def advance(self: Followed, picture: Picture, message: Any) -> bool:
        applied = followed._applied(picture, self.source)  # noqa: SLF001 - mutating it is the point
        at = message.stored
        if at.position <= applied.position:
            return False
        row = Checkpoint(picture.ledger, self.source, at.position, at.hash)
        picture.put(row)
        return True

    def forgetful(self: Relay, _db: Any, _producer: Any, entries: list[Any]) -> Any:
        return send(self, _db, _producer, entries[-1:])

    send = Relay._send  # noqa: SLF001
    patch.setattr(Followed, "_advance", advance)
    patch.setattr(Relay, "_send", forgetful)


def settings_are_remembered_whoever_wrote(patch: pytest.MonkeyPatch) -> None:
    class AnyHead(bytes):
        @override
        def __eq__(self, _other: object) -> bool:
            return True

        __hash__ = bytes.__hash__

    remembered = journal._Remembered  # noqa: SLF001
    patch.setattr(journal, "_Remembered", lambda _head, memory: remembered(AnyHead(), memory))


def heads_are_not_locked(patch: pytest.MonkeyPatch) -> None:
    async def look(self: database.Session, ledger: str) -> Any:
        await self.turn()
        return self.database.heads.get(ledger)

    patch.setattr(database.Session, "lock", look)


def a_failed_commit_is_acknowledged(patch: pytest.MonkeyPatch) -> None:
    commit = Journal._commit  # noqa: SLF001

    async def hopeful(self: Journal, batch: list[Any]) -> list[Any]:
        try:
            return await commit(self, batch)
        except ConnectionError:
            return [Outcome((), Picture("")) for _ in batch]

    patch.setattr(Journal, "_commit", hopeful)


def the_checkpoint_is_sometimes_left_out(patch: pytest.MonkeyPatch) -> None:
    save = database.MemoryTables.save

    async def careless(self: Any, tx: database.Session, pictures: Any) -> None:
        await save(self, tx, pictures)
        if tx.database.chance.random() < 0.2:
            tx.rows = [row for row in tx.rows if not isinstance(row, Checkpoint)]

    patch.setattr(database.MemoryTables, "save", careless)


def the_relay_goes_on_without_an_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    send = Relay._send  # noqa: SLF001

    async def hopeful(self: Relay, db: Any, producer: Any, entries: list[Any]) -> None:
        try:
            await send(self, db, producer, entries)
        except KafkaError:
            await self._advance(db, entries[-1], 0, 0)

    patch.setattr(Relay, "_send", hopeful)


MUTANTS: dict[Mutate, str] = {
    repeats_are_applied_again: "rows are not what|follows|a request failed",
    holes_are_passed_over: "money|rows are not what|come to an end",
    settings_are_remembered_whoever_wrote: "money|a request failed|chain|rows",
    heads_are_not_locked: "a request failed|chain|follows|no more",
    a_failed_commit_is_acknowledged: "0 times, not 1|lost|rows|follows|come to an end",
    the_checkpoint_is_sometimes_left_out: "rows are not what|no more|money|come to an end",
    the_relay_goes_on_without_an_acknowledgement: "come to an end",
}


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_a_defect_of_the_core_is_found(mutate: Mutate, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch)
    told = (History(seed).told() for seed in range(1, MUTANTS_FOUND_WITHIN + 1))
    wrong = next((each.wrong for each in told if each.wrong), None)
    assert wrong, "nothing was found"

    assert re.search(MUTANTS[mutate], wrong), wrong
