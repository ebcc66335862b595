"""If these failed, somebody but the payments service could write what we received."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
import pytest

from deploy.local.stack import Stack
from tests.archive.tampering import tampered
from tests.books import SERVICES, Books, ok, refused
from tests.reading import journal
from tests.shared.databases import in_database

FLIP = """
UPDATE journal SET sealed = decode(replace(encode(sealed, 'escape'), '100.00', '900.00'), 'escape')
WHERE ledger = $1 AND position IN (2, 3)
"""
REFUSED = (asyncpg.InsufficientPrivilegeError, asyncpg.IntegrityConstraintViolationError)


def address(stack: Stack, service: str, role: str) -> str:
    """Return how a role of a service reaches the database of payments."""
    own = stack.environment(service)[f"{service.upper()}_{role}"]
    return in_database(own.replace("+asyncpg", ""), "acquit_payments")


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    db = await asyncpg.connect(dsn)
    try:
        yield db
    finally:
        await db.close()


@pytest.mark.feature("S2-02")
@pytest.mark.parametrize("role", ["DATABASE_URL", "OWNER_DATABASE_URL"])
async def test_the_payments_journal_is_in_a_database_that_no_other_service_enters(
    stack: Stack, role: str
) -> None:
    urls = {
        service: stack.environment(service)[f"{service.upper()}_{role}"] for service in SERVICES
    }
    assert len(set(urls.values())) == len(SERVICES)
    for service in SERVICES:
        if service == "payments":
            own = await asyncpg.connect(address(stack, service, role))
            assert await own.fetchval("SELECT count(*) >= 0 FROM journal")
            await own.close()
        else:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await asyncpg.connect(address(stack, service, role))


@pytest.mark.feature("S2-05")
@pytest.mark.parametrize("role", ["DATABASE_URL", "OWNER_DATABASE_URL"])
async def test_the_database_itself_refuses_to_change_what_was_recorded(
    books: Books, role: str
) -> None:
    ok(books.pay(amount="100.00"))
    before = journal(books, "payments")
    async with connected(address(books.stack, "payments", role)) as own:
        for change in ("UPDATE journal SET type = 'x'", "DELETE FROM journal", "TRUNCATE journal"):
            with pytest.raises(REFUSED):
                await own.execute(change)
    assert journal(books, "payments") == before


@pytest.mark.feature("S2-03")
def test_every_entry_carries_the_hash_before_it_and_the_first_broken_link_is_named(
    books: Books,
) -> None:
    for _ in range(3):
        ok(books.pay(amount="100.00"))
    entries = journal(books, "payments")
    assert [entry["position"] for entry in entries] == list(range(1, len(entries) + 1))
    assert len({entry["previous_hash"] for entry in entries}) == len(entries)
    verdict = ok(books.get("payments", "/verification"))
    assert (verdict["intact"], verdict["entries"]) == (True, len(entries))
    with tampered(books.stack, "payments", books.ledger, FLIP):
        flaw = ok(books.get("payments", "/verification"))["flaw"]
    assert (flaw["service"], flaw["ledger"], flaw["position"]) == ("payments", books.ledger, 2)
    assert flaw["flaw"] == "altered"
    assert ok(books.get("payments", "/verification"))["intact"]


@contextmanager
def somebody(books: Books, *rights: str) -> Iterator[Books]:
    """Return the same books with fewer rights."""
    with Books(books.stack, books.ledger, list(rights)) as other:
        other.customer_id = books.customer_id
        yield other


@pytest.mark.feature("S2-08")
def test_a_receipt_needs_the_right_to_create_receipts_and_a_refusal_is_logged(
    books: Books,
) -> None:
    before = journal(books, "payments")
    with somebody(books, "payments:read", "documents:validate") as reader:
        answer = reader.pay(amount="1.00")
        problem = refused(answer, 403, "forbidden")
        assert (problem["right"], problem["ledger"]) == ("payments:record", books.ledger)
    assert journal(books, "payments") == before
    log = (books.stack.folder / "logs" / "payments.log").read_text("utf-8")
    (line,) = [row for row in log.splitlines() if answer.headers["x-correlation-id"] in row]
    assert "request.refused" in line
    assert "forbidden" in line
    with somebody(books, "payments:record") as cashier:
        assert ok(cashier.pay(amount="1.00"))
        refused(cashier.get("payments", "/payments"), 403, "forbidden")
    with Books(books.stack, f"{books.ledger}-other") as stranger:
        url = books.url("payments", "/payments")
        refused(stranger.http.get(url), 403, "forbidden")
