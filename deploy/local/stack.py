"""One whole stack in one folder: PostgreSQL, Kafka, and one process per service.

The services start when their databases are migrated and the topics are there, and the stack
is up when each of them says so itself (`GET /readyz`). Whatever fails on the way, what was
started is stopped again.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from signal import SIGKILL, Signals
from threading import Lock
from types import TracebackType
from typing import Final, Self
from urllib.request import urlopen

from deploy.local import environment, jars, ports, state
from deploy.local.kafka import Kafka
from deploy.local.keys import Secrets
from deploy.local.postgres import Postgres
from deploy.local.process import PROJECT, Identity, Part, Program
from shared.names import SERVICES

PORT_NAMES: Final = ("postgres", "kafka", "kafka-controller", *SERVICES)
SERVICE_READY_SECONDS: Final = 180.0  # four at once on a busy machine
LEFTOVER_SECONDS: Final = 15.0
_BYTECODE: Final = {"PYTHONDONTWRITEBYTECODE": ""}  # compiling again costs each start seconds


class Stack:
    """The stack of a folder; at most one process runs it at a time."""

    def __init__(
        self,
        folder: Path,
        *,
        services: Sequence[str] = SERVICES,
        ports: Mapping[str, int] | None = None,
        say: Callable[[str], None] = lambda _line: None,
        jar_store: Path | None = None,
    ) -> None:
        """Describe a stack. `ports` asks for some by name; the rest are found."""
        self.folder = folder.resolve()
        self.ports: dict[str, int] = {}
        self.parts: dict[str, Part] = {}
        self._services = services
        self._asked_ports = ports or {}
        self._say = say
        self._jar_store = jar_store or jars.default_store()
        self._helpers: list[Part] = []  # one-shots: formatting
        self._owned: ExitStack | None = None
        self._writing = Lock()  # parts may be restarted at the same time, each by a thread

    def __enter__(self) -> Self:
        """Start the stack."""
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop the stack."""
        self.stop()

    def start(self) -> None:
        """Bring everything up; raise StackError, with nothing left running, if that fails."""
        state.make_folder(self.folder)
        owned = ExitStack()
        owned.enter_context(state.owner(self.folder))
        self._owned = owned
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything that runs, the services first; harmless when nothing does."""
        owned, self._owned = self._owned, None
        if owned:
            with owned:
                self._end_all()
                self.parts.clear()
                if self.ports:
                    state.State(ports=self.ports).write(self.folder)

    def kill(self, name: str, number: Signals = SIGKILL) -> None:
        """End one part with a signal and wait until it, and its children, are gone."""
        self.parts[name].end(number)

    def send(self, name: str, number: Signals) -> None:
        """Send one part a signal that does not end it (SIGSTOP, SIGCONT)."""
        self.parts[name].send(number)

    def restart(self, name: str) -> None:
        """Start one part again, stopping it first if it runs, and wait until it is ready."""
        for part in self._running(name):
            part.stop()
        self._launch(name)
        self._wait(name)

    def ended(self) -> list[str]:
        """Name the parts that have ended."""
        return [name for name, part in self.parts.items() if part.exit_code() is not None]

    @property
    def urls(self) -> dict[str, str]:
        """Return the base URL of each service that this stack runs."""
        return {s: url for s, url in ports.urls(self.ports).items() if s in self._services}

    @property
    def kafka_servers(self) -> str:
        """Return the broker's address."""
        return self._kafka.servers

    def environment(self, service: str) -> dict[str, str]:
        """Return the settings of a service as environment variables."""
        return environment.environment(
            service, folder=self.folder, ports=self.ports, secrets=self._secrets
        )

    def superuser_dsn(self, database: str) -> str:
        """Return an address with every right over a database, for tests that tamper."""
        return self._postgres.superuser_dsn(database)

    def mint_token(self, subject: str, rights: Mapping[str, Sequence[str]], hours: float) -> str:
        """Return a bearer token of the local issuer; rights are named per ledger or `*`."""
        return self._secrets.mint_token(subject, rights, hours)

    def _start(self) -> None:
        self._prepare()
        self._helpers = self._kafka.prepare(say=self._say)
        self._say("starting PostgreSQL")
        self._launch("postgres")
        self._wait("postgres")
        self._postgres.create_databases()
        for formatting in self._helpers:
            formatting.finish()
        self._say("starting Kafka")
        self._launch("kafka")
        self._migrate()
        self._wait("kafka")
        for service in self._services:
            self._say(f"starting {service}")
            self._launch(service)
        for service in self._services:
            self._wait(service)
        self._write(ready=True)

    def _prepare(self) -> None:
        """Read what the folder knows: leftovers of a crash, secrets, ports."""
        before = state.State.read(self.folder)
        for leftover in before.parts.values():
            leftover.end(patience_seconds=LEFTOVER_SECONDS)
        self._secrets = Secrets.of(self.folder)
        (self.folder / "jwks.json").write_text(self._secrets.jwks(), "utf-8")
        self.ports = ports.choose(PORT_NAMES, asked=self._asked_ports, wished=before.ports)
        self._postgres = Postgres(self.folder, port=self.ports["postgres"], secrets=self._secrets)
        self._kafka = Kafka(
            self.folder,
            port=self.ports["kafka"],
            controller_port=self.ports["kafka-controller"],
            store=self._jar_store,
        )
        self._write(ready=False)

    def _migrate(self) -> None:
        if self._services:
            self._say("migrating the databases")
        # Heavy, and loaded here while Kafka itself is loading; one process for all four, since
        # starting Python and its libraries costs more than the migrations.
        from shared.migrations import migrate  # noqa: PLC0415

        with ThreadPoolExecutor(1) as aside:  # our caller may be in an event loop of its own
            for service in self._services:
                url = self.environment(service)[f"{service.upper()}_OWNER_DATABASE_URL"]
                folder = PROJECT / "services" / service / "migrations"
                aside.submit(asyncio.run, migrate(url, folder)).result()

    def _end_all(self) -> None:
        for helper in self._helpers:
            if helper.exit_code() is None:
                helper.end(SIGKILL)
        services = self._running(*self._services)
        for part in services:
            part.ask_to_finish()
        for part in services:
            part.wait_for_end()
        for part in self._running("kafka"):
            self._kafka.stop(part)
        for part in self._running("postgres"):
            part.stop()

    def _launch(self, name: str) -> None:
        if name == "postgres":
            part = self._postgres.start()
        elif name == "kafka":
            for formatting in self._kafka.format():  # where its data were deleted since
                formatting.finish()
            part = self._kafka.start()
        else:
            part = Part(self._program(name, "serve", name))
        self.parts[name] = part
        self._write()

    def _wait(self, name: str) -> None:
        part = self.parts[name]
        if name == "postgres":
            self._postgres.wait_until_ready(part)
        elif name == "kafka":
            self._kafka.wait_until_ready(part)
        else:
            url = f"{self.urls[name]}/readyz"
            part.wait_until(lambda: _is_ready(url), seconds=SERVICE_READY_SECONDS)

    def _program(self, service: str, role: str, name: str) -> Program:
        return Program(
            name=name,
            command=[sys.executable, "-m", f"services.{service}", role],
            log=self.folder / "logs" / f"{service}.log",
            environment={**os.environ, **_BYTECODE, **self.environment(service)},
        )

    def _running(self, *names: str) -> list[Part]:
        parts = [self.parts[name] for name in names if name in self.parts]
        return [part for part in parts if part.exit_code() is None]

    def _write(self, *, ready: bool | None = None) -> None:
        """Write down what runs; whether it is ready stays as it was, unless it is said."""
        with self._writing:
            running = {name: part for name, part in self.parts.items() if part.exit_code() is None}
            state.State(
                ports=self.ports,
                supervisor=Identity.of(os.getpid()),
                ready=state.State.read(self.folder).ready if ready is None else ready,
                parts={name: Identity.of(part.pid) for name, part in running.items()},
            ).write(self.folder)


def _is_ready(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - http, of our own making
            return bool(answer.status == HTTPStatus.OK)
    except OSError:  # nobody listens yet, or it says it is not ready
        return False
