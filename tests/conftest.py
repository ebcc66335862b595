"""One running stack for all tests of a process; each test keeps its own ledger.

`ACQUIT_TEST_STACK=docker` takes PostgreSQL and Kafka from containers instead of the
local stack's own.
"""

import itertools
import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
import structlog
from hypothesis import HealthCheck, settings

from deploy.local.stack import Stack
from tests.books import Books
from tests.journeys import busy_month

_numbers = itertools.count(1)

# Properties are tried as often on a busy machine as on an idle one, and always on the same
# examples: whoever changes something sees what that breaks. `make fuzz` looks for other examples.
settings.register_profile(
    "random", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("acquit", settings.get_profile("random"), derandomize=True)
settings.load_profile("acquit")

# A broker that lives for minutes would spend a quarter of its time on compiling itself fully.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

# A traceback with the values of every frame, which is the default, takes seconds to draw.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let come last what fills topics that other tests read from end to end."""
    items.sort(key=lambda item: item.get_closest_marker("bulky") is not None)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start the four services on real PostgreSQL and Kafka, once."""
    kind = Stack
    if os.environ.get("ACQUIT_TEST_STACK") == "docker":
        from tests.containers import ContainerStack  # noqa: PLC0415 - needs a Docker engine

        kind = ContainerStack
    with kind(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def month(stack: Stack) -> Iterator[Books]:
    """Have a busy month, once; nobody adds to it, and who changes rows of it puts them back."""
    with Books(stack, f"month-{uuid4().hex[:8]}") as books:
        books.open()
        busy_month.happens(books)
        yield books


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
