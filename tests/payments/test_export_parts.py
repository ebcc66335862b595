"""If these failed, a long export would not come back as it was handed over, or not at all."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.payments import queries
from services.payments.exports import Period, prepare
from services.payments.tables import export_files
from shared.database import engine_of
from shared.fec import read
from shared.settings import settings_of
from tests.books import Books, ok

MANY = 2_500  # movements: more lines than a part has
AUGUST = {"from": "2025-08-01", "to": "2025-08-31"}


@pytest.fixture
async def engine(books: Books, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncEngine]:
    """Reach payments' database as the service does."""
    for name, value in books.stack.environment("payments").items():
        monkeypatch.setenv(name, value)
    engine = engine_of(settings_of("payments"))
    yield engine
    await engine.dispose()


def pay_many(books: Books) -> None:
    body = books.payment_body(received_on="2025-08-18")
    items = [{"id": str(uuid4())} | body | {"amount": f"{n}.00"} for n in range(1, MANY + 1)]
    answer = ok(books.post("payments", "/payments/bulk", {"mode": "all", "items": items}))
    assert answer["accepted"] == MANY


async def stored(engine: AsyncEngine, ledger: str, sha256: str) -> list[bytes]:
    parts = await queries.export_parts(engine, ledger, sha256)
    found = [content async for content in queries.export_content(engine, ledger, parts)]
    assert [part.size_bytes for part in parts] == list(map(len, found))
    return found


async def test_a_long_file_is_kept_in_parts_and_comes_back_whole(
    books: Books, engine: AsyncEngine
) -> None:
    pay_many(books)
    export: dict[str, Any] = ok(books.post("payments", "/accounting-exports", AUGUST))
    assert export["line_count"] == 2 * MANY
    answer = books.get("payments", f"/accounting-exports/{export['export_id']}/file")
    content = answer.content
    assert hashlib.sha256(content).hexdigest() == export["file_sha256"]
    assert int(answer.headers["content-length"]) == len(content)
    lines = read(content).lines
    assert [line.debit_cents for line in lines[::2]] == [100 * n for n in range(1, MANY + 1)]
    parts = await stored(engine, books.ledger, export["file_sha256"])
    assert len(parts) == 2
    assert b"".join(parts) == content


async def test_a_file_kept_whole_by_an_earlier_version_still_comes(
    books: Books, engine: AsyncEngine
) -> None:
    content = b"JournalCode\r\n" * 9
    sha256 = hashlib.sha256(content).hexdigest()
    row = {"ledger": books.ledger, "file_sha256": sha256, "content": content}
    async with engine.begin() as tx:
        await tx.execute(export_files.insert().values(row))
    assert await stored(engine, books.ledger, sha256) == [content]


async def test_attempts_at_the_same_time_and_one_after_another_keep_the_same_parts(
    books: Books, engine: AsyncEngine
) -> None:
    pay_many(books)
    period = Period(uuid4(), date(2025, 8, 1), date(2025, 8, 31), siren=None)
    first, second = await asyncio.gather(
        prepare(engine, books.ledger, period), prepare(engine, books.ledger, period)
    )
    assert first is not None
    assert first == second
    kept = await stored(engine, books.ledger, first.file_sha256)
    ok(books.pay(amount="5.00", received_on="2025-08-18"))
    third = await prepare(engine, books.ledger, period)
    assert third is not None
    assert third.line_count == first.line_count + 2
    longer = await stored(engine, books.ledger, third.file_sha256)
    assert longer[: len(kept) - 1] == kept[:-1]
    assert b"".join(longer).startswith(b"".join(kept))
