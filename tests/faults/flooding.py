"""A client that asks for more than can be had: raw HTTP/1.1, `python -m tests.faults.flooding`.

Closed loop (`--rate 0`): every connection asks again once it is answered, which measures the
capacity. Open loop: requests come at their moments whether or not the earlier ones are
answered, each on a connection of its own if need be, and waiting counts from that moment.
What was acknowledged goes into a notebook, what was refused is counted.
"""

import asyncio
import json
import time
from collections import Counter, deque
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, cast
from uuid import uuid4

import httptools
import typer
import uvloop
from typing_extensions import override

from tests.faults.notebook import Asked, Name, Notebook

_ANSWERED_SECONDS = 60  # for what is still open when the last request was sent
_REFUSED = (429, 503)


class Flood:
    """Requests on as many connections as are allowed."""

    def __init__(self, config: dict[str, Any], connections: int) -> None:
        self.config = config
        self.connections = connections
        self.asked: list[Asked] = []
        self.acknowledged: list[tuple[Name, str]] = []
        self.waits: list[float] = []  # seconds of what was acknowledged
        self.statuses: Counter[str] = Counter()
        self.idle: deque[Connection] = deque()
        self.waiting: deque[tuple[Asked, float]] = deque()
        self.made = self.closed_loop_until = 0.0
        self._answered = asyncio.Event()

    async def run(self, rate: float, seconds: float) -> dict[str, Any]:
        """Ask at a rate, or as fast as answers come where it is 0; tell what came of it."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        if not rate:
            self.closed_loop_until = start + seconds
            await asyncio.gather(*(self._ask(loop.time()) for _ in range(self.connections)))
            await asyncio.sleep(seconds)
        for number in range(int(rate * seconds)):
            due = start + number / rate
            if (delay := due - loop.time()) > 0:
                await asyncio.sleep(delay)
            await self._ask(due)
        await self._settle()
        waits = sorted(self.waits) or [0.0]
        return {
            "asked": len(self.asked),
            "acknowledged": len(self.acknowledged),
            "statuses": dict(self.statuses),
            "rate": round(len(self.acknowledged) / max(loop.time() - start, seconds), 1),
            "wait_p50_seconds": round(waits[len(waits) // 2], 3),
            "wait_p99_seconds": round(waits[int(len(waits) * 0.99)], 3),
            "wait_max_seconds": round(waits[-1], 3),
        }

    async def _ask(self, due: float) -> None:
        customers = self.config["customers"]
        body = {"customer_id": customers[len(self.asked) % len(customers)], "amount": "1.00"}
        request = Asked("payment", str(uuid4()), body | {"received_on": "2025-08-19"})
        self.asked.append(request)
        if self.idle:
            self.idle.popleft().send(request, due)
        elif self.made < self.connections:
            self.made += 1
            loop, place = asyncio.get_running_loop(), (self.config["host"], self.config["port"])
            _, connection = await loop.create_connection(lambda: Connection(self), *place)
            connection.send(request, due)
        else:
            self.waiting.append((request, due))

    async def _settle(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWERED_SECONDS):
                while sum(self.statuses.values()) < len(self.asked):
                    self._answered.clear()
                    await self._answered.wait()

    def done(self, connection: "Connection") -> None:
        """Give a connection its next request, if there is one."""
        self._answered.set()
        loop = asyncio.get_running_loop()
        if self.waiting:
            connection.send(*self.waiting.popleft())
            return
        self.idle.append(connection)
        if loop.time() < self.closed_loop_until:
            loop.create_task(self._ask(loop.time()))  # noqa: RUF006 - answered before the end


class Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._request: Asked | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass

    def send(self, request: Asked, due: float) -> None:
        """Send a request that was due at a moment."""
        self._request, self._due, self._body, self._bare = request, due, b"", True
        self._parser = httptools.HttpResponseParser(self)
        config, body = self._flood.config, json.dumps(request.body).encode()
        head = (
            f"PUT /v1/ledgers/{config['ledger']}/payments/{request.id} HTTP/1.1\r\n"
            f"host: {config['host']}\r\nauthorization: Bearer {config['token']}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)

    @override
    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, _value: bytes) -> None:
        self._bare = self._bare and name.lower() != b"retry-after"

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        flood, request, status = self._flood, self._request, self._parser.get_status_code()
        assert request
        self._request = None
        bare = status in _REFUSED and self._bare
        flood.statuses[f"{status}{' without Retry-After' if bare else ''}"] += 1
        if status < 300:
            flood.waits.append(asyncio.get_running_loop().time() - self._due)
            flood.acknowledged.append((request.name, json.loads(self._body)["number"]))
        asyncio.get_running_loop().call_soon(flood.done, self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._request:
            self._flood.statuses["connection lost"] += 1


def main(
    folder: Path,
    rate: Annotated[float, typer.Option()] = 0,
    seconds: Annotated[float, typer.Option()] = 5,
    connections: Annotated[int, typer.Option()] = 64,
) -> None:
    """Flood, note what was acknowledged, and print what came of it as JSON."""
    flood = Flood(json.loads((folder / "config.json").read_text()), connections)
    started = time.monotonic()
    outcome = uvloop.run(flood.run(rate, seconds))
    notes = Notebook(folder)
    notes.ask(flood.asked)
    if flood.acknowledged:
        notes.answer(flood.acknowledged)
    print(json.dumps(outcome | {"seconds": time.monotonic() - started}))  # noqa: T201


if __name__ == "__main__":
    typer.run(main)
