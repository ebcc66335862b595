"""The limit of settling: two hops through Kafka and nothing else, at the same rate.

`python -m bench.limits.hops` produces messages at times fixed in advance, consumes them,
produces each again on a second topic, consumes that, and notes how long after it was due
each message came out. Its clients are set as the services' own are for latency.
"""

import asyncio
import json
import subprocess
import sys
import time
from array import array
from contextlib import AsyncExitStack
from typing import Final
from uuid import uuid4

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import NewTopic

from bench.case import Sample
from bench.lab import Lab
from bench.sending import percentile_ms
from shared import bus

_TICK_SECONDS: Final = 0.001
_PATIENCE_SECONDS: Final = 60.0
_FETCH_WAIT_MS: Final = 100


def two_hops(lab: Lab, message_bytes: int, *, per_second: int, seconds: float) -> Sample:
    """Measure, in a process of its own, how long messages take through two topics."""
    count = int(per_second * seconds)
    arguments = [lab.stack.kafka_servers, str(message_bytes), str(per_second), str(count)]
    command = [sys.executable, "-m", "bench.limits.hops", *arguments]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - ourselves
    found = json.loads(answer.stdout)
    return Sample(
        value=found["p99_ms"],
        rate=count / found["seconds"],
        count=count,
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
    )


class _Hops:
    def __init__(self, servers: str, message_bytes: int, per_second: float, count: int) -> None:
        self._servers = servers
        self._topics = [f"bench.{uuid4().hex}" for _ in range(2)]
        self._padding = bytes(message_bytes)
        self._per_second = per_second
        self._count = count
        self._waited = array("d")

    async def run(self) -> dict[str, float]:
        async with bus.administrator(self._servers) as admin:
            await admin.create_topics([NewTopic(name, 1, 1) for name in self._topics])
            try:
                return await self._measure()
            finally:
                await admin.delete_topics(self._topics)

    async def _measure(self) -> dict[str, float]:
        async with AsyncExitStack() as opened:
            producer = AIOKafkaProducer(bootstrap_servers=self._servers, acks="all")
            await opened.enter_async_context(bus.opened(producer))
            for topic in self._topics:  # a broker takes its time to lead a new one
                await producer.send_and_wait(topic, self._padding)
            first, second = [
                await opened.enter_async_context(bus.opened(self._consumer(topic)))
                for topic in self._topics
            ]
            for consumer in (first, second):
                while not await consumer.getmany(timeout_ms=1_000):
                    pass
            started = time.perf_counter() + _TICK_SECONDS
            async with asyncio.timeout(self._count / self._per_second + _PATIENCE_SECONDS):
                await asyncio.gather(
                    self._produce(producer, started),
                    self._pass_on(first, producer),
                    self._note(second, started),
                )
        return {
            "seconds": time.perf_counter() - started,
            "p50_ms": percentile_ms(self._waited, 0.5),
            "p99_ms": percentile_ms(self._waited, 0.99),
        }

    def _consumer(self, topic: str) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            topic,
            bootstrap_servers=self._servers,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )

    async def _produce(self, producer: AIOKafkaProducer, started: float) -> None:
        number = 0
        while number < self._count:
            due = int((time.perf_counter() - started) * self._per_second) + 1
            while number < min(due, self._count):
                await producer.send(self._topics[0], number.to_bytes(8, "big") + self._padding)
                number += 1
            await asyncio.sleep(_TICK_SECONDS)

    async def _pass_on(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        passed = 0
        while passed < self._count:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                for record in records:
                    await producer.send(self._topics[1], record.value)
                passed += len(records)

    async def _note(self, consumer: AIOKafkaConsumer, started: float) -> None:
        while len(self._waited) < self._count:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                now = time.perf_counter()
                for record in records:
                    due = started + int.from_bytes(record.value[:8], "big") / self._per_second
                    self._waited.append(now - due)


def _main() -> None:
    servers, *numbers = sys.argv[1:]
    message_bytes, per_second, count = map(int, numbers)
    found = uvloop.run(_Hops(servers, message_bytes, per_second, count).run())
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _main()
