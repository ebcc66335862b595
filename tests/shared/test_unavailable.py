"""If this failed, a database that restarted would look like a defect, and stay one."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.database import Driver, Session, passes, transaction
from shared.errors import Unavailable
from shared.seal import Entry
from tests.shared.notes import Put
from tests.shared.shelf import CONTEXT, LEDGER, shelf

ALL_LOST = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.mark.parametrize("what", ["head", "positions", "journal"])
async def test_reading_over_a_lost_connection_is_503_once_and_then_goes_on(
    stack: Stack, what: str
) -> None:
    async with shelf(stack) as notes:
        journal = await notes.writing()
        await journal.execute(LEDGER, Put("a"), CONTEXT)
        token = notes.settings.service_token.get_secret_value()
        address = f"http://notes/v1/ledgers/{LEDGER}/{what}"
        headers = {"authorization": f"Bearer {token}"}
        async with notes.serves(journal) as http:
            assert (await http.get(address, headers=headers)).status_code == HTTPStatus.OK
            await notes.sql(ALL_LOST)
            answer = await http.get(address, headers=headers)
            assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE, answer.text
            assert answer.json()["type"] == "/problems/unavailable"
            assert int(answer.headers["retry-after"]) > 0
            assert (await http.get(address, headers=headers)).status_code == HTTPStatus.OK
        assert (await journal.execute(LEDGER, Put("b"), CONTEXT)).entries


async def test_writing_goes_on_where_every_connection_that_was_kept_is_lost(stack: Stack) -> None:
    """Also one that the pool hands out although it is closed: that is not a defect."""
    async with shelf(stack) as notes:
        journal = await notes.writing()
        await journal.execute(LEDGER, Put("a"), CONTEXT)
        async with journal.engine.connect(), journal.engine.connect():
            pass  # both stay in the pool
        await notes.sql(ALL_LOST)
        await asyncio.sleep(0.1)  # the driver hears that they are closed
        outcomes: list[Sequence[Entry]] = []
        while not outcomes or not outcomes[-1]:
            try:
                outcomes.append((await journal.execute(LEDGER, Put("b"), CONTEXT)).entries)
            except Unavailable:
                outcomes.append([])
        assert len(outcomes) <= 4


@pytest.mark.parametrize("error", [asyncpg.InternalClientError, asyncpg.InterfaceError])
async def test_a_connection_in_which_the_driver_lost_its_way_is_never_used_again(
    stack: Stack, error: type[Exception]
) -> None:
    """A server that stops in mid-statement leaves it so, before the driver hears of its end."""
    async with shelf(stack) as notes:
        engine = (await notes.writing()).engine
        session = Session(engine)
        seen: set[int] = set()

        async def use(lend: Callable[[], AbstractAsyncContextManager[Driver]]) -> None:
            async with lend() as driver:
                seen.add(driver.get_server_pid())
                raise error("another operation is in progress")

        for lend in (session.connected, session.transaction, lambda: transaction(engine)):
            with pytest.raises(ConnectionError) as lost:
                await use(lend)
            assert passes(lost.value)
            async with lend() as driver:
                assert driver.get_server_pid() not in seen
        with pytest.raises(asyncpg.DataError):
            async with session.connected() as driver:
                await driver.fetch("SELECT $1::int", "one")
        await session.close()
