"""If these failed, some order of events and crashes would lose, double or reorder something."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from shared import chains, followed, journal, writing
from shared.decider import Need, Picture, fresh
from shared.desk import Desk
from shared.events import Event
from shared.followed import Followed
from shared.journal import Journal
from shared.memory import Memories
from shared.projection import Projection
from shared.relay import Relay
from shared.seal import SealedEntry, Signer
from shared.tables import Checkpoint, Tables
from shared.units import Outcome
from shared.writing import Change, MovedError, write_at_once
from tests.simulation.history import History
from tests.simulation.sessions import Session

SHORT = range(1, 101)
MUTANTS_FOUND_WITHIN = 400  # histories
EVERY = 60  # steps between the crashes that `make test` tries


def test_every_history_ends_with_everything_in_its_place() -> None:
    told = [History(seed).told() for seed in SHORT]
    assert [(each.seed, each.wrong) for each in told if each.wrong] == []
    assert sum(each.entries for each in told) > 5 * len(SHORT)
    ways = sum((each.ways for each in told), Counter[str]())
    assert ways["at once"] > 5 * len(SHORT)
    assert ways["locked"] > 5 * len(SHORT)
    assert ways["moved"] > len(SHORT) // 2


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


def heads_are_not_locked(patch: pytest.MonkeyPatch) -> None:
    async def look(self: Session, ledger: str) -> Any:
        await self.turn()
        return self.database.heads.get(ledger)

    patch.setattr(Session, "lock", look)


def a_failed_commit_is_acknowledged(patch: pytest.MonkeyPatch) -> None:
    commit = Journal._commit  # noqa: SLF001

    async def hopeful(self: Journal, batch: list[Any]) -> list[Any]:
        try:
            return await commit(self, batch)
        except ConnectionError:
            return [Outcome((), Picture("")) for _ in batch]

    patch.setattr(Journal, "_commit", hopeful)


def the_checkpoint_is_sometimes_left_out(patch: pytest.MonkeyPatch) -> None:
    changes = Tables.changes
    chance = Random(1)  # noqa: S311 - it has to be the same again

    def careless(self: Tables, pictures: Iterable[Picture]) -> list[Change]:
        found = changes(self, pictures)
        left_out = chance.random() < 0.2
        return [c for c in found if not (left_out and c.target.table == "checkpoints")]

    patch.setattr(Tables, "changes", careless)


def the_relay_goes_on_without_an_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    send = Relay._send  # noqa: SLF001

    async def hopeful(self: Relay, db: Any, producer: Any, entries: list[Any]) -> None:
        try:
            await send(self, db, producer, entries)
        except KafkaError:
            await self._advance(db, entries[-1], 0, 0)

    patch.setattr(Relay, "_send", hopeful)


def _moves_by(patch: pytest.MonkeyPatch, move: str) -> None:
    assert move != chains.MOVE
    patch.setattr(chains, "MOVE", move)
    patch.setattr(writing, "_statement", writing._statement.__wrapped__)  # noqa: SLF001


def the_revision_is_not_guarded(patch: pytest.MonkeyPatch) -> None:
    _moves_by(patch, chains.MOVE.replace("h.revision = m.revision AND ", ""))


def what_changes_rows_only_raises_no_revision(patch: pytest.MonkeyPatch) -> None:
    seal = Desk.seal

    def careless(self: Desk, signer: Signer) -> list[SealedEntry]:
        sealed = seal(self, signer)
        if not sealed:
            self.left = replace(self.left, revision=self.head.revision)
        return sealed

    patch.setattr(Desk, "seal", careless)
    raised = "m.revision + (m.hash <> m.hash_before)::int"
    _moves_by(patch, chains.MOVE.replace("m.revision + 1", raised))


def rows_are_remembered_though_a_head_moved(patch: pytest.MonkeyPatch) -> None:
    def trustful(self: Memories, head: chains.Head) -> Picture:
        memory = self._ledgers.get(head.ledger)
        kept = (memory.settings, memory.seen, memory.rows) if memory else ()
        return Picture(head.ledger, *kept)

    patch.setattr(Memories, "picture", trustful)


def a_batch_that_changes_nothing_asks_nobody(patch: pytest.MonkeyPatch) -> None:
    async def hopeful(_driver: Any, _known: Any) -> bool:
        return True

    patch.setattr(chains, "unmoved", hopeful)


def rows_that_may_exist_are_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    needs = Projection.needs

    def careless(self: Projection, fact: Event) -> Iterable[Need]:
        for need in needs(self, fact):
            yield fresh(need.row, need.value) if need.column == need.row.key else need

    patch.setattr(Projection, "needs", careless)


def a_head_that_moved_is_taken_for_written(patch: pytest.MonkeyPatch) -> None:
    async def hopeful(driver: Any, moves: Any, changes: Any) -> None:
        with suppress(MovedError):
            await write_at_once(driver, moves, changes)

    patch.setattr(journal, "write_at_once", hopeful)


MUTANTS: dict[Mutate, str] = {
    repeats_are_applied_again: "rows are not what|follows|a request failed|made before",
    holes_are_passed_over: "no more|money|rows are not what|come to an end",
    the_revision_is_not_guarded: "no more|rows are not what|money",
    what_changes_rows_only_raises_no_revision: "no more|rows are not what|money",
    rows_are_remembered_though_a_head_moved: "no more|rows are not what|money|a request failed",
    a_batch_that_changes_nothing_asks_nobody: "acknowledged before, and not known",
    rows_that_may_exist_are_not_looked_for: "no more|a request failed|rows are not what",
    a_head_that_moved_is_taken_for_written: "lost what|not known|times, not|no more|an end",
    heads_are_not_locked: "a request failed|chain|follows|no more",
    a_failed_commit_is_acknowledged: "a request failed|times, not|lost|rows|follows|an end",
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
