"""If these failed, a writer could decide on what it remembers when it is no longer so."""

import asyncio
from collections.abc import AsyncIterator

import pytest

import shared.journal
from deploy.local.stack import Stack
from shared.journal import Journal
from shared.units import Commands, SeveralRefused
from tests.shared.notes import Note, NoteTaken, Put
from tests.shared.shelf import CONTEXT, LEDGER, Shelf, constant, put, shelf


@pytest.fixture
async def notes(stack: Stack) -> AsyncIterator[Shelf]:
    async with shelf(stack) as made:
        yield made


@pytest.mark.parametrize("at_once_max", [0, 32])
async def test_two_writers_that_come_in_between_all_the_time_see_each_other(
    notes: Shelf, at_once_max: int
) -> None:
    """Each puts the same notes, one by one: who comes second finds it there, and writes nothing."""
    one, other = await notes.writing(), await notes.writing()
    written: list[int] = []

    async def put_all(journal: Journal) -> None:
        for number in range(60):
            done = await journal.execute(LEDGER, Put(f"n{number}"), CONTEXT)
            written.extend(entry.position for entry in done.entries)

    with constant(shared.journal, "_AT_ONCE_MAX", at_once_max):
        await asyncio.gather(put_all(one), put_all(other))
    assert sorted(written) == [entry.position for entry in await notes.entries()]
    assert len(written) == 60
    assert set((await notes.notes()).values()) == {1}


async def test_what_is_written_in_one_statement_is_not_read_before(notes: Shelf) -> None:
    """A row that was written or read is remembered, and a head that did not move says it holds."""
    journal = await notes.writing()
    await put(journal, ["a"])
    await notes.sql("UPDATE notes SET text = 'changed by hand'")
    assert (await journal.execute(LEDGER, Put("a"), CONTEXT)).entries == []
    await notes.sql("UPDATE chain_heads SET revision = revision + 1")
    with pytest.raises(NoteTaken):
        await journal.execute(LEDGER, Put("a"), CONTEXT)


async def test_what_a_writer_remembers_counts_only_under_the_head_it_wrote(notes: Shelf) -> None:
    notes.tables.settings.add(Note)
    one, other = await notes.writing(), await notes.writing()
    await one.execute(LEDGER, Put("a"), CONTEXT)
    await notes.sql("DELETE FROM notes")
    assert (await one.execute(LEDGER, Put("a"), CONTEXT)).entries == [], "it is remembered"
    await other.execute(LEDGER, Put("b", "as the other says"), CONTEXT)
    with pytest.raises(NoteTaken):
        await one.execute(LEDGER, Put("b", "as this one would have it"), CONTEXT)
    assert len(await notes.entries()) == 2


async def test_a_refused_command_is_not_remembered(notes: Shelf) -> None:
    notes.tables.settings.add(Note)
    journal = await notes.writing()
    pair = Commands(LEDGER, (Put("c"), Put("c", "otherwise")), CONTEXT)
    with pytest.raises(SeveralRefused):
        await journal.submit(pair)
    assert len((await journal.execute(LEDGER, Put("c", "otherwise"), CONTEXT)).entries) == 1
