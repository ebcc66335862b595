"""What a person does with the stack: bring it up, ask after it, take it down.

`up` leaves a supervisor behind that owns everything it started. This module asks and signals
it, and imports little, so that a command line answers at once.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TextIO

from deploy.local.errors import StackError
from deploy.local.ports import urls
from deploy.local.process import PROJECT
from deploy.local.state import State, make_folder
from shared.names import SERVICES

DEFAULT_FOLDER: Final = PROJECT / ".acquit"
USUAL_PORTS: Final[dict[str, int]] = {name: 8101 + number for number, name in enumerate(SERVICES)}
UP_SECONDS: Final = 600.0  # a slow network has to bring Kafka first
DOWN_SECONDS: Final = 180.0
POLL_SECONDS: Final = 0.05
ERROR_MARK: Final = "error: "

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Status:
    """What runs in a folder, and where to find it."""

    folder: Path
    running: bool
    ready: bool
    urls: dict[str, str]
    ports: dict[str, int]
    pids: dict[str, int]

    def as_dict(self) -> dict[str, object]:
        """Return the same for JSON."""
        return {**asdict(self), "folder": str(self.folder)}

    @property
    def logs(self) -> Path:
        """Return where each part writes its log."""
        return self.folder / "logs"


def status(folder: Path = DEFAULT_FOLDER) -> Status:
    """Say what runs in the folder now."""
    found = State.read(folder)
    running = found.running()
    parts = {name: part for name, part in found.parts.items() if part.process()}
    return Status(
        folder=folder,
        running=running,
        ready=running and found.ready,
        urls={s: u for s, u in urls(found.ports).items() if s in parts},
        ports=found.ports if running else {},
        pids={name: part.pid for name, part in parts.items()},
    )


def up(
    folder: Path = DEFAULT_FOLDER,
    *,
    services: Sequence[str] = SERVICES,
    ports: Mapping[str, int] | None = None,
    say: Say = lambda _line: None,
) -> Status:
    """Bring the stack up and leave it running; return when it is ready.

    Where it already runs, says so and starts nothing. Raises StackError when it can't be
    brought up; nothing is left running then.
    """
    folder = folder.resolve()
    make_folder(folder)
    if folder == DEFAULT_FOLDER and not State.read(folder).ports:
        State(ports=USUAL_PORTS).write(folder)
    if not State.read(folder).running():
        try:
            _detach(folder, _options(folder, services, ports or {}), say)
        except StackError:
            if not State.read(folder).running():  # or somebody else was faster
                raise
        else:
            return status(folder)
    say(f"the stack in {folder} is already running")
    return _ready(folder)


def down(folder: Path = DEFAULT_FOLDER) -> bool:
    """Take the stack down; return whether there was one. Nothing is left running."""
    found = State.read(folder)
    supervisor = found.supervisor and found.supervisor.process()
    if supervisor:
        supervisor.terminate()
    for identity in (found.supervisor, *found.parts.values()):
        if identity:
            identity.end(patience_seconds=DOWN_SECONDS)
    return bool(supervisor)


def _ready(folder: Path) -> Status:
    """Wait until the stack, which somebody else brings up, is ready."""
    deadline = time.monotonic() + UP_SECONDS
    while not (found := status(folder)).ready:
        if not found.running or time.monotonic() > deadline:
            raise StackError(f"the stack did not come up: see {found.logs / 'stack.log'}")
        time.sleep(POLL_SECONDS)
    return found


def _options(folder: Path, services: Sequence[str], ports: Mapping[str, int]) -> list[str]:
    asked = [f"--port={name}={port}" for name, port in ports.items()]
    return [f"--folder={folder}", f"--services={','.join(services)}", *asked]


def _detach(folder: Path, options: list[str], say: Say) -> None:
    """Start a supervisor that outlives us, and repeat what it says until it is ready."""
    log = folder / "logs" / "stack.log"
    with log.open("ab") as output, log.open(encoding="utf-8") as progress:
        progress.seek(0, os.SEEK_END)
        supervisor = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "deploy.local", "run", *options],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _await(supervisor, folder, progress, say)
        except BaseException:
            supervisor.terminate()
            supervisor.wait()
            raise


def _await(supervisor: subprocess.Popen[bytes], folder: Path, progress: TextIO, say: Say) -> None:
    """Repeat progress until the stack is ready; raise StackError when the supervisor ends."""
    reason = f"the stack ended while it came up: see {progress.name}"
    while not status(folder).ready:
        ended = supervisor.poll() is not None
        for line in map(str.strip, progress):
            if line.startswith(ERROR_MARK):
                reason = line.removeprefix(ERROR_MARK)
            else:
                say(line)
        if ended:
            raise StackError(reason)
        time.sleep(POLL_SECONDS)
