"""If these failed, a fact could be kept and never be told, or be told in the wrong order."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from deploy.local.stack import Stack
from shared import relay as relay_module
from shared.relay import Relay
from tests.shared.notes import Put, names
from tests.shared.shelf import (
    CONTEXT,
    LEDGER,
    LOCKS_LOST,
    Shelf,
    constant,
    put,
    running,
    shelf,
    until,
)
from tests.shared.topic import Topic


@pytest.fixture
async def notes(stack: Stack) -> AsyncIterator[Shelf]:
    async with shelf(stack) as made:
        yield made


async def relayed(notes: Shelf, ledger: str = LEDGER) -> int:
    """Return how far the relay's checkpoint is."""
    rows = await notes.sql("SELECT position FROM relay_checkpoints WHERE ledger = $1", ledger)
    return int(rows[0][0]) if rows else 0


async def caught_up(notes: Shelf, relay: Relay, *ledgers: str) -> None:
    """Run a relay until it has sent everything."""
    async with running(relay.run_forever(asyncio.Event())):
        await everything_sent(notes, *ledgers)


async def everything_sent(notes: Shelf, *ledgers: str) -> None:
    async def sent() -> bool:
        counts = [(await relayed(notes, name), len(await notes.entries(name))) for name in ledgers]
        return all(done == wanted for done, wanted in counts)

    await until(sent)


@pytest.mark.feature("S2-03")
async def test_every_entry_is_published_in_order_and_byte_for_byte(notes: Shelf) -> None:
    journal = await notes.writing()
    ledgers = ["one", "two", "three"]
    await asyncio.gather(*(put(journal, names(2_500), ledger) for ledger in ledgers))
    await caught_up(notes, notes.relay(), *ledgers)
    found = await Topic.of(notes).records()
    for ledger in ledgers:
        values = [record.value for record in found if record.key == ledger.encode()]
        assert values == [entry.sealed for entry in await notes.entries(ledger)]


async def test_it_goes_on_where_it_stopped(notes: Shelf) -> None:
    journal = await notes.writing()
    await put(journal, names(10, "early"))
    await caught_up(notes, notes.relay(), LEDGER)
    await put(journal, names(10, "late"))
    await caught_up(notes, notes.relay(), LEDGER)
    assert await Topic.of(notes).positions() == list(range(1, 21))


async def test_it_is_woken_by_the_writer(notes: Shelf) -> None:
    journal, relay = await notes.writing(), notes.relay()
    async with running(relay.run_forever(journal.written)):
        await put(journal, ["first"])
        await everything_sent(notes, LEDGER)
        await put(journal, ["second"])
        await everything_sent(notes, LEDGER)
    assert await Topic.of(notes).positions() == [1, 2]


