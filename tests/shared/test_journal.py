"""If these failed, an answer could be a lie: money acknowledged and not kept, or kept twice."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

import shared.chains
import shared.journal
import shared.waiting
from deploy.local.stack import Stack
from shared.checking import Chain
from shared.errors import Overloaded, Unavailable
from shared.units import Commands, SeveralRefused
from tests.shared.databases import altered
from tests.shared.notes import BREAKS_THE_STATEMENT, Break, NoteTaken, Put
from tests.shared.proxy import Proxy
from tests.shared.shelf import CONTEXT, LEDGER, Shelf, constant, put, shelf, writer


@pytest.fixture
async def notes(stack: Stack) -> AsyncIterator[Shelf]:
    async with shelf(stack) as made:
        yield made


# ── one writer, one chain ───────────────────────────────────────────────────────


async def test_what_is_asked_together_is_committed_together(notes: Shelf) -> None:
    journal = await notes.writing()
    await put(journal, [f"n{i}" for i in range(500)])
    commits = await notes.sql("SELECT count(DISTINCT xmin::text) FROM journal")
    assert commits[0][0] <= 3
    assert [e.position for e in await notes.entries()] == list(range(1, 501))


async def test_two_writers_on_one_ledger_make_one_chain(notes: Shelf) -> None:
    one, other = await notes.writing(), await notes.writing()
    for turn in range(5):
        await asyncio.gather(
            put(one, [f"one {turn}/{i}" for i in range(40)]),
            put(other, [f"other {turn}/{i}" for i in range(40)]),
        )
    assert len(await notes.entries()) == 400
    assert set((await notes.notes()).values()) == {1}


async def test_two_writers_opening_the_same_ledgers_make_one_chain_each(notes: Shelf) -> None:
    one, other = await notes.writing(), await notes.writing()
    ledgers = [f"l{i}" for i in range(12)]
    await asyncio.gather(
        *(put(writer, [name], name) for name in ledgers for writer in (one, other))
    )
    assert [len(await notes.entries(name)) for name in ledgers] == [1] * 12


async def test_each_ledger_has_its_own_positions_and_its_own_chain(notes: Shelf) -> None:
    journal = await notes.writing()
    await asyncio.gather(put(journal, ["a", "b"], "one"), put(journal, ["c"], "two"))
    assert [e.position for e in await notes.entries("one")] == [1, 2]
    assert [e.position for e in await notes.entries("two")] == [1]


@pytest.mark.feature("S2-03")
async def test_the_head_of_every_commit_is_signed(notes: Shelf) -> None:
    journal = await notes.writing()
    for turn in range(4):
        await put(journal, [f"{turn}/{i}" for i in range(3)])
    stored = await notes.entries()
    commits = await notes.sql("SELECT max(position) FROM journal GROUP BY xmin::text")
    assert {e.position for e in stored if e.signature} == {row[0] for row in commits}
    chain = Chain(notes.name, LEDGER, notes.settings.public_keys[notes.name])
    head = await notes.sql("SELECT position, hash, signature FROM chain_heads")
    assert chain.first_flaw(stored) is None
    assert chain.compare_head(*head[0]) is None


async def test_what_is_stored_is_what_was_sealed(notes: Shelf) -> None:
    journal = await notes.writing()
    done = await journal.execute(LEDGER, Put("héllo", "€ 12"), CONTEXT)
    stored = (await notes.entries())[0]
    previous = hashlib.sha256(f"acquit-1\n{notes.name}\n{LEDGER}".encode()).digest()
    assert stored.sealed == done.entries[0].sealed(previous)
    assert stored.hash == hashlib.sha256(stored.sealed).digest()


# ── a command, refused or broken ────────────────────────────────────────────────


async def test_a_refused_command_leaves_no_trace_and_harms_no_neighbour(notes: Shelf) -> None:
    journal = await notes.writing()
    commands = [Put("a", "first"), Put("a", "second"), Put("b"), Put("a", "first")]
    answers = await asyncio.gather(
        *(journal.execute(LEDGER, command, CONTEXT) for command in commands),
        return_exceptions=True,
    )
    assert isinstance(answers[1], NoteTaken)
    assert [len(answers[i].entries) for i in (0, 2, 3)] == [1, 1, 0]  # type: ignore[union-attr]
    assert await notes.notes() == {"a": 1, "b": 1}
    assert len(await notes.entries()) == 2


async def test_a_command_refused_in_a_new_ledger_does_not_open_it(notes: Shelf) -> None:
    journal = await notes.writing()
    await put(journal, ["a"])
    pair = Commands("new", [Put("x", "1"), Put("x", "2")], CONTEXT)
    both = asyncio.gather(put(journal, ["b"]), journal.submit(pair), return_exceptions=True)
    assert isinstance((await both)[1], SeveralRefused)
    assert await notes.sql("SELECT ledger FROM chain_heads") == [(LEDGER,)]


@pytest.mark.parametrize("poison", [Break(), BREAKS_THE_STATEMENT], ids=["decision", "statement"])
async def test_a_poisoned_command_fails_alone(notes: Shelf, poison: Put | Break) -> None:
    journal = notes.journal()
    answers = [
        asyncio.create_task(journal.execute(LEDGER, command, CONTEXT))
        for command in [Put("a"), Put("b"), poison, Put("c"), Put("d")]
    ]
    await asyncio.sleep(0)
    async with writer(journal):
        done = await asyncio.gather(*answers, return_exceptions=True)
    assert [isinstance(answer, Exception) for answer in done] == [False, False, True, False, False]
    assert not isinstance(done[2], Unavailable)
    assert await notes.notes() == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert len(await notes.entries()) == 4


async def test_several_commands_of_one_caller_are_carried_out_together(notes: Shelf) -> None:
    journal = await notes.writing()
    unit = Commands(LEDGER, [Put("a"), Put("b")], CONTEXT)
    assert len((await journal.submit(unit)).entries) == 2


async def test_one_refusal_among_several_refuses_all_and_each_is_named(notes: Shelf) -> None:
    journal = await notes.writing()
    await put(journal, ["taken"])
    commands = [Put("a"), Put("taken", "other"), Put("b"), Put("a", "other")]
    with pytest.raises(SeveralRefused) as refused:
        await journal.submit(Commands(LEDGER, commands, CONTEXT))
    assert sorted(refused.value.refusals) == [1, 3]
    assert [problem["index"] for problem in refused.value.problem()["errors"]] == [1, 3]
    assert await notes.notes() == {"taken": 1}


async def test_an_entry_larger_than_the_bus_carries_is_refused(notes: Shelf) -> None:
    journal = await notes.writing()
    with constant(shared.chains, "ENTRY_BYTES_MAX", 2_000):
        both = asyncio.gather(
            journal.execute(LEDGER, Put("large", "x" * 2_000), CONTEXT),
            journal.execute(LEDGER, Put("small"), CONTEXT),
            return_exceptions=True,
        )
        assert isinstance((await both)[0], shared.chains.EntryTooLarge)
    assert await notes.notes() == {"small": 1}


# ── the answer, and when there is none ──────────────────────────────────────────


async def test_the_answer_comes_after_the_commit_is_durable(notes: Shelf) -> None:
    await notes.sql(altered("SET synchronous_commit = off"))
    journal = await notes.writing()
    for i in range(10):
        await journal.execute(LEDGER, Put(f"n{i}"), CONTEXT)
        assert len(await notes.entries()) == i + 1
    async with journal.engine.connect() as db:
        assert (await db.exec_driver_sql("SHOW synchronous_commit")).scalar_one() == "on"


async def test_a_caller_that_went_away_hurts_nobody(notes: Shelf) -> None:
    journal = notes.journal()
    asked = [asyncio.create_task(journal.execute(LEDGER, Put(n), CONTEXT)) for n in "abc"]
    await asyncio.sleep(0)
    asked[1].cancel()
    async with writer(journal):
        done = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(done[1], asyncio.CancelledError)
    assert [len(done[i].entries) for i in (0, 2)] == [1, 1]  # type: ignore[union-attr]
    assert len(await notes.entries()) == 3


# What is last sent of a commit, and how many commands are few enough for one statement.
both_ways = pytest.mark.parametrize(
    ("last_sent", "at_once_max"), [(b"COMMIT", 0), (b'"series":"b"', 32)]
)


@both_ways
async def test_a_connection_lost_before_the_commit_is_no_acknowledgement(
    notes: Shelf, last_sent: bytes, at_once_max: int
) -> None:
    async with Proxy.before(notes.dsn) as proxy:
        journal = await notes.writing(proxy.dsn)
        await put(journal, ["a"])
        proxy.cut_at = (last_sent, "before")
        with constant(shared.journal, "_AT_ONCE_MAX", at_once_max), pytest.raises(Unavailable):
            await journal.execute(LEDGER, Put("b"), CONTEXT)
        assert proxy.cut_at is None
        assert await notes.notes() == {"a": 1}
        await put(journal, ["b"])
    assert await notes.notes() == {"a": 1, "b": 1}
    assert len(await notes.entries()) == 2


@both_ways
async def test_a_commit_whose_answer_is_lost_is_unknown_and_can_be_asked_again(
    notes: Shelf, last_sent: bytes, at_once_max: int
) -> None:
    async with Proxy.before(notes.dsn) as proxy:
        journal = await notes.writing(proxy.dsn)
        await put(journal, ["a"])
        proxy.cut_at = (last_sent, "after")
        with constant(shared.journal, "_AT_ONCE_MAX", at_once_max), pytest.raises(Unavailable):
            await journal.execute(LEDGER, Put("b"), CONTEXT)
        again = await journal.execute(LEDGER, Put("b"), CONTEXT)
    assert not again.entries
    assert await notes.notes() == {"a": 1, "b": 1}
    assert len(await notes.entries()) == 2


async def test_a_database_that_is_away_or_starting_is_unavailable(notes: Shelf) -> None:
    async with Proxy.before(notes.dsn) as proxy:
        journal = await notes.writing(proxy.dsn)
        proxy.refusal = "57P03"  # the database system is starting up
        with pytest.raises(Unavailable):
            await journal.execute(LEDGER, Put("a"), CONTEXT)
        await proxy.close()
        with pytest.raises(Unavailable):
            await journal.execute(LEDGER, Put("a"), CONTEXT)
    assert await notes.notes() == {}


async def test_more_work_than_can_wait_is_refused_at_once(notes: Shelf) -> None:
    journal = notes.journal()
    with constant(shared.waiting, "_LENGTH_MAX", 2):
        waiting = [asyncio.create_task(journal.execute(LEDGER, Put(n), CONTEXT)) for n in "ab"]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await journal.execute(LEDGER, Put("c"), CONTEXT)
        async with writer(journal):
            await asyncio.gather(*waiting)
    assert await notes.notes() == {"a": 1, "b": 1}


async def test_who_would_wait_too_long_is_refused_at_once(notes: Shelf) -> None:
    journal = notes.journal()
    waiting = asyncio.create_task(journal.execute(LEDGER, Put("a"), CONTEXT))
    await asyncio.sleep(0)
    with constant(shared.waiting, "_SECONDS_MAX", -1.0), pytest.raises(Overloaded) as refused:
        await journal.execute(LEDGER, Put("b"), CONTEXT)
    assert refused.value.facts == {"retry_after_seconds": 1}
    async with writer(journal):
        await waiting
        await journal.execute(LEDGER, Put("b"), CONTEXT)
    assert await notes.notes() == {"a": 1, "b": 1}


async def test_what_was_accepted_is_answered_before_the_writer_ends(notes: Shelf) -> None:
    journal = notes.journal()
    with constant(shared.waiting, "_BATCH_MAX", 7):
        asked = [
            asyncio.create_task(journal.execute(LEDGER, Put(f"n{i}"), CONTEXT)) for i in range(50)
        ]
        await asyncio.sleep(0)
        journal.close()
        with pytest.raises(Overloaded):
            await journal.execute(LEDGER, Put("late"), CONTEXT)
        await journal.write_until_closed()
        done = await asyncio.wait_for(asyncio.gather(*asked), timeout=60)
    assert all(len(outcome.entries) == 1 for outcome in done)
    assert len(await notes.entries()) == 50


async def test_a_writer_frozen_in_mid_transaction_lets_go(notes: Shelf) -> None:
    async with notes.engine().connect() as db:
        seconds = await db.exec_driver_sql("SHOW idle_in_transaction_session_timeout")
        assert seconds.scalar_one() == "30s"
