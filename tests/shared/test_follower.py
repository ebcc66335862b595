"""If these failed, a service could count a fact twice, or miss one and not say so."""

import asyncio

import httpx
import orjson
import pytest

from shared import bus, follower
from shared.telemetry import Metrics
from tests.shared.following import applied, written
from tests.shared.notes import names
from tests.shared.shelf import LOCKS_LOST, Shelf, put, running, until
from tests.shared.topic import Topic

# ── exactly once ────────────────────────────────────────────────────────────────


async def test_facts_are_applied_once_and_answered_once(owner: Shelf, reader: Shelf) -> None:
    entries = await written(owner, 300)
    await Topic.of(owner).send(entries)
    follower = reader.follower(owner.name, await reader.writing())
    async with running(follower.run_forever()):
        await applied(reader, owner, 300)
    assert await reader.notes() == dict.fromkeys([*names(300), *names(300, "copy of n")], 1)
    assert len(await reader.entries()) == 300
    commits = await reader.sql("SELECT count(DISTINCT xmin::text) FROM journal")
    assert commits[0][0] < 30


async def test_rows_commands_and_checkpoint_land_in_one_commit(owner: Shelf, reader: Shelf) -> None:
    await Topic.of(owner).send(await written(owner, 1))
    async with running(reader.follower(owner.name, await reader.writing()).run_forever()):
        await applied(reader, owner, 1)
    commits = await reader.sql(
        "SELECT xmin::text FROM notes UNION SELECT xmin::text FROM journal"
        " UNION SELECT xmin::text FROM checkpoints"
    )
    assert len(commits) == 1


async def test_an_answer_names_the_fact_that_caused_it(owner: Shelf, reader: Shelf) -> None:
    entries = await written(owner, 1)
    await Topic.of(owner).send(entries)
    async with running(reader.follower(owner.name, await reader.writing()).run_forever()):
        await applied(reader, owner, 1)
    cause = orjson.loads(entries[0].sealed)
    answer = orjson.loads((await reader.entries())[0].sealed)
    assert answer["causation_id"] == cause["id"]
    assert answer["correlation_id"] == cause["correlation_id"]
    assert answer["actor"] == f"service:{reader.name}"


async def test_repeats_are_skipped(owner: Shelf, reader: Shelf) -> None:
    entries = await written(owner, 20)
    await Topic.of(owner).send([*entries[:15], *entries[5:12], *entries, *entries[:3]])
    follower = reader.follower(owner.name, await reader.writing())
    async with running(follower.run_forever()):
        await applied(reader, owner, 20)
        await until(lambda: follower.lag == 0)
    assert set((await reader.notes()).values()) == {1}


async def test_it_goes_on_where_it_stopped(owner: Shelf, reader: Shelf) -> None:
    topic, journal = Topic.of(owner), await reader.writing()
    entries = await written(owner, 10)
    await topic.send(entries)
    async with running(reader.follower(owner.name, journal).run_forever()):
        await applied(reader, owner, 10)
    await topic.send((await written(owner, 5, "late"))[10:])
    async with running(reader.follower(owner.name, journal).run_forever()):
        await applied(reader, owner, 15)
    assert set((await reader.notes()).values()) == {1}


async def test_a_topic_made_anew_is_read_from_its_beginning(owner: Shelf, reader: Shelf) -> None:
    topic, journal = Topic.of(owner), await reader.writing()
    await topic.send(await written(owner, 10))
    async with running(reader.follower(owner.name, journal).run_forever()):
        await applied(reader, owner, 10)
    await topic.delete()
    await topic.make()
    entries = await written(owner, 3, "late")
    await topic.send(entries[8:])
    async with running(reader.follower(owner.name, journal).run_forever()):
        await applied(reader, owner, 13)
    assert set((await reader.notes()).values()) == {1}


