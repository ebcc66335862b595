"""If these failed, whoever opens connections and says little could keep everybody else out."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from shared import limits
from shared.limits import HEAD_BYTES_MAX
from shared.serving import Protocol
from shared.short_way import ShortWay
from tests.books import Books, ok

ROOM = b"x-filler: " + b"x" * 1_000 + b"\r\n"
LINE = b"POST / HTTP/1.1\r\nhost: x\r\n"
WHOLE = LINE + b"content-length: 4\r\n\r\n"
SECONDS_MAX = 0.3


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await PlainTextResponse("good")(scope, receive, send)


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Return the port of a server with little patience."""
    monkeypatch.setattr(limits, "HEAD_SECONDS_MAX", SECONDS_MAX)
    monkeypatch.setattr(limits, "BODY_SECONDS_MAX", 3 * SECONDS_MAX)
    protocol = Protocol.with_short_way(ShortWay((), None))
    config = uvicorn.Config(app, port=0, http=protocol, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        serving = asyncio.create_task(server.serve([opened]))
        yield opened.getsockname()[1]
        server.should_exit = True
        await serving


async def answered(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send parts with a pause after each; return all that comes until the other end closes."""
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with closing(writer):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
            return await reader.read()


async def test_who_says_nothing_is_left(port: int) -> None:
    assert await answered(port) == b""


async def test_a_head_that_does_not_end_in_time_is_refused(port: int) -> None:
    for parts in ((LINE,), (b"P",), (LINE, b"x-a: b\r\n", b"x-c: d\r\n")):
        answer = await answered(port, *parts, pause=SECONDS_MAX / 4)
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout")
        assert b"/problems/head-too-slow" in answer


async def test_a_head_on_a_connection_in_use_has_as_much_time(port: int) -> None:
    answer = await answered(port, WHOLE + b"body", LINE)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"/problems/head-too-slow" in answer


async def test_a_body_may_take_longer(port: int) -> None:
    closing = WHOLE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    answer = await answered(port, closing, b"bo", b"dy", pause=SECONDS_MAX)
    assert answer.startswith(b"HTTP/1.1 200")


async def test_a_body_that_does_not_end_in_time_is_refused(port: int) -> None:
    for parts in ((WHOLE,), (WHOLE, b"bo"), (WHOLE, b"b", b"o", b"d")):
        answer = await answered(port, *parts, pause=SECONDS_MAX / 4)
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout")
        assert b"/problems/body-too-slow" in answer


async def test_who_asks_first_may_send_the_body(port: int) -> None:
    asking = WHOLE.replace(b"\r\n\r\n", b"\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n")
    answer = await answered(port, asking, b"body", pause=SECONDS_MAX / 4)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
    too_much = asking.replace(b": 4", b": 99999999")
    assert (await answered(port, too_much)).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("end", [b"\r\n", b""], ids=["whole", "unfinished"])
async def test_a_head_that_is_too_large_is_refused(port: int, end: bytes) -> None:
    many = LINE + ROOM * (HEAD_BYTES_MAX // len(ROOM) + 1) + end
    one = LINE + b"x-filler: " + b"x" * HEAD_BYTES_MAX + end + end
    address = b"GET /" + b"x" * HEAD_BYTES_MAX + b" HTTP/1.1\r\nhost: x\r\n" + end
    for head in (many, one, address):
        answer = await answered(port, head)
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large")
        assert b"/problems/head-too-large" in answer


async def test_a_large_body_behind_a_small_head_is_not_taken_for_one(port: int) -> None:
    size = 10 * HEAD_BYTES_MAX
    head = LINE + b"connection: close\r\ncontent-length: %d\r\n\r\n" % size
    assert (await answered(port, head + b"x" * size)).startswith(b"HTTP/1.1 200")


async def test_requests_that_follow_one_another_are_each_answered(port: int) -> None:
    closing = WHOLE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    large = LINE + ROOM * 40 + b"content-length: 4\r\n\r\nbody"
    answer = await answered(port, large * 5 + closing + b"body")
    assert answer.count(b"HTTP/1.1 200") == 6


def test_a_service_refuses_a_head_that_is_too_large(books: Books) -> None:
    place = urlsplit(books.stack.urls["payments"])
    with socket.create_connection((place.hostname, place.port or 80), timeout=10) as opened:
        opened.sendall(LINE + ROOM * (HEAD_BYTES_MAX // len(ROOM) + 1))
        assert opened.recv(65_536).startswith(b"HTTP/1.1 431")
    ok(books.pay(amount="1.00"))
