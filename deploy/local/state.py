"""What a folder's stack is doing: ports and process ids in `stack.json`, one owner at a time.

The ports outlive the stack, so that it comes up again where it was.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

from deploy.local.errors import AlreadyRunning, StackError
from deploy.local.process import Identity

FREE_BYTES_MIN: Final = 512 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class State:
    """The last thing the owner of a folder wrote down."""

    ports: dict[str, int] = field(default_factory=dict)
    supervisor: Identity | None = None
    ready: bool = False
    parts: dict[str, Identity] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the folder's state; an empty one where there is none."""
        try:
            raw = json.loads((folder / "stack.json").read_text("utf-8"))
            supervisor = raw["supervisor"] and Identity(**raw["supervisor"])
            parts = {name: Identity(**identity) for name, identity in raw["parts"].items()}
            return cls(**{**raw, "supervisor": supervisor, "parts": parts})
        except FileNotFoundError:
            return cls()
        except (ValueError, TypeError, KeyError) as error:
            path = folder / "stack.json"
            raise StackError(f"{path} is damaged ({error}): delete it and start again") from None

    def write(self, folder: Path) -> None:
        """Replace the folder's state, whole."""
        draft = folder / "stack.json.new"
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")
        draft.replace(folder / "stack.json")

    def running(self) -> bool:
        """Say whether the process that wrote this still owns the stack."""
        return bool(self.supervisor and self.supervisor.process())


def make_folder(folder: Path) -> None:
    """Make the folder of a stack, closed to others; raise StackError if it can't hold one."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "logs").mkdir(exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise StackError(f"{folder} can't be used ({error}): choose another folder") from None
    if free < FREE_BYTES_MIN:
        raise StackError(
            f"only {free // 1024**2} MiB are free under {folder}, "
            f"{FREE_BYTES_MIN // 1024**2} are needed: make room or choose another folder"
        )


@contextmanager
def owner(folder: Path) -> Iterator[None]:
    """Own the folder's stack; raise AlreadyRunning if another process does."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"the stack in {folder} is already running") from None
        yield
