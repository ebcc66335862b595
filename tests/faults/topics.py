"""What arrives on a topic: twice, late, from the start again, or from a stranger."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Sequence
from signal import SIGKILL
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from cli.client import FOLLOWED
from deploy.local.process import PROJECT
from shared import bus
from shared.names import SERVICES
from tests.faults.kills import at_some_moment
from tests.faults.plant import WORKER
from tests.faults.registry import Scene, fault

_FIRST, _LAST = 50, 150  # messages of each partition that come again
_STOPPED_SECONDS = 30
_METRIC = 'follower_stopped{{source="{source}"}} 1.0'


@fault(
    "messages again",
    does="Send the first and the last messages of every topic a second time, as they were.",
    meanwhile="repeats are skipped, however late they come",
)
async def messages_again(scene: Scene) -> None:
    await at_some_moment(scene)
    servers = scene.plant.stack.kafka_servers
    scene.broken()
    sent = 0
    for service in SERVICES:
        records = await _both_ends(servers, bus.topic_of(service))
        await _send_again(servers, records)
        sent += len(records)
    scene.lifted()
    scene.details["sent again"] = sent


@fault(
    "topics from the start",
    does="Kill -9 a follower and let it forget its offsets: it reads its topics from the start.",
    meanwhile="what was applied is skipped, the others go on",
    rare=True,
)
async def from_the_start(scene: Scene) -> None:
    service = scene.chance.choice(scene.plant.services)
    names = scene.plant.of_service(service)
    scene.details["service"] = service
    await at_some_moment(scene)
    for name in names:
        await asyncio.to_thread(scene.plant.kill, name, SIGKILL)
    scene.broken()
    await scene.plant.sql(service, "DELETE FROM topic_offsets")
    for name in names:
        await asyncio.to_thread(scene.plant.start, name)
    scene.lifted()


@fault(
    "a foreign message",
    does="Send what is no entry to a topic; then make the topic anew and restart who follows it.",
    meanwhile="its followers stop loudly, payments go on; nothing is skipped in silence",
    rare=True,
)
async def foreign_message(scene: Scene) -> None:
    source = scene.chance.choice(["payments", "invoicing", "reconciliation"])
    kind, value, headers = scene.chance.choice(_strange(source))
    scene.details |= {"topic": source, "message": kind}
    await at_some_moment(scene)
    servers = scene.plant.stack.kafka_servers
    key = scene.importer.ledger.encode()
    async with bus.opened(AIOKafkaProducer(bootstrap_servers=servers)) as producer:
        await producer.send_and_wait(bus.topic_of(source), value, key=key, headers=headers)
    scene.broken()
    followers = [_follower_of(scene, s) for s in scene.plant.services if source in FOLLOWED[s]]
    for name in followers:
        await _stops_loudly(scene, name, source)
    await scene.watch.some_work()
    await _make_anew(servers, bus.topic_of(source))
    for name in followers:
        await asyncio.to_thread(scene.plant.start, name)
    scene.lifted()


def _strange(source: str) -> list[tuple[str, bytes | None, list[tuple[str, bytes]]]]:
    """Return what somebody could send: each with the name of what is wrong with it."""
    other: dict[str, Any] = {"service": "stranger", "ledger": "l", "position": 1, "type": "t"}
    sealed = orjson.dumps(other | {"data": {}, "previous_hash": ""})
    no_fact = orjson.dumps(other | {"service": source})
    return [
        ("no headers", b"hello", []),
        ("not its hash", b"{}", [("ce_hash", bytes(64).replace(b"\0", b"0"))]),
        ("no JSON", b"\xff\x00", [_hash(b"\xff\x00")]),
        ("nothing", None, [_hash(b"")]),
        ("another service's", sealed, [_hash(sealed)]),
        ("no envelope", no_fact, [_hash(no_fact)]),
    ]


def _hash(value: bytes) -> tuple[str, bytes]:
    return "ce_hash", hashlib.sha256(value).hexdigest().encode()


def _follower_of(scene: Scene, service: str) -> str:
    return WORKER if service == "payments" and scene.plant.split else service


async def _stops_loudly(scene: Scene, name: str, source: str) -> None:
    """Wait until readiness and metrics say that the follower stopped, and why."""

    async def stopped() -> bool:
        report = await scene.watch.report(name)
        follower = report.get("followers", {}).get(source, {})
        return not report.get("ready", True) and bool(follower.get("stopped"))

    await scene.watch.until(stopped, f"{name} stops following {source}", _STOPPED_SECONDS)
    metrics = (await scene.watch.http.get(f"{scene.plant.url(name)}/metrics")).text
    scene.expect(_METRIC.format(source=source) in metrics, f"{name} says follower_stopped")


async def _make_anew(servers: str, topic: str) -> None:
    """Do what the operations page tells an operator to: delete the topic, and make it again."""
    async with bus.administrator(servers) as admin:
        await admin.delete_topics([topic])
    command = [sys.executable, "-m", "shared.topics", servers]
    await asyncio.to_thread(subprocess.run, command, cwd=PROJECT, check=True, timeout=60)


async def _both_ends(servers: str, topic: str) -> list[ConsumerRecord]:
    """Return the first and the last messages of each partition."""
    async with bus.administrator(servers) as admin:
        places = [TopicPartition(topic, n) for n in await bus.partitions_of(admin, topic)]
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, fetch_max_wait_ms=20)
    found: list[ConsumerRecord] = []
    async with bus.opened(consumer):
        ends = await consumer.end_offsets(places)
        for place in places:
            consumer.assign([place])
            late = max(_FIRST, ends[place] - _LAST)
            for start, end in ((0, min(_FIRST, ends[place])), (late, ends[place])):
                consumer.seek(place, start)
                found += await _read(consumer, place, end)
    return found


async def _read(
    consumer: AIOKafkaConsumer, place: TopicPartition, end: int
) -> list[ConsumerRecord]:
    found: list[ConsumerRecord] = []
    while await consumer.position(place) < end:
        found += (await consumer.getmany(place, timeout_ms=1_000)).get(place, [])
    return [record for record in found if record.offset < end]


async def _send_again(servers: str, records: Sequence[ConsumerRecord]) -> None:
    async with bus.opened(AIOKafkaProducer(bootstrap_servers=servers)) as producer:
        for record in records:
            await producer.send(
                record.topic,
                record.value,
                key=record.key,
                headers=list(record.headers),
                partition=record.partition,
            )
        await producer.flush()
