"""Rebuilding: fill a service's tables again from the journals, or prove they need not be.

Everything happens in one transaction that holds every chain head, so that no fact slips
in between; readers see the old rows until it commits. Facts of other services are
applied up to the checkpoint and no further: what came later still has to be reacted to.
"""

import enum
from collections.abc import AsyncIterator
from typing import Any

import httpx
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import Table, delete, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import bus, chains
from shared.bus import Message
from shared.database import engine_of
from shared.decider import Picture
from shared.refill import Refill
from shared.seal import entry_from
from shared.service import Service
from shared.settings import Settings
from shared.tables import Checkpoint, Tables

log = structlog.get_logger()

_BATCH = 2_000
_ORDER = ("invoicing", "payments", "reconciliation", "archive")  # each stands on those before


class Source(enum.StrEnum):
    """Where a rebuild reads facts: the owners' journals, or Kafka alone."""

    JOURNAL = "journal"
    KAFKA = "kafka"


async def rebuild(service: Service, settings: Settings, *, source: Source, check_only: bool) -> bool:
    """Replay every fact into empty tables; return whether the rows came out the same.

    With `check_only` the transaction is rolled back and nothing changes.
    """
    engine = engine_of(settings)
    async with engine.connect() as tx, httpx.AsyncClient(timeout=60) as client:
        known = await chains.heads(tx)
        heads = await chains.lock_heads(tx, service.name, [head.ledger for head in known])
        before = await _digests(tx, service.tables)
        until = {(service.name, head.ledger): head.position for head in heads.values()}
        until |= await _checkpoints(tx, service.tables)
        for table in service.tables.row_tables:
            await tx.execute(delete(table))
        token = settings.service_token.get_secret_value()
        refill = Refill(client, settings.journal_urls, token)
        origins = {service.name, *service.sources}
        for origin in (name for name in _ORDER if name in origins):
            messages = (
                _from_kafka(settings, origin)
                if source is Source.KAFKA
                else _from_journals(tx, service.name, origin, until, refill)
            )
            await _replay(tx, service, origin, until, messages)
        after = await _digests(tx, service.tables)
        await (tx.rollback() if check_only else tx.commit())
    await engine.dispose()
    differing = sorted(name for name in before if before[name] != after[name])
    log.info("rebuild.finished", source=source.value, differing=differing)
    return not differing


async def _digests(tx: AsyncConnection, tables: Tables) -> dict[str, Any]:
    """Return a digest of every row table."""
    digests: dict[str, Any] = {}
    for table in tables.row_tables:
        line = func.md5(literal_column(f'"{table.name}"::text'))
        query = select(func.md5(func.coalesce(_joined(line, table), ""))).select_from(table)
        digests[table.name] = (await tx.execute(query)).scalar_one()
    return digests


def _joined(line: Any, table: Table) -> Any:
    return func.string_agg(line, literal_column("'' ORDER BY " + ", ".join(_key(table))))


def _key(table: Table) -> list[str]:
    return [f'"{column.name}"' for column in table.primary_key.columns]


async def _checkpoints(tx: AsyncConnection, tables: Tables) -> dict[tuple[str, str], int]:
    table = tables.of(Checkpoint)
    rows = await tx.execute(select(table.c.source, table.c.ledger, table.c.position))
    return {(source, ledger): position for source, ledger, position in rows}


async def _from_journals(
    tx: AsyncConnection,
    own: str,
    origin: str,
    until: dict[tuple[str, str], int],
    refill: Refill,
) -> AsyncIterator[Message]:
    for ledger in [ledger for source, ledger in until if source == origin]:
        if origin != own:
            async for entry in refill.entries(origin, ledger):
                yield bus.message(origin, entry.sealed, entry.hash, entry.signature)
            continue
        after = 0
        while page := await chains.read(tx, ledger, after, _BATCH):
            for entry in page:
                yield bus.message(origin, entry.sealed, entry.hash, entry.signature)
            after = page[-1].position


async def _from_kafka(settings: Settings, origin: str) -> AsyncIterator[Message]:
    topic = bus.topic_of(origin)
    numbers = await bus.partitions_of(settings.kafka_servers, topic)
    places = [TopicPartition(topic, number) for number in numbers]
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_servers)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
        for place in places:
            consumer.assign([place])
            consumer.seek(place, 0)
            while await consumer.position(place) < ends[place]:
                for record in (await consumer.getmany(place, timeout_ms=1_000)).get(place, []):
                    yield bus.from_record(origin, record)
    finally:
        await consumer.stop()


async def _replay(
    tx: AsyncConnection,
    service: Service,
    origin: str,
    until: dict[tuple[str, str], int],
    messages: AsyncIterator[Message],
) -> None:
    applied: dict[str, int] = {}
    batch: list[Message] = []
    async for message in messages:
        stored = message.stored
        wanted = stored.position == applied.get(stored.ledger, 0) + 1
        if wanted and stored.position <= until.get((origin, stored.ledger), 0):
            applied[stored.ledger] = stored.position
            batch.append(message)
        if len(batch) == _BATCH:
            await _apply(tx, service, origin, batch)
            batch = []
    await _apply(tx, service, origin, batch)
    for (source, ledger), position in until.items():
        if source == origin and applied.get(ledger, 0) < position:
            raise LookupError(f"{origin}'s journal of {ledger} ends at {applied.get(ledger, 0)}")


async def _apply(
    tx: AsyncConnection, service: Service, origin: str, batch: list[Message]
) -> None:
    projection, tables = service.projection, service.tables
    pictures = {ledger: Picture(ledger) for ledger in {m.stored.ledger for m in batch}}
    entries = [entry_from(m.envelope) for m in batch if m.type in projection.wire_names]
    wanted = {
        picture: {
            need
            for entry in entries
            if entry.ledger == ledger
            for need in projection.needs(entry.fact)
        }
        for ledger, picture in pictures.items()
    }
    await tables.load(tx, wanted)
    for entry in entries:
        projection.apply(pictures[entry.ledger], entry)
    if origin != service.name:
        for message in batch:
            stored = message.stored
            pictures[stored.ledger].put(
                Checkpoint(ledger=stored.ledger, source=origin, position=stored.position)
            )
    await tables.save(tx, pictures.values())
