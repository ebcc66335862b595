"""Three services at work: each with its database and one or two processes, on one broker."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from typing_extensions import override

from services.invoicing.service import SERVICE as INVOICING
from services.payments.service import SERVICE as PAYMENTS
from services.reconciliation.service import SERVICE as RECONCILIATION
from shared import bus, desk, follower, journal, memory, reached, refill, relay
from shared.decider import Command, Picture
from shared.follower import Follower
from shared.journal import Journal
from shared.refill import Refill
from shared.relay import Relay
from shared.seal import Context, SealedEntry
from shared.service import Service
from shared.settings import Settings
from shared.tables import Checkpoint
from shared.units import Outcome
from tests.simulation import kafka, statements
from tests.simulation.database import Database
from tests.simulation.kafka import Broker
from tests.simulation.loop import OUTSIDE, Loop, Process, Turn
from tests.simulation.signing import signer

SERVICES: dict[str, Service] = {s.name: s for s in (INVOICING, PAYMENTS, RECONCILIATION)}
NOON = datetime(2025, 8, 18, 10, 0, tzinfo=UTC)
_BY = Context("anna", UUID(int=7))
_NOWHERE = cast("Settings", SimpleNamespace(kafka_servers=""))
_RESTART_SECONDS_MAX = 2.0
_FROZEN_SECONDS_MAX = 6.0
_IDLE_IN_TRANSACTION_SECONDS = 2.0
_LAYOUTS = ((True,), (False, True), (True, True))  # the processes of a service: which follow?
_AT_ONCE_MAX = (0, 1, 3, 32, 32)
_REMEMBERED_MAX = (0, 3, 20, 50_000, 50_000)
_LOCKED_AFTER_MOVE = 1  # so that both ways are taken all the time
_POLL_SECONDS = (0.5, 5.0)  # of relays: polling oftener finds nothing more, and costs steps


class Silence:
    """In the place of logs and metrics: takes anything, and says nothing."""

    def __getattr__(self, _name: str) -> "Silence":
        return self

    def __call__(self, *_values: Any, **_facts: Any) -> "Silence":
        return self


SILENCE: Any = Silence()


class Gone(ConnectionError):
    """The process that was asked does not answer any more: nobody knows what it did."""


@dataclass(eq=False)
class Node:
    """A place where one process of a service runs, again and again."""

    world: "World"
    service: Service
    follows: bool
    process: Process | None = None
    followers: list[Follower] = field(default_factory=list)
    _asked: list["asyncio.Future[Outcome]"] = field(default_factory=list)

    def start(self) -> None:
        """Start as `shared.service` does: a writer, a relay, and a follower of each source."""
        process = self.process = Process(self.service.name)
        loop = self.world.loop
        self._journal = Journal(
            service=self.service.name,
            engine=cast("Any", self.world.databases[self.service.name]),
            tables=self.service.tables,
            projection=self.service.projection,
            signer=signer(self.service.name),
            clock=lambda: NOON + timedelta(seconds=loop.time()),
        )
        loop.spawn(process, self._journal.write_until_closed())
        relaying = Relay(
            service=self.service.name,
            engine=self._journal.engine,
            settings=_NOWHERE,
            metrics=SILENCE,
        )
        loop.spawn(process, relaying.run_forever(self._journal.written))
        self.followers = [self._follower(source) for source in self.service.sources if self.follows]
        for each in self.followers:
            loop.spawn(process, each.run_forever())

    def _follower(self, source: str) -> Follower:
        return Follower(
            source=source,
            journal=self._journal,
            reactions=self.service.reactions,
            refill=MemoryRefill(self.world),
            settings=_NOWHERE,
            metrics=SILENCE,
        )

    def crash(self) -> None:
        """Kill it; it is started again after a while."""
        process, self.process = self.process, None
        if process:
            process.crash()
        for answer in self._asked:
            if not answer.done():
                answer.set_exception(Gone())
        self._asked.clear()
        if process:
            after = self.world.chance.random() * _RESTART_SECONDS_MAX
            self.world.loop.call_later(after, self.start_if_down)

    def start_if_down(self) -> None:
        if self.process is None:
            self.start()

    def freeze(self) -> None:
        """Let it stand still, for longer than any timeout perhaps."""
        process = self.process
        if process is None or process.frozen:
            return
        process.frozen = True
        loop, here = self.world.loop, self.world.databases[self.service.name]
        seconds = self.world.chance.random() * _FROZEN_SECONDS_MAX
        loop.call_later(_IDLE_IN_TRANSACTION_SECONDS, self._give_up, here, process)
        loop.call_later(seconds, loop.thaw, process)

    @staticmethod
    def _give_up(here: Database, process: Process) -> None:
        if process.frozen:
            here.give_up_on(process)

    async def ask(self, ledger: str, command: Command) -> Outcome:
        """Ask for something over the network; raise Gone where no answer comes."""
        if self.process is None:
            raise Gone
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self.world.loop.spawn(self.process, self._serve(ledger, command, answer))
        return await answer

    async def _serve(
        self, ledger: str, command: Command, answer: "asyncio.Future[Outcome]"
    ) -> None:
        try:
            outcome = await self._journal.execute(ledger, command, _BY)
            await Turn()
            _look_up_what_was_named(command, outcome.picture)
        except Exception as error:  # noqa: BLE001 - it is the answer
            if not answer.done():
                answer.set_exception(error)
        else:
            if not answer.done():
                answer.set_result(outcome)


def _look_up_what_was_named(command: Command, picture: Picture) -> None:
    """Look at rows as answers do: whatever the command named can be found."""
    for need in command.needs(picture):
        if need.column == need.row.key:
            picture.find(need.row, need.value)


class MemoryRefill(Refill):
    """Reads owners' journals where they are; an owner that is down does not answer."""

    def __init__(self, world: "World") -> None:
        self._world = world

    @override
    async def _page(
        self, source: str, ledger: str, after: int | None, limit: int
    ) -> list[SealedEntry]:
        await Turn()
        if all(node.process is None for node in self._world.nodes[source]):
            raise httpx.ConnectError("nobody answers")
        entries = self._world.databases[source].journal.get(ledger, [])
        page = entries[after or 0 :][:limit]
        return [refill.stored(ledger, refill.line(entry)) for entry in page]


