"""A stack of PostgreSQL and Kafka alone: what is tested here needs no service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack


@pytest.fixture(scope="module")
def bare_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start PostgreSQL and Kafka once for a module."""
    with Stack(tmp_path_factory.mktemp("bare") / "stack", services=()) as running:
        yield running


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return where a process of a test logs."""
    return tmp_path / "logs" / "part.log"