@pytest.mark.parametrize("meanwhile", [True, False], ids=["while it follows", "while it is away"])
async def test_what_takes_the_place_of_lost_messages_is_read(
    owner: Shelf, reader: Shelf, monkeypatch: pytest.MonkeyPatch, *, meanwhile: bool
) -> None:
    monkeypatch.setattr(follower, "_COMPARE_SECONDS", 0.0 if meanwhile else 600.0)
    topic, journal = Topic.of(owner), await reader.writing()
    await topic.send(await written(owner, 10))

    async def kept() -> bool:
        return await reader.sql("SELECT max(next_offset) FROM topic_offsets") == [(10,)]

    async def come_back_as_long_as_it_was() -> None:
        await topic.delete()
        await topic.make()
        entries = await written(owner, 5, "late")
        await topic.send(entries[5:])

    async with running(reader.follower(owner.name, journal).run_forever()):
        await until(kept)
        if meanwhile:
            await come_back_as_long_as_it_was()
            await applied(reader, owner, 15)
    if not meanwhile:
        await come_back_as_long_as_it_was()
        async with running(reader.follower(owner.name, journal).run_forever()):
            await applied(reader, owner, 15)
    assert set((await reader.notes()).values()) == {1}


# ── holes ───────────────────────────────────────────────────────────────────────


async def test_a_hole_is_refilled_from_the_owners_journal(owner: Shelf, reader: Shelf) -> None:
    entries = await written(owner, 30)
    await Topic.of(owner).send([*entries[:5], *entries[20:22], entries[29]])
    reader.http = owner.serves(owner.journal())
    async with running(reader.follower(owner.name, await reader.writing()).run_forever()):
        await applied(reader, owner, 30)
    assert await reader.notes() == dict.fromkeys([*names(30), *names(30, "copy of n")], 1)


async def test_what_a_topic_dropped_at_its_beginning_is_refilled(
    owner: Shelf, reader: Shelf
) -> None:
    topic, entries = Topic.of(owner), await written(owner, 30)
    await topic.send(entries)
    await topic.cut_head((await topic.records())[0].partition, before=25)
    reader.http = owner.serves(owner.journal())
    async with running(reader.follower(owner.name, await reader.writing()).run_forever()):
        await applied(reader, owner, 30)
    assert set((await reader.notes()).values()) == {1}


async def test_an_owner_that_is_away_is_waited_for(owner: Shelf, reader: Shelf) -> None:
    entries = await written(owner, 3)
    await Topic.of(owner).send([entries[2]])
    reader.http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(503)))
    follower = reader.follower(owner.name, await reader.writing())
    async with running(follower.run_forever()):
        await until(lambda: not follower.connected and follower.lag == 1)
        assert follower.stopped is None
        follower._refill._client = owner.serves(owner.journal())  # noqa: SLF001 - it is back
        await applied(reader, owner, 3)


async def test_a_hole_that_the_owner_has_too_stops_the_follower(
    owner: Shelf, reader: Shelf
) -> None:
    entries = await written(owner, 5)
    await owner.sql("DELETE FROM journal WHERE position = 3")
    await Topic.of(owner).send([*entries[:2], entries[4]])
    reader.http = owner.serves(owner.journal())
    follower = reader.follower(owner.name, await reader.writing())
    async with running(follower.run_forever()):
        await until(lambda: follower.stopped)
    assert "'after': 2" in (follower.stopped or "")
    assert await reader.checkpoint(owner.name) == 2


# ── an owner that forgot ────────────────────────────────────────────────────────


async def restored(owner: Shelf, position: int) -> None:
    """Bring a shelf back to what it was at a position, as restoring an old backup does."""
    await owner.sql("DELETE FROM journal WHERE position > $1", position)
    await owner.sql(
        "UPDATE chain_heads h SET position = j.position, hash = j.hash FROM journal j"
        " WHERE j.ledger = h.ledger AND j.position = $1",
        position,
    )


