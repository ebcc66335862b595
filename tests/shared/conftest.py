"""Properties are tried as often on a busy machine as on an idle one; an owner and its reader."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, settings

from deploy.local.stack import Stack
from tests.shared.notes import copying
from tests.shared.shelf import Shelf, shelf
from tests.shared.topic import Topic

settings.register_profile("acquit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("acquit")


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
