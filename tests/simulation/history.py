"""One history, from its seed: people ask, things break, and in the end everything must agree."""

from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from shared import bus
from tests.simulation.loop import OUTSIDE
from tests.simulation.proof import Wrong, hold, prove, topics_hold_everything
from tests.simulation.story import Story
from tests.simulation.world import SERVICES, World, stand_ins

_FAULTS_MAX = 6
_FAULTS_WITHIN_STEPS = 3_000
_STEPS_MAX = 60_000
_LOOK_EVERY_STEPS = 20


@dataclass(frozen=True)
class Told:
    """How a history went."""

    seed: int
    steps: int
    entries: int
    wrong: str | None
    ways: Counter[str]  # how often heads were locked, written at once, or found moved


class History:
    """A history that is under way: faults as they are drawn, or one crash at a given step."""

    def __init__(self, seed: int, crash: tuple[int, int] | None = None) -> None:
        self.seed = seed
        self.chance = Random(seed)  # noqa: S311 - it has to be the same again
        self.world = World.of(self.chance)
        self.story = Story(self.world, self.chance)
        self._crash = crash  # the step, and which of the processes
        count = int(self.chance.random() * (_FAULTS_MAX + 1))
        steps = sorted(int(self.chance.random() * _FAULTS_WITHIN_STEPS) for _ in range(count))
        self._faults = steps
        if crash:
            self._stop_drawing_faults()
            self._faults = [crash[0]]

    def told(self) -> Told:
        """Play it to its end; say what is wrong, if anything is."""
        wrong = None
        with stand_ins(self.world):
            try:
                self._play()
                prove(self.world, self.story)
            except Wrong as error:
                wrong = str(error)
            finally:
                self.world.end()
        databases = self.world.databases.values()
        entries = sum(len(j) for d in databases for j in d.journal.values())
        ways = sum((d.ways for d in databases), Counter[str]())
        return Told(self.seed, self.world.loop.steps, entries, wrong, ways)

    def _play(self) -> None:
        world = self.world
        for node in world.all_nodes:
            node.start()
        self._listen(self.story.tell())
        self._stop_drawing_faults()
        while not (world.settled() and topics_hold_everything(world)):
            self._go_on(_LOOK_EVERY_STEPS)

    def _listen(self, telling: Coroutine[Any, Any, None]) -> None:
        """Go on until what is told was told, breaking things on the way."""
        loop = self.world.loop
        told = loop.spawn(OUTSIDE, telling)
        while not told.done():
            upto = self._faults[0] - loop.steps if self._faults else _LOOK_EVERY_STEPS
            self._go_on(min(upto, _LOOK_EVERY_STEPS))
            while self._faults and loop.steps >= self._faults[0]:
                self._faults.pop(0)
                self._break_something()
        if error := told.exception():
            raise Wrong(f"a request failed: {error!r}")

    def _stop_drawing_faults(self) -> None:
        self._faults.clear()
        for here in self.world.databases.values():
            here.breaks = 0
        self.world.broker.lost = 0

    def _go_on(self, steps: int) -> None:
        loop = self.world.loop
        hold(loop.run(steps), "nothing goes on, and not everything is done")
        hold(loop.steps < _STEPS_MAX, "it does not come to an end")
        if loop.defects:
            raise Wrong(f"a task ended: {loop.defects}")
        if stopped := self.world.stopped:
            raise Wrong(f"{stopped}")

    def _break_something(self) -> None:
        world, chance = self.world, self.chance
        if self._crash:
            world.all_nodes[self._crash[1] % len(world.all_nodes)].crash()
            return
        node = chance.choice(world.all_nodes)
        topic = bus.topic_of(chance.choice(list(SERVICES)))
        ways: dict[Callable[[], None], int] = {
            node.crash: 12,
            node.freeze: 3,
            world.databases[node.service.name].restart: 3,
            world.broker.restart: 2,
            partial(world.broker.lose_end, topic): 2,
            partial(world.broker.lose, topic): 1,
        }
        (what,) = chance.choices(list(ways), list(ways.values()))
        what()
