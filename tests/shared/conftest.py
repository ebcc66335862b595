"""An owner and its reader, whose pauses are cut short: what comes after them is tested."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.stack import Stack
from tests.shared.notes import copying
from tests.shared.shelf import Shelf, shelf
from tests.shared.topic import Topic


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.follower._LEASE_SECONDS", 0.2)
    monkeypatch.setattr("shared.follower._BACKOFF_SECONDS", 0.1)
    monkeypatch.setattr("shared.relay._BACKOFF_SECONDS", 0.1)


@pytest.fixture
async def owner(stack: Stack) -> AsyncIterator[Shelf]:
    async with shelf(stack) as made:
        await Topic.of(made).make()
        yield made


@pytest.fixture
async def reader(stack: Stack, owner: Shelf) -> AsyncIterator[Shelf]:
    """Return a shelf that follows the owner's and copies each of its notes."""
    async with shelf(stack, source=owner, reactions=copying()) as made:
        yield made
