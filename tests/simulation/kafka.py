"""Kafka in memory: topics that keep their order, and clients whose connections break.

A record that was sent may arrive after its sender died, an acknowledgement may get lost, and
the broker may come back without the end of a topic, or without the whole of it.
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from tests.simulation.loop import PROCESS, Turn

PARTITIONS = 2
LOST = 0.02  # chance of each batch that it never arrives, and that nobody hears of it
_WITHOUT_PLACE = 0.5  # of those of which nobody hears: the broker names no place


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a topic."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Sent:
    """The broker's answer to a batch."""

    offset: int


Batch = list[tuple[bytes, bytes, Sequence[tuple[str, bytes]]]]


@dataclass
class Broker:
    """The topics, and who waits for something to come."""

    chance: Random
    topics: dict[str, list[list[Record]]] = field(default_factory=dict)
    lost: float = LOST
    connections: int = 0  # counts how often all connections broke
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)
    _context: contextvars.Context = field(default_factory=contextvars.Context)

    def make(self, topic: str) -> None:
        self.topics.setdefault(topic, [[] for _ in range(PARTITIONS)])

    def restart(self) -> None:
        """Break every connection."""
        self.connections += 1
        self._wake()

    def lose_end(self, topic: str) -> None:
        """Come back without some of the records that were acknowledged last."""
        for partition in self.topics.get(topic, ()):
            del partition[int(self.chance.random() * (len(partition) + 1)) :]
        self.restart()

    def lose(self, topic: str) -> None:
        """Come back without a topic."""
        self.topics.pop(topic, None)
        self.restart()

    def send(self, topic: str, partition: int, batch: Batch) -> "asyncio.Future[Sent]":
        """Put a batch on its way, whatever becomes of its sender."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sent] = loop.create_future()
        loop.call_soon(self._arrive, topic, partition, batch, answer, context=self._context)
        return answer

    def _arrive(
        self, topic: str, partition: int, batch: Batch, answer: "asyncio.Future[Sent]"
    ) -> None:
        draw = self.chance.random()
        if draw < self.lost or topic not in self.topics:
            self._answer(answer, None)
            return
        log = self.topics[topic][partition]
        offset = len(log)
        log += [Record(topic, partition, offset + n, *message) for n, message in enumerate(batch)]
        self._wake()
        unheard = draw > 1 - self.lost
        without_place = draw > 1 - self.lost * _WITHOUT_PLACE
        if unheard and not without_place:
            self._answer(answer, None)
        else:
            self._answer(answer, Sent(-1 if without_place else offset))

    @staticmethod
    def _answer(answer: "asyncio.Future[Sent]", sent: Sent | None) -> None:
        if answer.done():
            return
        if sent is None:
            answer.set_exception(KafkaConnectionError("no answer"))
            answer.exception()  # whoever asked may be dead
        else:
            answer.set_result(sent)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            _end(turn)

    async def news(self, seconds: float) -> None:
        """Wait until something comes, for so long at most."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        timer = loop.call_later(seconds, _end, turn)
        await turn
        timer.cancel()


def _end(turn: "asyncio.Future[None]") -> None:
    if not turn.done():
        turn.set_result(None)


class Client:
    """A connection to the broker."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self._process = PROCESS.get()
        self._connection = broker.connections

    async def turn(self) -> None:
        """Let others go on while a request is under way; raise if the connection broke."""
        await Turn()
        if self._connection != self.broker.connections:
            raise KafkaConnectionError("the broker went away")

    async def start(self) -> None:
        self._connection = self.broker.connections
        await self.turn()

    async def stop(self) -> None:
        """Leave; the broker need not know."""


class Producer(Client):
    """In the place of aiokafka's producer."""

    async def partitions_for(self, _topic: str) -> set[int]:
        await self.turn()
        return set(range(PARTITIONS))

    def create_batch(self) -> "Builder":
        return Builder(1 + int(self.broker.chance.random() * 6))

    async def send_batch(
        self, batch: "Builder", topic: str, *, partition: int
    ) -> "asyncio.Future[Sent]":
        await self.turn()
        return self.broker.send(topic, partition, batch.messages)


@dataclass
class Builder:
    """A batch that holds at least one message."""

    room: int
    messages: Batch = field(default_factory=list)

    def append(self, *, timestamp: None, key: bytes, value: bytes, headers: Any) -> bool | None:
        assert timestamp is None
        if len(self.messages) >= self.room:
            return None
        self.messages.append((key, value, headers))
        return True


class Consumer(Client):
    """In the place of aiokafka's consumer."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        self._next: dict[TopicPartition, int] = {}

    def _log(self, place: TopicPartition) -> list[Record]:
        partitions = self.broker.topics.get(place.topic)
        return partitions[place.partition] if partitions else []

    def assign(self, places: Sequence[TopicPartition]) -> None:
        self._next = dict.fromkeys(places, 0)

    def unsubscribe(self) -> None:
        self._next = {}

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._next[place] = offset

    def highwater(self, place: TopicPartition) -> int:
        return len(self._log(place))

    async def beginning_offsets(self, places: Sequence[TopicPartition]) -> dict[Any, int]:
        await self.turn()
        return dict.fromkeys(places, 0)

    async def end_offsets(self, places: Sequence[TopicPartition]) -> dict[Any, int]:
        await self.turn()
        return {place: len(self._log(place)) for place in places}

    async def commit(self, _offsets: Any) -> None:
        await self.turn()

    async def getone(self, place: TopicPartition) -> Record:
        await self.turn()
        log, offset = self._log(place), self._next[place]
        if offset >= len(log):  # out of range: from the earliest, if there is any
            raise KafkaConnectionError("nothing came in time")
        self._next[place] = offset + 1
        return log[offset]

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[Any, list[Record]]:
        """Return some of what there is, partition by partition; wait where there is nothing."""
        found = self._some(max_records)
        if not found:
            await self.broker.news(timeout_ms / 1_000)
            await self.turn()
            found = self._some(max_records)
        await self.turn()
        return found

    def _some(self, most: int) -> dict[Any, list[Record]]:
        found = {}
        for place, start in self._next.items():
            log = self._log(place)
            start_at = start if start <= len(log) else 0  # out of range: from the earliest
            count = min(most, 1 + int(self.broker.chance.random() * 20))
            if records := log[start_at : start_at + count]:
                found[place] = records
                self._next[place] = start_at + len(records)
        return found


@asynccontextmanager
async def administrator(_servers: str) -> AsyncIterator[None]:
    await Turn()
    yield