async def test_what_comes_right_after_an_entry_travels_together(
    notes: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, send = [], AIOKafkaProducer.send_batch

    async def noted(producer: AIOKafkaProducer, batch: BatchBuilder, *place: Any, **to: Any) -> Any:
        sent.append(batch.record_count())
        return await send(producer, batch, *place, **to)

    monkeypatch.setattr(AIOKafkaProducer, "send_batch", noted)
    monkeypatch.setattr(relay_module, "_FEW_SECONDS", 1)
    journal, relay = await notes.writing(), notes.relay()
    async with running(relay.run_forever(journal.written)):
        await put(journal, ["first"])
        await everything_sent(notes, LEDGER)
        for name in names(5):
            await put(journal, [name])
        await everything_sent(notes, LEDGER)
    assert sent == [1, 5]


async def test_a_crash_between_sending_and_remembering_repeats_and_never_skips(
    notes: Shelf,
) -> None:
    journal = await notes.writing()
    await put(journal, names(10))
    await notes.sql("ALTER TABLE relay_checkpoints ADD CONSTRAINT crash CHECK (position < 0)")
    topic = Topic.of(notes)
    async with running(notes.relay().run_forever(asyncio.Event())):
        await until(lambda: topic.holds(15))
        await notes.sql("ALTER TABLE relay_checkpoints DROP CONSTRAINT crash")
        await everything_sent(notes, LEDGER)
    positions = await topic.positions()
    assert len(positions) > 10
    assert list(dict.fromkeys(positions)) == list(range(1, 11))
    assert positions[-10:] == list(range(1, 11))


async def test_a_topic_that_was_deleted_is_filled_again(notes: Shelf) -> None:
    journal, topic = await notes.writing(), Topic.of(notes)
    await put(journal, names(10))
    await caught_up(notes, notes.relay(), LEDGER)
    await topic.delete()
    async with running(notes.relay().run_forever(asyncio.Event())):
        await until(lambda: topic.holds(10))
    assert await topic.positions() == list(range(1, 11))


async def test_what_a_topic_lost_at_its_end_is_sent_again(notes: Shelf) -> None:
    journal, topic = await notes.writing(), Topic.of(notes)
    await put(journal, names(10))
    await caught_up(notes, notes.relay(), LEDGER)
    await topic.delete()
    await topic.make()
    await topic.send((await notes.entries())[:4])
    async with running(notes.relay().run_forever(asyncio.Event())):
        await until(lambda: topic.holds(14))
    assert await topic.positions() == [1, 2, 3, 4, *range(1, 11)]


async def test_what_a_topic_lost_at_its_beginning_is_sent_again(notes: Shelf) -> None:
    journal, topic = await notes.writing(), Topic.of(notes)
    await put(journal, names(10))
    await caught_up(notes, notes.relay(), LEDGER)
    partition = (await topic.records())[0].partition
    await topic.cut_head(partition, before=10)
    async with running(notes.relay().run_forever(asyncio.Event())):
        await until(lambda: topic.holds(10))
    assert await topic.positions() == list(range(1, 11))


async def test_a_topic_emptied_under_a_running_relay_is_filled_again(notes: Shelf) -> None:
    journal, topic = await notes.writing(), Topic.of(notes)
    await put(journal, names(10))
    async with running(notes.relay().run_forever(journal.written)):
        await everything_sent(notes, LEDGER)
        await topic.delete()
        await topic.make()
        await put(journal, ["later"])
        await until(lambda: topic.holds(11), 60)
        await everything_sent(notes, LEDGER)
    positions = await topic.positions()
    assert list(dict.fromkeys(positions[-11:])) == list(range(1, 12))


async def test_what_a_topic_lost_under_an_idle_relay_is_sent_again(notes: Shelf) -> None:
    journal, topic = await notes.writing(), Topic.of(notes)
    await put(journal, names(10))
    with constant(relay_module, "_COMPARE_SECONDS", 0.2):
        async with running(notes.relay().run_forever(journal.written)):
            await everything_sent(notes, LEDGER)
            await topic.delete()
            await topic.make()
            await until(lambda: topic.holds(10), 60)


async def test_two_relays_one_works_and_the_other_takes_over(notes: Shelf) -> None:
    journal, one, other = await notes.writing(), notes.relay(), notes.relay()
    async with running(other.run_forever(asyncio.Event())):
        await until(lambda: other.connected)
        async with running(one.run_forever(asyncio.Event())):
            await put(journal, names(5))
            await everything_sent(notes, LEDGER)
            assert not one.connected
            assert one.trouble is None
            await notes.sql(LOCKS_LOST)
            await until(lambda: one.connected != other.connected)
            await put(journal, names(5, "more"))
            await everything_sent(notes, LEDGER)
        await until(lambda: other.connected)
    assert list(dict.fromkeys(await Topic.of(notes).positions())) == list(range(1, 11))


async def test_a_relay_that_lost_its_database_session_starts_over(notes: Shelf) -> None:
    journal, relay = await notes.writing(), notes.relay()
    async with running(relay.run_forever(asyncio.Event())):
        for turn in range(3):
            await put(journal, names(3, f"{turn}/"))
            await everything_sent(notes, LEDGER)
            await notes.sql(LOCKS_LOST)
    assert list(dict.fromkeys(await Topic.of(notes).positions())) == list(range(1, 10))


async def test_an_entry_larger_than_a_batch_travels_in_its_place(notes: Shelf) -> None:
    journal = await notes.writing()
    await put(journal, ["before"])
    await journal.execute(LEDGER, Put("large", "x" * 3_000_000), CONTEXT)
    await put(journal, ["after"])
    await caught_up(notes, notes.relay(), LEDGER)
    found = await Topic.of(notes).records()
    assert [record.value for record in found] == [e.sealed for e in await notes.entries()]


PUT_IN = """
INSERT INTO journal SELECT ledger, {to}, gen_random_uuid(), stream, type, recorded_at, sealed, hash
FROM journal WHERE ledger = $1 AND position = 2
"""
HEAD = "UPDATE chain_heads SET position = {} WHERE ledger = $1"
BEHIND_OUR_BACK = {
    "put in at the end": (6, [PUT_IN.format(to=6), HEAD.format(6)]),
    "put in far away": (6, [PUT_IN.format(to=9), HEAD.format(9)]),
    "bytes changed": (
        5,
        ["UPDATE journal SET sealed = sealed || ' ' WHERE ledger = $1 AND position = 5"],
    ),
    "taken out": (4, ["DELETE FROM journal WHERE ledger = $1 AND position = 4"]),
    "sent, and taken out": (3, ["DELETE FROM journal WHERE ledger = $1 AND position = 3"]),
    "sent, and another in its place": (
        4,
        ["UPDATE journal SET hash = sha256('other') WHERE ledger = $1 AND position = 3"],
    ),
}


@pytest.mark.parametrize("what", BEHIND_OUR_BACK)
async def test_what_was_altered_behind_our_back_is_not_published(notes: Shelf, what: str) -> None:
    position, statements = BEHIND_OUR_BACK[what]
    journal, relay = await notes.writing(), notes.relay()
    await put(journal, names(3))
    await caught_up(notes, notes.relay(), LEDGER)
    await put(journal, names(2, "later"))
    for statement in statements:
        await notes.sql(statement, LEDGER)
    async with running(relay.run_forever(asyncio.Event())):
        await until(lambda: f"{LEDGER}, position {position}: " in (relay.trouble or ""))
        await put(journal, names(3), "other")
        await everything_sent(notes, "other")
        assert relay.connected
    sent = await Topic.of(notes).records()
    assert [r.key for r in sent].count(LEDGER.encode()) == max(position - 1, 3)


async def test_what_lies_beyond_a_journal_s_end_keeps_nothing_back(notes: Shelf) -> None:
    journal, relay, topic = await notes.writing(), notes.relay(), Topic.of(notes)
    await put(journal, names(3))
    await notes.sql(PUT_IN.format(to=1_000), LEDGER)
    async with running(relay.run_forever(asyncio.Event())):
        await put(journal, names(3, "later"))
        await until(lambda: topic.holds(6))
        assert relay.trouble is None
    assert await topic.positions() == list(range(1, 7))


async def test_a_journal_that_is_put_right_again_goes_on(notes: Shelf) -> None:
    journal, relay = await notes.writing(), notes.relay()
    await put(journal, names(5))
    await notes.sql("UPDATE journal SET position = 9 WHERE position = 4")
    async with running(relay.run_forever(asyncio.Event())):
        await until(lambda: relay.trouble)
        await notes.sql("UPDATE journal SET position = 4 WHERE position = 9")
        await everything_sent(notes, LEDGER)
        await until(lambda: relay.trouble is None)
    assert await Topic.of(notes).positions() == [1, 2, 3, 4, 5]
