"""The bus: how an entry travels on Kafka.

One topic per service, the ledger as key, the sealed bytes as value, CloudEvents 1.0
headers in binary mode, so that a foreign consumer needs no library of ours.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from shared.seal import SealedEntry

Headers = list[tuple[str, bytes]]
K = TypeVar("K", AIOKafkaConsumer, AIOKafkaProducer)

CALL_SECONDS_MAX = 60  # longer than any limit of aiokafka's own: who waits longer waits for ever
ANSWER_SECONDS_MAX = 10  # a broker's; whose client lost its own task waits as long in vain
_TIMEOUT_SECONDS = 10

# Nothing is ever dropped, and a message may be as large as an entry with its headers.
TOPIC_SETTINGS = {"retention.ms": "-1", "max.message.bytes": "6000000"}


def topic_of(service: str) -> str:
    """Return the topic that carries a service's journal."""
    return f"acquit.{service}"


@asynccontextmanager
async def opened(client: K) -> AsyncIterator[K]:
    """Start a consumer or producer and close it again, also where it can't even connect.

    When a broker goes away at the wrong moment, closing may wait for ever for a task of aiokafka's
    that ended without a word; so may any call, for which callers set limits of their own.
    """
    try:
        async with asyncio.timeout(CALL_SECONDS_MAX):
            await client.start()
        yield client
    finally:
        await close_in_time(client.stop)


class Fetch(NamedTuple):
    """How long the broker may wait before it answers a fetch, and for how many bytes."""

    wait_ms: int
    bytes_min: int = 1


def fetch_by(consumer: AIOKafkaConsumer, fetch: Fetch) -> None:
    """Let the fetches that follow wait so; aiokafka itself knows one way for a consumer's life."""
    fetcher = consumer._fetcher  # noqa: SLF001 - pinned, and tests/shared/test_idle_follower.py looks
    fetcher._fetch_max_wait_ms, fetcher._fetch_min_bytes = fetch  # noqa: SLF001


@asynccontextmanager
async def administrator(servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Open a connection that asks about topics, and makes them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        await admin.start()
        yield admin
    finally:
        await close_in_time(admin.close)


async def close_in_time(close: Callable[[], Awaitable[None]]) -> None:
    """Close a client; one that does not close in time, or as it should, is left as it is.

    Whatever goes wrong says that it was lost already, and hides from nobody why it is closed.
    Who is told to stop meanwhile stops when it is closed: aiokafka, which waits there for tasks
    that it cancelled, would take the word for theirs, and nobody would ever stop.
    """
    closing = asyncio.gather(close(), return_exceptions=True)
    try:
        await asyncio.wait({closing}, timeout=_TIMEOUT_SECONDS)
    except asyncio.CancelledError:
        await asyncio.wait({closing}, timeout=_TIMEOUT_SECONDS)
        raise
    finally:
        closing.cancel()


async def partitions_of(admin: AIOKafkaAdminClient, topic: str) -> list[int]:
    """Return the partitions of a topic, in order; none while the topic does not exist."""
    topics = {found["topic"]: found["partitions"] for found in await admin.describe_topics()}
    return sorted(part["partition"] for part in topics.get(topic, ()))


def asked_to_stop() -> bool:
    """Say whether somebody cancelled the running task.

    When a broker goes away, aiokafka cancels work of its own, and the cancellation reaches
    whoever awaits it. That is a lost connection, and no reason to end.
    """
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


class UnusableMessageError(ValueError):
    """A message on one of our topics is not an entry of the journal it should carry."""


@dataclass(frozen=True, slots=True)
class Message:
    """An entry as it came from the bus: its stored form and its parsed envelope."""

    stored: SealedEntry
    envelope: dict[str, Any]

    @property
    def type(self) -> str:
        """Return the wire name of its fact."""
        return str(self.envelope["type"])


def headers(entry: SealedEntry) -> Headers:
    """Return the CloudEvents headers of an entry, its hash and, where signed, its signature."""
    return headers_of(Message(entry, orjson.loads(entry.sealed)))


def headers_of(message: Message) -> Headers:
    """Return the headers of an entry that was parsed."""
    entry, envelope = message.stored, message.envelope
    ledger, wire_name = envelope["ledger"], envelope["type"]
    texts = [
        ("ce_specversion", "1.0"),
        ("ce_id", envelope["id"]),
        ("ce_source", f"/acquit/{envelope['service']}/{ledger}"),
        ("ce_type", wire_name),
        ("ce_subject", envelope["stream"]),
        ("ce_time", envelope["recorded_at"]),
        ("ce_dataschema", f"urn:acquit:contract:{wire_name}"),
        ("content-type", "application/json"),
        ("ce_ledger", ledger),
        ("ce_position", str(envelope["position"])),
        ("ce_correlationid", envelope["correlation_id"]),
        ("ce_hash", entry.hash.hex()),
    ]
    if envelope["causation_id"]:
        texts.append(("ce_causationid", envelope["causation_id"]))
    if entry.signature:
        texts.append(("ce_signature", entry.signature.hex()))
    return [(name, value.encode()) for name, value in texts]


def message(source: str, sealed: bytes, entry_hash: bytes, signature: bytes | None) -> Message:
    """Parse an entry; raise UnusableMessageError when it is not one of the source's."""
    try:
        envelope = orjson.loads(sealed)
        ledger, position = envelope["ledger"], envelope["position"]
        if envelope["service"] != source or not isinstance(position, int):
            raise UnusableMessageError(f"an entry of {envelope['service']} on {source}'s topic")
        _ = envelope["type"], envelope["data"], envelope["previous_hash"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise UnusableMessageError(f"not an envelope: {error!r}") from error
    return Message(SealedEntry(ledger, position, sealed, entry_hash, signature), envelope)


def from_record(source: str, record: ConsumerRecord) -> Message:
    """Parse a Kafka record; raise UnusableMessageError when it is not an entry of the source's."""
    try:
        named = dict(record.headers)
        signature = named.get("ce_signature")
        entry_hash = bytes.fromhex(named["ce_hash"].decode())
        _check_hash(record.value, entry_hash)
        return message(
            source,
            record.value,
            entry_hash,
            bytes.fromhex(signature.decode()) if signature else None,
        )
    except UnusableMessageError:
        raise
    except (KeyError, ValueError) as error:
        raise UnusableMessageError(f"a header is missing or wrong: {error}") from error


async def record_at(
    consumer: AIOKafkaConsumer, place: TopicPartition, offset: int
) -> ConsumerRecord | None:
    """Return the record at an offset; None where the topic has none there.

    The consumer is left with this partition alone.
    """
    consumer.assign([place])
    first = (await consumer.beginning_offsets([place]))[place]
    end = (await consumer.end_offsets([place]))[place]
    if not first <= offset < end:
        return None
    consumer.seek(place, offset)
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        record = await consumer.getone(place)
    return record if record.offset == offset else None


def hash_of(record: ConsumerRecord) -> bytes:
    """Return the hash that a record names; every one that was applied does."""
    return bytes.fromhex(dict(record.headers).get("ce_hash", b"").decode())


def place_of(record: ConsumerRecord) -> str:
    """Say where a record is, for an operator who has to look at it."""
    return f"{record.topic}, partition {record.partition}, offset {record.offset}"


def _check_hash(sealed: bytes | None, entry_hash: bytes) -> None:
    if hashlib.sha256(sealed or b"").digest() != entry_hash:
        raise UnusableMessageError("the bytes don't have the hash of their header")
