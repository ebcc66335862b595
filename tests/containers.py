"""The same stack with PostgreSQL and Kafka from containers (`ACQUIT_TEST_STACK=docker`).

Only the two servers differ: databases, roles, migrations, settings and services are the
local stack's own, so that the same tests run against what docker-compose.yml deploys.
"""

import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM, Signals

import yaml
from testcontainers.core.container import DockerContainer
from typing_extensions import override

from deploy.local.errors import StackError
from deploy.local.keys import SUPERUSER
from deploy.local.ports import HOST
from deploy.local.process import Part
from deploy.local.stack import Stack

_COMPOSE = yaml.safe_load(Path(__file__).parents[1].joinpath("docker-compose.yml").read_text())


class ContainerPart(Part):
    """A container that the stack treats as one of its processes."""

    def __init__(self, container: DockerContainer) -> None:
        self._container = container
        container.start()

    @property
    @override
    def pid(self) -> int:
        container = self._container.get_wrapped_container()
        container.reload()
        return int(container.attrs["State"]["Pid"])

    @override
    def exit_code(self) -> int | None:
        container = self._container.get_wrapped_container()
        container.reload()
        state = container.attrs["State"]
        return None if state["Running"] else int(state["ExitCode"])

    @override
    def send(self, number: Signals) -> None:
        self._container.get_wrapped_container().kill(signal=int(number))

    @override
    def ask_to_finish(self) -> None:
        self.send(SIGTERM)

    @override
    def stop(self) -> None:
        self._container.stop()

    @override
    def end(self, number: Signals) -> None:
        self.send(number)
        self.wait_for_end()

    @override
    def wait_for_end(self) -> None:
        self._container.get_wrapped_container().wait(timeout=60)

    @override
    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if self.exit_code() is not None or time.monotonic() > deadline:
                raise StackError(f"the container is not ready: {self.complaint()}")
            time.sleep(0.1)

    @override
    def complaint(self) -> str:
        return "\n".join(part.decode()[-2_000:] for part in self._container.get_logs())


class ContainerStack(Stack):
    """A stack whose PostgreSQL and Kafka run in containers of the compose file's images."""

    @override
    def _launch(self, name: str) -> None:
        if name == "postgres":
            self.parts[name] = ContainerPart(self._postgres_container())
        elif name == "kafka":
            self.parts[name] = ContainerPart(self._kafka_container())
        else:
            super()._launch(name)

    def _postgres_container(self) -> DockerContainer:
        return (
            DockerContainer(_COMPOSE["services"]["postgres"]["image"])
            .with_env("POSTGRES_USER", SUPERUSER)
            .with_env("POSTGRES_PASSWORD", self._secrets.passwords[SUPERUSER])
            .with_bind_ports(5432, self.ports["postgres"])
        )

    def _kafka_container(self) -> DockerContainer:
        port = self.ports["kafka"]
        settings = {
            "NODE_ID": "1",
            "PROCESS_ROLES": "broker,controller",
            "LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
            "ADVERTISED_LISTENERS": f"PLAINTEXT://{HOST}:{port}",
            "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "LOG_RETENTION_MS": "-1",
            "AUTO_CREATE_TOPICS_ENABLE": "false",
        }
        container = DockerContainer(_COMPOSE["services"]["kafka"]["image"])
        for name, value in settings.items():
            container = container.with_env(f"KAFKA_{name}", value)
        return container.with_bind_ports(port, port)
