"""Limits on the head of a request: its size, and the time until all of it is here.

The server's own protocol has neither. A connection without a whole request head costs memory and a
file descriptor, so it gets some seconds from its beginning, and later from a head's first byte.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import orjson
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.errors import HeadTooLarge, HeadTooSlow, Refusal
from shared.problems import PROBLEM

HEAD_BYTES_MAX = 65_536  # request line and headers; a token takes about a thousand
HEAD_SECONDS_MAX = 15.0


class LimitedHeads(HttpToolsProtocol):
    """Refuses a head that is too large or too slow, and closes the connection."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._pending = 0  # bytes that came of a head that is not complete
        self._in_head = True
        self._late: asyncio.TimerHandle | None = None
        self._refusal: Refusal | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its own signature says
        super().connection_made(transport)
        self._expect_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._pending += len(data)
        super().data_received(data)
        if self._pending and self._in_head and not self.transport.is_closing():
            if self._pending > HEAD_BYTES_MAX:
                self._refuse(HeadTooLarge(bytes_max=HEAD_BYTES_MAX))
            elif self._late is None:
                self._expect_head()

    @override
    def on_message_begin(self) -> None:
        self._pending = self._pending or 1  # behind the end of another, in the same piece
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._stop_waiting()
        if self._pending > HEAD_BYTES_MAX and self._head_bytes() > HEAD_BYTES_MAX:
            self._refusal = HeadTooLarge(bytes_max=HEAD_BYTES_MAX)
            raise self._refusal  # the parser stops, and has the request refused
        self._in_head, self._pending = False, 0
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    @override
    def send_400_response(self, msg: str) -> None:
        if self._refusal:
            self._refuse(self._refusal)
        else:
            super().send_400_response(msg)

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _expect_head(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS_MAX, self._give_up)

    def _stop_waiting(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        if self._pending:
            self._refuse(HeadTooSlow(seconds_max=int(HEAD_SECONDS_MAX)))
        else:
            self.transport.close()

    def _refuse(self, refusal: Refusal) -> None:
        """Say why, unless another answer is on its way; and close the connection."""
        self._stop_waiting()
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr] # it is None before the first
            body = orjson.dumps(refusal.problem())
            status = HTTPStatus(refusal.status)
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {PROBLEM}\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
