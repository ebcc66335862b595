"""If these failed, a table that was lost would be lost: nothing could say what it held."""

import asyncio
import os
import subprocess
import sys

import asyncpg
import pytest

from shared.history import JournalIncompleteError, Source
from shared.rebuild import rebuild
from tests.archive.tampering import tampered
from tests.books import SERVICES, Books, ok
from tests.services import service_of, settings_of
from tests.shared.topic import Topic

Rows = dict[str, list[tuple[object, ...]]]


async def rows(books: Books, name: str) -> Rows:
    """Return what a service's tables say of a ledger, with the checkpoints."""
    db = await asyncpg.connect(books.stack.superuser_dsn(f"acquit_{name}"))
    try:
        return {
            table: sorted((tuple(row) for row in await db.fetch(query, books.ledger)), key=repr)
            for table in [*tables_of(name), "checkpoints", "journal", "chain_heads"]
            if (query := f"SELECT {_said(table)} FROM {table} WHERE ledger = $1")  # noqa: S608 - ours
        }
    finally:
        await db.close()


def _said(table: str) -> str:
    """Return the columns that a rebuild leaves as they are: it is a revision of its own."""
    return "position, hash, signature" if table == "chain_heads" else "*"


def tables_of(name: str) -> list[str]:
    return [table.name for table in service_of(name).tables.row_tables]


async def drop(books: Books, name: str) -> None:
    """Lose every row of a service's projections, as its database's superuser."""
    db = await asyncpg.connect(books.stack.superuser_dsn(f"acquit_{name}"))
    try:
        for table in tables_of(name):
            await db.execute(f"DELETE FROM {table} WHERE ledger = $1", books.ledger)  # noqa: S608
    finally:
        await db.close()


@pytest.mark.feature("S2-03")
@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("name", SERVICES)
async def test_a_lost_projection_comes_back_row_for_row(
    month: Books, name: str, source: Source
) -> None:
    service, settings = service_of(name), settings_of(month.stack, name)
    before = await rows(month, name)
    await drop(month, name)
    lost = await rebuild(service, settings, source=source, check_only=False, ledger=month.ledger)
    assert set(lost) == {table for table in tables_of(name) if before[table]}
    assert await rows(month, name) == before
    again = await rebuild(service, settings, source=source, check_only=True, ledger=month.ledger)
    assert again == []


async def test_reactions_do_not_run_again(month: Books) -> None:
    before = month.positions()
    for name in ("reconciliation", "invoicing"):
        settings = settings_of(month.stack, name)
        await drop(month, name)
        await rebuild(
            service_of(name),
            settings,
            source=Source.KAFKA,
            check_only=False,
            ledger=month.ledger,
        )
    assert month.positions() == before
    month.prove_conservation()


async def test_a_check_finds_a_changed_row_and_changes_nothing(books: Books) -> None:
    ok(books.pay(books.invoice("10.00")))
    books.wait_until_caught_up()
    db = await asyncpg.connect(books.stack.superuser_dsn("acquit_payments"))
    await db.execute("UPDATE payments SET amount_cents = 1 WHERE ledger = $1", books.ledger)
    changed = await rows(books, "payments")
    settings = settings_of(books.stack, "payments")
    service = service_of("payments")
    differing = await rebuild(
        service, settings, source=Source.JOURNAL, check_only=True, ledger=books.ledger
    )
    assert differing == ["payments"]
    assert await rows(books, "payments") == changed
    await db.close()


async def test_what_was_not_reacted_to_yet_is_left_for_later(books: Books) -> None:
    """A rebuild stops at the checkpoint; what came after is still reacted to."""
    invoice = books.invoice("10.00")
    db = await asyncpg.connect(books.stack.superuser_dsn("acquit_reconciliation"))
    around = db.transaction()
    await around.start()
    lock = "SELECT 1 FROM chain_heads WHERE ledger = $1 FOR UPDATE"
    await db.execute(lock, books.ledger)  # its writer waits
    ok(books.pay(invoice))
    settings = settings_of(books.stack, "reconciliation")
    work = asyncio.create_task(
        rebuild(
            service_of("reconciliation"),
            settings,
            source=Source.JOURNAL,
            check_only=False,
            ledger=books.ledger,
        )
    )
    await asyncio.sleep(0.2)
    await around.rollback()
    await db.close()
    assert await work == []
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"
    books.prove_conservation()


async def test_a_journal_that_is_not_whole_rebuilds_nothing(books: Books) -> None:
    ok(books.pay(books.invoice("10.00")))
    books.wait_until_caught_up()
    before = await rows(books, "payments")
    flip = (
        "UPDATE journal SET sealed = replace(encode(sealed, 'escape'), '10.00', '90.00')::bytea"
        " WHERE ledger = $1 AND type LIKE '%payment-recorded%'"
    )
    with tampered(books.stack, "payments", books.ledger, flip):
        settings = settings_of(books.stack, "payments")
        with pytest.raises(JournalIncompleteError, match="stored hash"):
            await rebuild(
                service_of("payments"),
                settings,
                source=Source.JOURNAL,
                check_only=False,
                ledger=books.ledger,
            )
    assert await rows(books, "payments") == before


async def test_what_kafka_does_not_hold_is_not_rebuilt_from_it(books: Books) -> None:
    """Entries that no relay has sent are missed, not left out."""
    beyond = "UPDATE chain_heads SET position = position + 1 WHERE ledger = $1"
    settings = settings_of(books.stack, "invoicing")
    with (
        tampered(books.stack, "invoicing", books.ledger, beyond),
        pytest.raises(JournalIncompleteError, match="ends at position 1, 2 were applied"),
    ):
        await rebuild(
            service_of("invoicing"),
            settings,
            source=Source.KAFKA,
            check_only=True,
            ledger=books.ledger,
        )


def run(books: Books, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run payments' rebuild as an operator does."""
    command = [sys.executable, "-m", "services.payments", "rebuild", *arguments]
    environment = {**os.environ, **books.stack.environment("payments")}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_command_says_in_words_and_by_its_exit_code_what_it_found(books: Books) -> None:
    ok(books.pay(books.invoice("10.00")))
    books.wait_until_caught_up()
    only = ["--ledger", books.ledger]
    same = run(books, "--source", "kafka", "--check", *only)
    assert (same.returncode, same.stdout.splitlines()[-1]) == (
        0,
        "the tables are what the journals say",
    )
    asyncio.run(drop(books, "payments"))
    lost = run(books, "--check", *only)
    assert lost.returncode == 1
    assert "payments" in lost.stdout.splitlines()[-1]
    assert run(books, *only).returncode == 0


async def test_a_topic_can_be_read_whole_while_it_grows(month: Books) -> None:
    """What the rebuild reads from Kafka is what every foreign consumer can read.

    An entry may be there twice: a relay that starts over sends again what nobody confirmed.
    """
    topic = Topic(month.stack.kafka_servers, "acquit.payments")
    mine = [r for r in await topic.records() if r.key == month.ledger.encode()]
    found = {int(dict(record.headers)["ce_position"]) for record in mine}
    assert found == set(range(1, month.positions()["payments"]["position"] + 1))
