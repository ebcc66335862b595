"""If these failed, a foreign consumer of our topics would need a library of ours."""

import asyncio
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from aiokafka.structs import ConsumerRecord

from deploy.local.stack import Stack
from shared.checking import Chain
from shared.seal import SealedEntry
from tests.books import Books, ok, until
from tests.shared.topic import Topic

SERVICES = ("payments", "invoicing", "reconciliation")
REQUIRED = {"ce_specversion", "ce_id", "ce_source", "ce_type"}
KNOWN = REQUIRED | {
    "ce_subject",
    "ce_time",
    "ce_dataschema",
    "ce_ledger",
    "ce_position",
    "ce_correlationid",
    "ce_causationid",
    "ce_hash",
    "ce_signature",
    "content-type",
}
Messages = dict[str, list[ConsumerRecord]]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture(scope="module")
def settled(stack: Stack) -> Iterator[Books]:
    """Have facts of three services that caused one another; nothing here adds to them."""
    with Books(stack, f"events-{uuid4().hex[:8]}") as books:
        books.open()
        invoice = books.invoice("120.00")
        ok(books.pay(invoice))
        until(lambda: books.document(invoice)["payment_status"] == "settled")
        books.wait_until_caught_up()
        yield books


@pytest.fixture(scope="module")
def messages(settled: Books) -> Messages:
    """Return this ledger's messages on the topic of each service."""
    found = {}
    for service in SERVICES:
        topic = Topic(settled.stack.kafka_servers, f"acquit.{service}")
        records = asyncio.run(topic.records())
        found[service] = [record for record in records if record.key == settled.ledger.encode()]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_the_headers_are_a_cloudevent_in_binary_mode(
    settled: Books, messages: Messages, service: str
) -> None:
    assert messages[service]
    for record in messages[service]:
        headers = {name: value.decode() for name, value in record.headers}
        entry = orjson.loads(record.value)
        assert len(headers) == len(record.headers)
        assert REQUIRED <= set(headers) <= KNOWN
        assert all(re.fullmatch(r"ce_[a-z0-9]+|content-type", name) for name in headers)
        assert all(value and value.isprintable() for value in headers.values())
        assert headers["ce_specversion"] == "1.0"
        assert headers["content-type"] == "application/json"
        assert UUID(headers["ce_id"]).version == 7
        assert headers["ce_source"] == f"/acquit/{service}/{settled.ledger}"
        assert re.fullmatch(rf"{service}\.[a-z-]+\.v\d+", headers["ce_type"])
        assert headers["ce_subject"] == entry["stream"]
        assert TIME.fullmatch(headers["ce_time"])
        assert datetime.fromisoformat(headers["ce_time"]).tzinfo == UTC
        assert urlsplit(headers["ce_dataschema"]).scheme  # a URI, not a reference to one
        assert headers["ce_dataschema"].endswith(headers["ce_type"])


@pytest.mark.parametrize("service", SERVICES)
def test_the_headers_say_what_is_sealed(messages: Messages, service: str) -> None:
    for record in messages[service]:
        headers = {name: value.decode() for name, value in record.headers}
        entry = orjson.loads(record.value)
        said = {
            "id": headers["ce_id"],
            "type": headers["ce_type"],
            "stream": headers["ce_subject"],
            "recorded_at": headers["ce_time"],
            "ledger": headers["ce_ledger"],
            "position": int(headers["ce_position"]),
            "correlation_id": headers["ce_correlationid"],
            "causation_id": headers.get("ce_causationid"),
            "service": service,
        }
        assert {name: entry[name] for name in said} == said
        assert headers["ce_hash"] == hashlib.sha256(record.value).hexdigest()


def test_source_and_id_name_an_event_once(messages: Messages) -> None:
    found = [record for service in SERVICES for record in messages[service]]
    names = [(dict(r.headers)["ce_source"], dict(r.headers)["ce_id"]) for r in found]
    assert len(set(names)) == len(names)


@pytest.mark.feature("S2-03")
@pytest.mark.parametrize("service", SERVICES)
async def test_stored_published_and_archived_bytes_are_the_same(
    settled: Books, messages: Messages, stack: Stack, service: str
) -> None:
    journal = await stored(
        stack.superuser_dsn(f"acquit_{service}"),
        "SELECT position, sealed, hash, signature FROM journal WHERE ledger = $1 ORDER BY 1",
        settled.ledger,
    )
    copies = await stored(
        stack.superuser_dsn("acquit_archive"),
        "SELECT position, sealed, hash, signature FROM copied_entries "
        "WHERE ledger = $1 AND source = $2 ORDER BY 1",
        settled.ledger,
        service,
    )
    published = []
    for record in messages[service]:
        headers = dict(record.headers)
        signature = headers.get("ce_signature")
        published.append(
            (
                int(headers["ce_position"]),
                record.value,
                bytes.fromhex(headers["ce_hash"].decode()),
                bytes.fromhex(signature.decode()) if signature else None,
            )
        )
    assert journal
    assert journal == published == copies


@pytest.mark.parametrize("service", SERVICES)
def test_a_foreign_consumer_needs_only_the_public_key(
    settled: Books, messages: Messages, service: str
) -> None:
    keys = orjson.loads(settled.stack.environment("archive")["ARCHIVE_PUBLIC_KEYS"])
    chain = Chain(service, settled.ledger, keys[service])
    for record in messages[service]:
        headers = {name: value.decode() for name, value in record.headers}
        signature = headers.get("ce_signature")
        entry = SealedEntry(
            ledger=headers["ce_ledger"],
            position=int(headers["ce_position"]),
            sealed=record.value,
            hash=bytes.fromhex(headers["ce_hash"]),
            signature=bytes.fromhex(signature) if signature else None,
        )
        assert chain.check(entry) is None
    assert chain.finish() is None


async def stored(dsn: str, query: str, *values: str) -> list[tuple[object, ...]]:
    db = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await db.fetch(query, *values)]
    finally:
        await db.close()
