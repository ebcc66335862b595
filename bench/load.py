"""A load generator that costs little, in a process of its own: `python -m bench.load`.

It reads a plan and every request's bytes from standard input, connects, says `ready`, and
starts when it is told `go`. Closed loop: each connection sends its next request once the
last is answered; what is put off with 503 it sends again after a second, as clients are asked to,
and its latency goes on. Open loop (`per_second`): requests are due at times fixed in advance, and
latency counts from then, also where no connection was free; so a server that stands still
is charged for every request that it kept waiting.

Nothing is parsed but the status and the length of an answer. It prints one line of JSON,
then two arrays of doubles: when each request was sent or due (monotonic seconds), and its
latency (seconds; NaN where it was not answered).
"""

import asyncio
import json
import math
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any, BinaryIO, Final, cast

import uvloop
from typing_extensions import override

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_STATUS: Final = slice(9, 12)  # of `HTTP/1.1 201 Created`
_PUT_OFF: Final = b"503"
_AGAIN_SECONDS: Final = 1.0  # what `Retry-After` says
_TICK_SECONDS: Final = 0.001
_PATIENCE_SECONDS: Final = 60.0  # without a single answer


class Run:
    """The requests, who sends them, and what came of each; filled in place."""

    def __init__(self, requests: Sequence[bytes], seconds: float | None) -> None:
        self.requests = requests
        self.begun = array("d", bytes(8 * len(requests)))
        self.latency = array("d", [math.nan]) * len(requests)
        self.statuses: Counter[bytes] = Counter()
        self.sent = 0
        self.answered = 0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.due: deque[int] | None = None  # open loop: which requests wait for a connection
        self.idle: deque[Connection] = deque()  # the longest idle goes next, before it is closed
        self._seconds = seconds
        self._ends_at = math.inf

    def start_clock(self) -> None:
        """Let the time that this run may last begin."""
        if self._seconds:
            self._ends_at = time.perf_counter() + self._seconds

    def following(self) -> int | None:
        """Return the request to send next; None when there is none."""
        if self.due is not None:
            return self.due.popleft() if self.due else None
        now = time.perf_counter()
        if self.sent == len(self.requests) or now >= self._ends_at:
            return None
        number = self.sent
        self.begun[number] = now
        self.sent += 1
        return number

    def answer(self, number: int, status: bytes) -> None:
        """Note an answer."""
        self.latency[number] = time.perf_counter() - self.begun[number]
        self.statuses[status] += 1
        self.answered += 1

    def fail(self, reason: str) -> None:
        """End the run; it proves nothing."""
        if not self.finished.done():
            self.finished.set_exception(RuntimeError(reason))

    def rest(self, connection: "Connection") -> None:
        """Take a connection that has nothing to send; the last one ends the run."""
        self.idle.append(connection)
        over = self.due is None or self.sent == len(self.requests)
        if over and self.answered == self.sent and not self.finished.done():
            self.finished.set_result(None)


class Connection(asyncio.Protocol):
    """One kept-alive connection with at most one request in flight."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._number = -1
        self._received = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._number >= 0:
            self._run.fail(f"a connection was lost under a request: {exc!r}")

    @override
    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        end = data.find(_HEAD_END)
        if end < 0 or len(data) < end + len(_HEAD_END) + length_of(data, end):
            self._received = data
            return
        self._received = b""
        status = data[_STATUS]
        if status == _PUT_OFF and self._run.due is None:
            asyncio.get_running_loop().call_later(_AGAIN_SECONDS, self._write)
            return
        number, self._number = self._number, -1
        self._run.answer(number, status)
        self.send()

    def send(self) -> None:
        """Send the next request, or rest."""
        number = self._run.following()
        if number is None:
            self._run.rest(self)
            return
        self._number = number
        self._write()

    def _write(self) -> None:
        self._transport.write(self._run.requests[self._number])


def length_of(answer: bytes, head_end: int) -> int:
    """Return how long the body of an answer is.

    >>> length_of(b"HTTP/1.1 200 OK" + bytes([13, 10]) + b"Content-Length: 42", 35)
    42
    """
    start = answer.find(_LENGTH, 0, head_end)
    if start < 0:  # whoever writes it in capitals is read a little slower
        answer = answer[:head_end].lower()
        start = answer.find(_LENGTH)
    if start < 0:
        raise ValueError(f"an answer without a length: {answer!r}")
    end = answer.find(b"\r", start, head_end)
    return int(answer[start + len(_LENGTH) : end if end > 0 else head_end])


async def _keep_time(run: Run, per_second: float) -> None:
    """Make requests due, each at its time, whatever became of those before."""
    assert run.due is not None
    started = time.perf_counter() + _TICK_SECONDS
    for number in range(len(run.requests)):
        run.begun[number] = started + number / per_second
    while run.sent < len(run.requests):
        now = time.perf_counter()
        while run.sent < len(run.requests) and run.begun[run.sent] <= now:
            run.due.append(run.sent)
            run.sent += 1
        while run.due and run.idle:
            run.idle.popleft().send()
        await asyncio.sleep(_TICK_SECONDS)


async def _watch(run: Run) -> None:
    """End a run in which nothing is answered any more."""
    before = -1
    while run.answered != before:
        before = run.answered
        await asyncio.sleep(_PATIENCE_SECONDS)
    run.fail(f"nothing was answered for {_PATIENCE_SECONDS:.0f} s")


async def _send_all(plan: dict[str, Any], run: Run) -> float:
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(run), plan["host"], plan["port"])
        for _ in range(plan["connections"])
    ]
    connections = [connection for _, connection in made]
    _say("ready")
    await asyncio.to_thread(sys.stdin.buffer.readline)  # "go"
    started = time.perf_counter()
    run.start_clock()
    watcher = asyncio.create_task(_watch(run))
    if per_second := plan["per_second"]:
        run.due, run.idle = deque(), deque(connections)
        pace = asyncio.create_task(_keep_time(run, per_second))
        await asyncio.gather(pace, run.finished)
    else:
        for connection in connections:
            connection.send()
        await run.finished
    seconds = time.perf_counter() - started
    watcher.cancel()
    for transport, _ in made:
        transport.close()
    return seconds


def _read(source: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    plan = json.loads(source.readline())
    lengths = array("I")
    lengths.frombytes(source.read(plan["count"] * lengths.itemsize))
    return plan, [source.read(length) for length in lengths]


def _say(word: str) -> None:
    sys.stdout.buffer.write(word.encode() + b"\n")
    sys.stdout.buffer.flush()


async def _main() -> None:
    plan, requests = _read(sys.stdin.buffer)
    run = Run(requests, plan["seconds"])
    before = time.process_time()
    seconds = await _send_all(plan, run)
    _say(
        json.dumps(
            {
                "seconds": seconds,
                "sent": run.sent,
                "statuses": {status.decode(): n for status, n in run.statuses.items()},
                "cpu_seconds": time.process_time() - before,
            }
        )
    )
    for values in (run.begun[: run.sent], run.latency[: run.sent]):
        values.tofile(sys.stdout.buffer)


if __name__ == "__main__":
    uvloop.run(_main())
