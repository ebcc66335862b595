"""What an importing client keeps on disk, so that it can itself be killed.

The invariant: a request is on disk before it is sent, and an answer is on disk, synced, before
it counts. Whoever starts after a crash sends again what was asked and not answered.
"""

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

_PAYMENT = b'{"kind": "payment"'  # how a line about one begins

Kind: TypeAlias = Literal["payment", "reversal", "invoice"]


class Name(NamedTuple):
    """What a request makes: a payment, its reversal, an invoice."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was sent first, and as it is sent again."""

    kind: Kind
    id: str
    body: dict[str, Any]

    @property
    def name(self) -> Name:
        return Name(self.kind, self.id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service acknowledged, and when (seconds since 1970)."""

    kind: Kind
    id: str
    number: str
    at: float

    @property
    def name(self) -> Name:
        return Name(self.kind, self.id)


class Notebook:
    """Two files that only grow: what was asked, what was answered."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._asked = folder / "asked.jsonl"
        self._answers = folder / "answers.jsonl"

    def ask(self, requests: Sequence[Asked]) -> None:
        _append(self._asked, [asdict(request) for request in requests])

    def answer(self, answered: Sequence[tuple[Name, str]]) -> None:
        now = time.time()
        _append(
            self._answers,
            [asdict(Answer(name.kind, name.id, number, now)) for name, number in answered],
        )

    def asked(self) -> list[Asked]:
        return [Asked(**line) for line in _lines(self._asked)]

    def answers(self) -> list[Answer]:
        return [Answer(**line) for line in _lines(self._answers)]

    def unanswered(self) -> list[Asked]:
        answered = {answer.name for answer in self.answers()}
        return [request for request in self.asked() if request.name not in answered]

    def count(self) -> int:
        """Return how many payments were acknowledged."""
        try:
            lines = self._answers.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return 0
        return sum(line.startswith(_PAYMENT) and line.endswith(b"\n") for line in lines)


def _append(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, text)
        os.fsync(file)
    finally:
        os.close(file)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what was written whole; a line that a kill cut short was never counted."""
    if path.exists():
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield json.loads(line)
