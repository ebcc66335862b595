"""If these failed, a foreign consumer of our topics would need a library of ours."""

import hashlib
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import orjson
import pytest
from aiokafka.structs import ConsumerRecord

from deploy.local.stack import Stack
from shared.seal import Chain, SealedEntry
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
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def settled(books: Books) -> Books:
    """Have facts of three services that caused one another."""
    invoice = books.invoice("120.00")
    ok(books.pay(invoice))
    until(lambda: books.document(invoice)["payment_status"] == "settled")
    books.wait_until_caught_up()
    return books


async def messages(books: Books, service: str) -> list[ConsumerRecord]:
    """Return this ledger's messages on a service's topic."""
    found = await Topic(books.stack.kafka_servers, f"acquit.{service}").records()
    return [record for record in found if record.key == books.ledger.encode()]


@pytest.mark.parametrize("service", SERVICES)
async def test_the_headers_are_a_cloudevent_in_binary_mode(settled: Books, service: str) -> None:
    found = await messages(settled, service)
    assert found
    for record in found:
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
async def test_the_headers_say_what_is_sealed(settled: Books, service: str) -> None:
    for record in await messages(settled, service):
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


async def test_source_and_id_name_an_event_once(settled: Books) -> None:
    found = [record for service in SERVICES for record in await messages(settled, service)]
    names = [(dict(r.headers)["ce_source"], dict(r.headers)["ce_id"]) for r in found]
    assert len(set(names)) == len(names)


@pytest.mark.feature("S2-03")
@pytest.mark.parametrize("service", SERVICES)
async def test_stored_published_and_archived_bytes_are_the_same(
    settled: Books, stack: Stack, service: str
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
    for record in await messages(settled, service):
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
async def test_a_foreign_consumer_needs_only_the_public_key(settled: Books, service: str) -> None:
    keys = orjson.loads(settled.stack.environment("archive")["ARCHIVE_PUBLIC_KEYS"])
    chain = Chain(service, settled.ledger, keys[service])
    for record in await messages(settled, service):
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