@dataclass(eq=False)
class World:
    """Everything there is in one history."""

    loop: Loop
    chance: Random
    databases: dict[str, Database]
    broker: Broker
    at_once_max: int  # commands or facts in a batch that is written in one statement
    remembered_max: int  # rows
    nodes: dict[str, list[Node]] = field(default_factory=dict)

    @classmethod
    def of(cls, chance: Random) -> "World":
        """Make the services, each in one process or in two."""
        databases = {name: Database(name, s.tables, chance) for name, s in SERVICES.items()}
        at_once_max = chance.choice(_AT_ONCE_MAX)
        remembered_max = chance.choice(_REMEMBERED_MAX)
        broker = Broker(chance)
        world = cls(Loop(chance), chance, databases, broker, at_once_max, remembered_max)
        for name, service in SERVICES.items():
            layout = chance.choice(_LAYOUTS)
            world.nodes[name] = [Node(world, service, follows) for follows in layout]
        return world

    def end(self) -> None:
        """Let nothing go on any more."""
        for node in self.all_nodes:
            node.crash()
        for here in self.databases.values():
            here.server.crash()
        OUTSIDE.tasks.clear()

    @property
    def all_nodes(self) -> list[Node]:
        return [node for nodes in self.nodes.values() for node in nodes]

    @property
    def stopped(self) -> list[str]:
        """Return what followers say that stand still."""
        return [
            f"{node.service.name} follows {each.source} no more: {each.stopped}"
            for node in self.all_nodes
            if node.process
            for each in node.followers
            if each.stopped
        ]

    def settled(self) -> bool:
        """Say whether everything written is relayed, and applied by everyone."""
        for name, here in self.databases.items():
            for ledger, head in here.heads.items():
                if here.relayed.get(ledger, (0,))[0] < head.position:
                    return False
            for source in SERVICES[name].sources:
                for ledger, head in self.databases[source].heads.items():
                    if self.followed(name, source, ledger).position < head.position:
                        return False
        return True

    def followed(self, name: str, source: str, ledger: str) -> Any:
        """Return the checkpoint of a service."""
        kept = self.databases[name].records["checkpoints"].get(ledger, {})
        return Checkpoint(*kept[source]) if source in kept else _NOTHING


_NOTHING = SimpleNamespace(position=0, hash=None)


@contextmanager
def stand_ins(world: World) -> Iterator[None]:
    """Put what is in memory in the place of database, Kafka, clock and names."""
    running = asyncio._get_running_loop()  # noqa: SLF001 - each loop puts itself there
    asyncio._set_running_loop(cast("Any", world.loop))  # noqa: SLF001
    with pytest.MonkeyPatch.context() as patch:
        _replace_kafka(patch, world.broker)
        patch.setattr(journal, "_AT_ONCE_MAX", world.at_once_max)
        patch.setattr(journal, "_LOCKED_AFTER_MOVE", _LOCKED_AFTER_MOVE)
        patch.setattr(memory, "_ROWS_MAX", world.remembered_max)
        patch.setattr(relay, "_POLL_SECONDS", _POLL_SECONDS)
        patch.setattr(relay, "_READ_MAX", statements.READ_MAX)
        patch.setattr(desk, "ordered_id", lambda: UUID(int=world.chance.getrandbits(128)))
        for module in (journal, relay, follower):
            patch.setattr(module, "log", SILENCE)
        yield
    asyncio._set_running_loop(running)  # noqa: SLF001


def _replace_kafka(patch: pytest.MonkeyPatch, broker: Broker) -> None:
    async def make_topics(_servers: str, services: list[str]) -> None:
        await Turn()
        for service in services:
            broker.make(bus.topic_of(service))

    async def partitions_of(_admin: None, topic: str) -> list[int]:
        await Turn()
        return list(range(len(broker.topics.get(topic, ()))))

    patch.setattr(bus, "administrator", kafka.administrator)
    patch.setattr(bus, "close_in_time", lambda close: close())  # who crashes has no time
    patch.setattr(bus, "partitions_of", partitions_of)
    patch.setattr(bus, "fetch_by", lambda _consumer, _fetch: None)
    patch.setattr(relay, "create_topics", make_topics)
    patch.setattr(relay, "AIOKafkaProducer", lambda **_settings: kafka.Producer(broker))
    for module in (relay, follower, reached):
        patch.setattr(module, "AIOKafkaConsumer", lambda **_settings: kafka.Consumer(broker))
