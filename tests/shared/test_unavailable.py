"""If this failed, a database that restarted would look like a defect, and stay one."""

from http import HTTPStatus

import pytest

from deploy.local.stack import Stack
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