@pytest.mark.parametrize("first_seen", [4, 5, 6])
async def test_an_owner_that_forgot_what_was_applied_stops_the_follower(
    owner: Shelf, reader: Shelf, first_seen: int
) -> None:
    """Position 4 alone could be a repeat; what takes the place of 5, or comes after it, is not."""
    topic, journal = Topic.of(owner), await reader.writing()
    await topic.send(await written(owner, 5))
    async with running(reader.follower(owner.name, journal).run_forever()):
        await applied(reader, owner, 5)
    known = await reader.notes()
    await restored(owner, 3)
    await topic.send((await written(owner, 3, "other"))[first_seen - 1 :])
    metrics = Metrics()
    follower = reader.follower(owner.name, journal, metrics)
    async with running(follower.run_forever()):
        await until(lambda: follower.stopped)
    assert "JournalForked" in (follower.stopped or "")
    assert metrics.registry.get_sample_value("follower_stopped", {"source": owner.name}) == 1
    assert await reader.checkpoint(owner.name) == 5
    assert await reader.notes() == known


# ── several workers ─────────────────────────────────────────────────────────────


async def test_workers_share_the_partitions_and_apply_each_fact_once(
    owner: Shelf, reader: Shelf
) -> None:
    topic, ledgers = Topic.of(owner), [f"ledger-{i}" for i in range(16)]
    journal = await owner.writing()
    await asyncio.gather(*(put(journal, names(20), ledger) for ledger in ledgers))
    workers = [reader.follower(owner.name, await reader.writing()) for _ in range(2)]

    async def followed(position: int) -> bool:
        return all([await reader.checkpoint(owner.name, name) == position for name in ledgers])

    async with running(workers[0].run_forever()):
        async with running(workers[1].run_forever()):
            await until(lambda: all(len(worker._reached) == 2 for worker in workers))  # noqa: SLF001
            for ledger in ledgers:
                await topic.send(await owner.entries(ledger))
            await until(lambda: followed(20))
            await put(journal, ["late"], ledgers[0])
        await until(lambda: len(workers[0]._reached) == 4)  # noqa: SLF001 - it took over what was left
        for ledger in ledgers:
            await topic.send((await owner.entries(ledger))[20:])
        await applied(reader, owner, 21, ledgers[0])
    assert {row[0] for row in await reader.sql("SELECT times FROM notes")} == {1}


async def test_a_worker_that_lost_its_leases_goes_on_without_applying_twice(
    owner: Shelf, reader: Shelf
) -> None:
    topic = Topic.of(owner)
    workers = [reader.follower(owner.name, await reader.writing()) for _ in range(2)]
    async with running(workers[0].run_forever()), running(workers[1].run_forever()):
        for turn in range(3):
            before = await owner.entries()
            await topic.send((await written(owner, 10, f"{turn}/"))[len(before) :])
            await applied(reader, owner, 10 * turn + 5)
            await reader.sql(LOCKS_LOST)
        await applied(reader, owner, 30)
    assert set((await reader.notes()).values()) == {1}
    assert len(await reader.entries()) == 30


# ── how far behind ──────────────────────────────────────────────────────────────


async def test_the_lag_is_what_is_not_applied_yet(owner: Shelf, reader: Shelf) -> None:
    topic, metrics, journal = Topic.of(owner), Metrics(), reader.journal()
    await topic.send(await written(owner, 25))
    follower = reader.follower(owner.name, journal, metrics)

    def lag() -> float | None:
        return metrics.registry.get_sample_value("follower_lag_entries", {"source": owner.name})

    async with running(follower.run_forever()):
        await until(lambda: follower.lag == 25)  # nobody writes yet
        assert lag() == 25
        writing = asyncio.create_task(journal.write_until_closed())
        await until(lambda: follower.lag == 0)
        assert await reader.checkpoint(owner.name) == 25
        assert lag() == 0
    journal.close()
    await writing


async def test_kafkas_own_tools_see_how_far_we_are(owner: Shelf, reader: Shelf) -> None:
    await Topic.of(owner).send(await written(owner, 7))
    async with running(reader.follower(owner.name, await reader.writing()).run_forever()):

        async def committed() -> int:
            async with bus.administrator(reader.settings.kafka_servers) as admin:
                offsets = await admin.list_consumer_group_offsets(reader.name)
            return sum(max(0, found.offset) for found in offsets.values())

        async def all_committed() -> bool:
            return await committed() == 7

        await until(all_committed)
