"""The importing client as the campaign sees it: a process to kill, and what it noted."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from signal import SIGKILL, SIGTERM

from deploy.local.process import Part, Program
from tests.faults.notebook import Notebook
from tests.faults.plant import Plant

FINISH_SECONDS = 180.0


class ImporterEndedError(AssertionError):
    """The importing client was refused, or found an answer changed: its log says which."""


@dataclass
class ImportingClient:
    """Imports into one ledger of a plant, in a process of its own."""

    plant: Plant
    ledger: str
    pause_seconds: float = 0.15

    def __post_init__(self) -> None:
        self.folder = self.plant.folder / "importers" / self.ledger
        self.notes = Notebook(self.folder)
        self.say_where(["payments"])

    def say_where(self, payments: Sequence[str]) -> None:
        """Tell the client which processes of payments to ask, in turn."""
        config = {
            "ledger": self.ledger,
            "token": self.plant.token(self.ledger),
            "urls": self.plant.stack.urls,
            "payments": [self.plant.url(name) for name in payments],
            "pause_seconds": self.pause_seconds,
        }
        draft = self.folder / "config.new"
        draft.write_text(json.dumps(config))
        draft.replace(self.folder / "config.json")

    def start(self) -> None:
        program = Program(
            name="importer",
            command=[sys.executable, "-m", "tests.faults.importing", str(self.folder)],
            log=self.plant.folder / "importers" / f"{self.ledger}.log",
            environment=os.environ,
            patience_seconds=FINISH_SECONDS,
        )
        self.part = Part(program)

    def kill(self) -> None:
        self.part.end(SIGKILL)

    def finish(self) -> None:
        """Let it finish what it began; raise if it can't."""
        self.check()
        self.part.end(SIGTERM)
        if self.part.exit_code():
            raise ImporterEndedError(self.part.complaint())

    def check(self) -> None:
        """Raise if it ended by itself."""
        if self.part.exit_code() is not None:
            raise ImporterEndedError(self.part.complaint())
