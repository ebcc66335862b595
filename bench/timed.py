"""Timed pieces of the product in a process of their own: `python -m bench.timed WHAT …`.

Only the work is timed, not how long Python takes to load. Prints one line of JSON: seconds,
how many entries, and the most memory the process ever had.

* `rebuild SERVICE LEDGER SOURCE`: all tables of a service from the facts, then rolled back
* `read SERVICE LEDGER SOURCE`: only the bytes that such a rebuild of the service's own facts reads
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.lab import Lab, MeasuringError
from bench.memory import peak_mb
from shared import bus, chains
from shared.database import engine_of, transaction
from shared.history import Source
from shared.rebuild import rebuild
from shared.settings import Settings, settings_of
from tests.services import service_of

_PAGE = 2_000


def timed(lab: Lab, what: str, service: str, source: str) -> dict[str, Any]:
    """Do a piece of work in a process of its own; return what it found."""
    command = [sys.executable, "-m", "bench.timed", what, service, lab.books.ledger, source]
    environment = {**os.environ, **lab.stack.environment(service)}
    answer = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - ourselves
    if answer.returncode:
        raise MeasuringError(f"{what} failed: {answer.stderr.decode().strip()[-300:]}")
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


async def _rebuild(service: str, ledger: str, source: Source) -> int:
    """Rebuild and change nothing; the tables must come out as they were."""
    differing = await rebuild(
        service_of(service),
        settings_of(service),
        source=source,
        check_only=True,
        ledger=ledger,
    )
    if differing:
        raise SystemExit(f"these tables came out different: {differing}")
    return 0


async def _read(service: str, ledger: str, source: Source) -> int:
    settings = settings_of(service)
    if source is Source.KAFKA:
        return await _read_topic(service, settings)
    engine, read, after = engine_of(settings), 0, 0
    async with transaction(engine) as db:
        while page := await chains.read(db, ledger, after, _PAGE):
            read, after = read + len(page), page[-1].position
    await engine.dispose()
    return read


async def _read_topic(service: str, settings: Settings) -> int:
    topic, read = bus.topic_of(service), 0
    async with bus.administrator(settings.kafka_servers) as admin:
        numbers = await bus.partitions_of(admin, topic)
    places = [TopicPartition(topic, number) for number in numbers]
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_servers)
    async with bus.opened(consumer):
        consumer.assign(places)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            read += sum(map(len, (await consumer.getmany(timeout_ms=100)).values()))
    return read


def _main() -> None:
    what, service, ledger, source = sys.argv[1:]
    work = {"rebuild": _rebuild, "read": _read}[what]
    started = time.perf_counter()
    entries = asyncio.run(work(service, ledger, Source(source)))
    found = {
        "seconds": time.perf_counter() - started,
        "entries": entries,
        "peak_mb": peak_mb(),
    }
    sys.stdout.write(f"\n{json.dumps(found)}\n")


if __name__ == "__main__":
    _main()
