"""Sending requests with the load generator, and reading what came of them."""

import json
import math
import subprocess
import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

import orjson

_LOAD: Final = [sys.executable, "-m", "bench.load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where requests go, and with which token."""

    port: int
    token: str
    host: str = "127.0.0.1"

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        """Return the bytes of a request."""
        content = orjson.dumps(body) if body is not None else b""
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\n"
            f"authorization: Bearer {self.token}\r\n"
        )
        if content:
            head += f"content-type: application/json\r\ncontent-length: {len(content)}\r\n"
        return head.encode() + b"\r\n" + content


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How requests are sent: over how many connections, and at which rate if it is fixed."""

    connections: int
    per_second: float | None = None  # open loop
    seconds_max: float | None = None  # closed loop: as many requests as go into this time


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a run; times are of the machine's monotonic clock."""

    seconds: float
    statuses: dict[str, int]
    cpu_seconds: float
    begun: "array[float]"
    latency: "array[float]"

    @property
    def count(self) -> int:
        """Return how many requests were sent."""
        return len(self.begun)

    def percentile_ms(self, share: float) -> float:
        """Return the latency that this share of the answers did not exceed."""
        return percentile_ms(self.latency, share)


def percentile_ms(seconds: Sequence[float], share: float) -> float:
    """Return the value in milliseconds that this share of values does not exceed.

    >>> percentile_ms([0.003, 0.001, 0.002, 0.004], 0.5)
    2.0
    """
    ordered = sorted(value for value in seconds if not math.isnan(value))
    return 1000 * ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def send(
    target: Target,
    requests: Sequence[bytes],
    pace: Pace,
    *,
    starting: Callable[[], None] = lambda: None,
) -> Sent:
    """Send requests from a process of its own; `starting` is called when it is connected."""
    plan = {
        "host": target.host,
        "port": target.port,
        "count": len(requests),
        "connections": pace.connections,
        "per_second": pace.per_second,
        "seconds": pace.seconds_max,
    }
    with subprocess.Popen(_LOAD, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as load:  # noqa: S603 - ourselves
        try:
            assert load.stdin
            assert load.stdout
            load.stdin.write(orjson.dumps(plan) + b"\n")
            load.stdin.write(array("I", map(len, requests)).tobytes())
            load.stdin.writelines(requests)
            load.stdin.flush()
            _expect(load.stdout, b"ready\n")
            starting()
            load.stdin.write(b"go\n")
            load.stdin.flush()
            return _read(load.stdout)
        except BaseException:
            load.kill()
            raise


def _expect(answers: IO[bytes], word: bytes) -> None:
    if answers.readline() != word:
        raise RuntimeError("the load generator failed: its complaint is above")


def _read(answers: IO[bytes]) -> Sent:
    line = answers.readline()
    if not line:
        raise RuntimeError("the load generator failed: its complaint is above")
    found = json.loads(line)
    begun, latency = array("d"), array("d")
    begun.frombytes(answers.read(8 * found["sent"]))
    latency.frombytes(answers.read(8 * found["sent"]))
    return Sent(found["seconds"], found["statuses"], found["cpu_seconds"], begun, latency)
