"""One running stack for all tests of a session; each test keeps its own ledger.

`ACQUIT_TEST_STACK=docker` takes PostgreSQL and Kafka from containers instead of the
local stack's own.
"""

import itertools
import os
from collections.abc import Iterator

import pytest

from deploy.local.stack import Stack
from tests.books import Books

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start the four services on real PostgreSQL and Kafka, once."""
    kind = Stack
    if os.environ.get("ACQUIT_TEST_STACK") == "docker":
        from tests.containers import ContainerStack  # noqa: PLC0415 - needs a Docker engine

        kind = ContainerStack
    with kind(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def ledger() -> str:
    """Return the name of a ledger that no other test uses."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def books(stack: Stack, ledger: str) -> Iterator[Books]:
    """Return a ledger with one customer and one bank account, and a client to work on it."""
    with Books(stack, ledger) as opened:
        opened.open()
        yield opened
