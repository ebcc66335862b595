"""A load generator that costs little: raw HTTP/1.1 over asyncio, one request in flight each.

Runs in a process of its own (`python -m bench.load`), reads requests from a file (one JSON
object per line: method, path, body), sends them over `--connections` kept-alive
connections, closed loop, and prints counts and latencies as JSON.
"""

import asyncio
import json
import time
from collections import Counter, deque
from pathlib import Path
from typing import Annotated, cast

import httptools
import typer
import uvloop
from typing_extensions import override


class Connection(asyncio.Protocol):
    """One kept-alive connection that sends the next request when the last is answered."""

    def __init__(self, host: str, token: str, waiting: deque[tuple[str, str, bytes]]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self._head = f"host: {host}\r\nauthorization: Bearer {token}\r\n".encode()
        self._waiting = waiting
        self._parser = httptools.HttpResponseParser(self)
        self._sent_at = 0.0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass
        self._send()

    @override
    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def on_message_complete(self) -> None:
        """Count the answer and send the next request."""
        self.latencies.append(time.perf_counter() - self._sent_at)
        self.statuses[self._parser.get_status_code()] += 1
        self._parser = httptools.HttpResponseParser(self)
        self._send()

    def _send(self) -> None:
        if not self._waiting:
            self._transport.close()
            return
        method, path, body = self._waiting.popleft()
        self._sent_at = time.perf_counter()
        line = f"{method} {path} HTTP/1.1\r\ncontent-type: application/json\r\n"
        length = f"content-length: {len(body)}\r\n\r\n"
        self._transport.write(line.encode() + self._head + length.encode() + body)


Requests = deque[tuple[str, str, bytes]]


def read(path: Path) -> Requests:
    """Read the requests to send."""
    waiting: Requests = deque()
    for line in path.read_text().splitlines():
        request = json.loads(line)
        body = json.dumps(request["body"]).encode()
        waiting.append((request["method"], request["path"], body))
    return waiting


async def run(port: int, token: str, waiting: Requests, connections: int) -> dict[str, object]:
    """Send every request; return counts, seconds and latency percentiles in milliseconds."""
    loop = asyncio.get_running_loop()
    host = f"127.0.0.1:{port}"
    started = time.perf_counter()
    made = [
        await loop.create_connection(lambda: Connection(host, token, waiting), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in made))
    seconds = time.perf_counter() - started
    latencies = sorted(ms for _, c in made for ms in c.latencies)
    statuses = sum((c.statuses for _, c in made), Counter())
    return {
        "answered": len(latencies),
        "statuses": dict(statuses),
        "seconds": seconds,
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[int(len(latencies) * 0.99)],
    }


def main(
    port: int, token: str, requests: Path, connections: Annotated[int, typer.Option()] = 64
) -> None:
    """Send the requests of a file and print what came of it."""
    print(json.dumps(uvloop.run(run(port, token, read(requests), connections))))  # noqa: T201


if __name__ == "__main__":
    typer.run(main)
