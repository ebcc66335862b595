"""Limits on what a request may cost before anybody looks at it: size and time of head and body.

The server's own protocol has none. The invariant: the application sees whole requests only, so
one that is too large or too slow holds nothing but its own connection, which is closed. A
connection has some seconds for its first head, and later for each from its first byte.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, NoReturn

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from shared.errors import BodyTooLarge, BodyTooSlow, HeadTooLarge, HeadTooSlow, Refusal
from shared.problems import rendered

HEAD_BYTES_MAX = 65_536  # request line and headers; a token takes about a thousand
HEAD_SECONDS_MAX = 15.0
BODY_BYTES_MAX = 16_000_000  # 10,000 items of a bulk request, each with all its texts
BODY_SECONDS_MAX = 30.0


class WholeRequests(HttpToolsProtocol):
    """Hands on requests once they are whole; refuses what is too large or too slow."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._pending = 0  # bytes that came of a head that is not complete
        self._in_head = True
        self._late: asyncio.TimerHandle | None = None
        self._refusal: Refusal | None = None
        self._named: dict[bytes, bytes] = {}  # the headers
        self._body: list[bytes] = []
        self._left = 0  # bytes that the body may still have

    def take(self, body: bytes) -> None:
        """Take the request whose head was parsed last: have the application answer it."""
        super().on_headers_complete()
        if body:
            super().on_body(body)
        super().on_message_complete()

    def write(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, *, last: bool
    ) -> None:
        """Write a whole answer; the last one says that the connection closes."""
        lines = [b"%s: %s\r\n" % header for header in headers]
        if last:
            lines.append(b"connection: close\r\n")
        self.transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", body)))

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its own signature says
        super().connection_made(transport)
        self._expect_more()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._pending += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and self._pending > HEAD_BYTES_MAX:
            self._refuse(HeadTooLarge(bytes_max=HEAD_BYTES_MAX))
        elif self._late is None and (self._pending or not self._in_head):
            self._expect_more()

    @override
    def on_message_begin(self) -> None:
        self._pending = self._pending or 1  # behind the end of another, in the same piece
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._stop_waiting()
        if self._pending > HEAD_BYTES_MAX and self._head_bytes() > HEAD_BYTES_MAX:
            self._stop(HeadTooLarge(bytes_max=HEAD_BYTES_MAX))
        self._in_head, self._pending = False, 0
        self._named, self._body, self._left = dict(self.headers), [], BODY_BYTES_MAX
        stated = self._named.get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > BODY_BYTES_MAX:
            self._stop(BodyTooLarge(bytes_max=BODY_BYTES_MAX))
        if self.expect_100_continue:
            self.expect_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    @override
    def on_body(self, body: bytes) -> None:
        self._left -= len(body)
        if self._left < 0:
            self._stop(BodyTooLarge(bytes_max=BODY_BYTES_MAX))
        self._body.append(body)

    @override
    def on_message_complete(self) -> None:
        self._stop_waiting()
        self._in_head = True
        body, self._body = b"".join(self._body), []
        self.take(body)

    @override
    def send_400_response(self, msg: str) -> None:
        if self._refusal:
            self._refuse(self._refusal)
        else:
            super().send_400_response(msg)

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _expect_more(self) -> None:
        seconds = HEAD_SECONDS_MAX if self._in_head else BODY_SECONDS_MAX
        self._late = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        if not self._in_head:
            self._refuse(BodyTooSlow(seconds_max=int(BODY_SECONDS_MAX)))
        elif self._pending:
            self._refuse(HeadTooSlow(seconds_max=int(HEAD_SECONDS_MAX)))
        else:
            self.transport.close()

    def _stop(self, refusal: Refusal) -> NoReturn:
        """Stop the parser, which then has the request refused."""
        self._refusal = refusal
        raise refusal

    def _refuse(self, refusal: Refusal) -> None:
        """Say why, unless another answer is on its way; and close the connection."""
        self._stop_waiting()
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr] # it is None before the first
            problem = rendered(refusal)
            self.write(problem.status_code, problem.raw_headers, bytes(problem.body), last=True)
        self.transport.close()
