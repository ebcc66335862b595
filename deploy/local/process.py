"""The processes of the stack: started on a leash, logged, ended by their id only.

A process is known by its id and its start time together, so that an id which the system has
given to somebody else since is never signalled.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import Final

import psutil

from deploy.local.errors import StackError

LEASH: Final = Path(__file__).with_name("leash.py")
PROJECT: Final = Path(__file__).parents[2]
TROUBLE: Final = ("FATAL", "ERROR", "Error:", "Exception")
START_TICKS: Final = 19  # place of the start time after the name in /proc/<pid>/stat

# A leash follows the thread that started the process: this one lives as long as we do.
_starter: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A process id that can't be mistaken for a later process's."""

    pid: int
    started_ticks: int  # since the machine's start: no clock that is set moves it

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """Return the identity of a process that runs now."""
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return cls(pid=pid, started_ticks=int(fields[START_TICKS]))

    def process(self) -> psutil.Process | None:
        """Return the process if it still runs (a zombie does not)."""
        try:
            found = psutil.Process(self.pid)
            same = Identity.of(self.pid) == self
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            return None

    def end(self, *, patience_seconds: float) -> None:
        """Wait for the process to end by itself; when patience runs out, end it."""
        if found := self.process():
            try:
                found.wait(patience_seconds)
            except psutil.TimeoutExpired:
                found.kill()
                found.wait(patience_seconds)


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, where it logs, and how it is told to finish."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str]
    prefix: tuple[str, ...] = ()  # runs the command as another user
    finish_signal: Signals = SIGTERM
    leash_signal: Signals = SIGKILL
    patience_seconds: float = 30.0


class Part:
    """One running process of the stack."""

    def __init__(self, program: Program) -> None:
        """Start the program; its output is appended to its log."""
        self.program = program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_start = program.log.stat().st_size if program.log.exists() else 0
        self._process = _starter.submit(_spawn, program).result()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return how it ended, None while it runs."""
        return self._process.poll()

    def send(self, number: Signals) -> None:
        """Send a signal, unless the process has ended."""
        self._process.send_signal(number)

    def ask_to_finish(self) -> None:
        """Tell it, its own way, to finish what it has accepted and leave."""
        self.send(self.program.finish_signal)

    def stop(self) -> None:
        """Let it finish and leave; end it when its patience runs out."""
        self.end(self.program.finish_signal)

    def end(self, number: Signals) -> None:
        """Send a signal and wait until the process and its children are gone."""
        children = _children(self.pid)
        self.send(number)
        self.wait_for_end()
        _, left = psutil.wait_procs(children, timeout=self.program.patience_seconds)
        _kill(left)

    def wait_for_end(self) -> None:
        """Wait until the process is gone; end it when its patience runs out."""
        try:
            self._process.wait(self.program.patience_seconds)
        except subprocess.TimeoutExpired:
            _kill(_children(self.pid))
            self._process.kill()
            self._process.wait()

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait for the process to be ready; raise StackError if it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.exit_code() is not None:
                raise StackError(f"{self.program.name} ended while starting: {self.complaint()}")
            if time.monotonic() > deadline:
                raise StackError(
                    f"{self.program.name} was not ready after {seconds:.0f} s: {self.complaint()}"
                )
            time.sleep(0.02)

    def finish(self, *, seconds: float = 300.0) -> None:
        """Wait for a one-shot to succeed; raise StackError with its complaint otherwise."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.end(SIGKILL)
            raise StackError(
                f"{self.program.name} took over {seconds:.0f} s; see its log"
            ) from None
        if code:
            raise StackError(f"{self.program.name} failed: {self.complaint()}")

    def complaint(self) -> str:
        """Return the line of this run's log that says most, and where the rest is."""
        with self.program.log.open("rb") as log:
            log.seek(self._log_start)
            text = log.read().decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
        worst = [line for line in lines if any(word in line for word in TROUBLE)]
        return f"{(worst or lines)[-1]} (the whole log: {self.program.log})"


def run(program: Program, *, seconds: float = 300.0) -> None:
    """Run a one-shot to its end; raise StackError if it fails."""
    Part(program).finish(seconds=seconds)


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    leash = [sys.executable, "-I", "-S", str(LEASH), str(psutil.Process().pid)]
    number = str(int(program.leash_signal))
    with program.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own programs, no shell
            [*program.prefix, *leash, number, *program.command],
            cwd=PROJECT,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the supervisor, who ends the parts in order
        )


def _kill(processes: Iterable[psutil.Process]) -> None:
    """End processes at once; one that is gone meanwhile is what we want."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _children(pid: int) -> list[psutil.Process]:
    """Return the children of a process, and theirs."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
