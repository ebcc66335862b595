"""The plant: a whole stack of its own, with payments as api and worker apart, as deployed.

Parts are known by name: `payments` (answers HTTP), `payments-worker` (follows), the other
services (both in one process), `kafka` and `postgres`. What is away for a whole cycle is
`absent`, and nobody waits for it. A plant that is not `split` runs payments in one process.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, Signals
from types import TracebackType
from typing import Any, Final, Self
from urllib.error import HTTPError
from urllib.request import urlopen

import asyncpg
import orjson

from deploy.local.ports import HOST, choose
from deploy.local.process import PROJECT, Part, Program
from deploy.local.stack import Stack
from shared.names import SERVICES
from tests.faults.disks import Disks

WORKER: Final = "payments-worker"
SERVERS: Final = ("postgres", "kafka")
READY_SECONDS: Final = 120.0


@dataclass
class Plant:
    """The stack, what was started beside it, and what is away on purpose."""

    folder: Path
    disks: Disks
    split: bool = True
    absent: set[str] = field(default_factory=set)
    _beside: dict[str, Part] = field(default_factory=dict)
    _ports: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.disks.mount()
        self.stack = Stack(self.folder / "stack")
        try:
            self.stack.start()
            if self.split:
                self._ports[WORKER] = self.free_port(WORKER)
                self.stack.parts["payments"].stop()
                self.start("payments")
                self.start(WORKER)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        for part in self._beside.values():
            if part.exit_code() is None:
                part.send(Signals.SIGCONT)
                part.stop()
        self.stack.stop()
        self.disks.unmount()

    # ── parts ───────────────────────────────────────────────────────────────────

    @property
    def processes(self) -> list[str]:
        """Return the names of our own processes that are not away."""
        names = [*SERVICES, WORKER] if self.split else list(SERVICES)
        return [name for name in names if name not in self.absent]

    @property
    def services(self) -> list[str]:
        return [name for name in SERVICES if name not in self.absent]

    def of_service(self, service: str) -> list[str]:
        """Return the names of a service's processes."""
        return [name for name in self.processes if name.removesuffix("-worker") == service]

    def part(self, name: str) -> Part:
        return self._beside.get(name) or self.stack.parts[name]

    def ended(self, name: str) -> bool:
        return self.part(name).exit_code() is not None

    def kill(self, name: str, number: Signals = SIGKILL) -> None:
        """End a part with a signal and wait until it, and its children, are gone."""
        self.part(name).end(number)

    def start(self, name: str) -> None:
        """Start a part, stopping it first if it runs, and wait until it is ready."""
        if not self.split or name not in ("payments", WORKER):
            self.stack.restart(name)
            return
        if name in self._beside and not self.ended(name):
            self._beside[name].stop()
        role = "worker" if name == WORKER else "api"
        self._beside[name] = self._launch(name, role, self.port(name))
        self.wait_until_ready(name)

    def start_beside(self, name: str, role: str) -> None:
        """Start one more process of payments, on a port of its own."""
        self._ports.setdefault(name, self.free_port(name))
        self._beside[name] = self._launch(name, role, self.port(name))
        self.wait_until_ready(name)

    def end_beside(self, name: str) -> None:
        """Let a process that was started beside the others finish."""
        self._beside.pop(name).stop()

    def _launch(self, name: str, role: str, port: int) -> Part:
        environment = self.stack.environment("payments") | {"PAYMENTS_PORT": str(port)}
        command = [sys.executable, "-m", "services.payments", role]
        return Part(self._program(name, command, environment))

    def wait_until_ready(self, name: str) -> None:
        part, url = self.part(name), self.url(name)
        part.wait_until(lambda: ready_report(url).get("ready", False), seconds=READY_SECONDS)

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
        """Run a command of an operator's to its end; return what it said, raise if it failed."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=PROJECT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return done.stdout

    def _program(self, name: str, command: list[str], environment: Mapping[str, str]) -> Program:
        return Program(
            name=name,
            command=command,
            log=self.stack.folder / "logs" / f"{name}.log",
            environment={**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": ""},
        )

    # ── where things are ────────────────────────────────────────────────────────

    def port(self, name: str) -> int:
        return self._ports.get(name) or self.stack.ports[name]

    def free_port(self, name: str) -> int:
        return choose([name], asked={}, wished={})[name]

    def url(self, name: str) -> str:
        return f"http://{HOST}:{self.port(name)}"

    def token(self, ledger: str) -> str:
        return self.stack.mint_token("importer", {ledger: ["*"]}, 24)

    # ── the database, with every right ──────────────────────────────────────────

    async def sql(self, service: str, statement: str, *values: Any) -> list[Any]:
        """Run a statement in a service's database as superuser."""
        db = await asyncpg.connect(self.stack.superuser_dsn(f"acquit_{service}"))
        try:
            return list(await db.fetch(statement, *values))
        finally:
            await db.close()

    # ── Kafka's data ────────────────────────────────────────────────────────────

    def forget_kafka(self) -> None:
        """Delete everything the broker holds, while it is stopped."""
        for path in (self.stack.folder / "kafka" / "data").iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def ready_report(url: str) -> dict[str, Any]:
    """Return what a process says of itself; nothing while nobody listens."""
    try:
        with urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 - http, our own
            return dict(orjson.loads(answer.read()))
    except HTTPError as error:
        return dict(orjson.loads(error.read()))
    except (OSError, ValueError):
        return {}
