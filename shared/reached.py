"""How far a topic was read, partition by partition, kept beside what was made of it.

It is a hint: checkpoints decide what is new. But what takes the place of records that a topic
lost would not be looked at, so a place is worth something only as long as the record before it
is the one that was applied.
"""

from collections.abc import Mapping
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import bus

_READ = text(
    "SELECT topic_partition, next_offset, last_hash FROM topic_offsets WHERE topic = :topic"
)
_SAVE = text("""
INSERT INTO topic_offsets (topic, topic_partition, next_offset, last_hash)
VALUES (:topic, :partition, :offset, :hash)
ON CONFLICT (topic, topic_partition)
DO UPDATE SET next_offset = excluded.next_offset, last_hash = excluded.last_hash
""")


class Reached(NamedTuple):
    """A place in a partition: the offset to go on with, and the hash of the record before it."""

    next_offset: int = 0
    last_hash: bytes | None = None


BEGINNING = Reached()


async def read(db: AsyncConnection, topic: str) -> dict[int, Reached]:
    """Return how far each partition was read."""
    rows = await db.execute(_READ, {"topic": topic})
    return {row.topic_partition: Reached(row.next_offset, row.last_hash) for row in rows}


async def save(db: AsyncConnection, places: Mapping[TopicPartition, Reached]) -> None:
    """Keep how far partitions were read."""
    values = [
        {"topic": place.topic, "partition": place.partition, "offset": offset, "hash": last_hash}
        for place, (offset, last_hash) in places.items()
    ]
    await db.execute(_SAVE, values)


async def lost(servers: str, places: Mapping[TopicPartition, Reached]) -> list[TopicPartition]:
    """Return where the record before a place is no longer the one applied.

    It takes a consumer of its own: a follower's would have to go back, and to wait until a
    fetch ends that waits for what comes next.
    """
    known = {place: here for place, here in places.items() if here != BEGINNING}
    if not known:
        return []
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="none")
    async with bus.opened(consumer):
        return [place for place, here in known.items() if not await _holds(consumer, place, here)]


async def _holds(consumer: AIOKafkaConsumer, place: TopicPartition, here: Reached) -> bool:
    record = await bus.record_at(consumer, place, here.next_offset - 1)
    return record is not None and bus.hash_of(record) == here.last_hash
