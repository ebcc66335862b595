"""The server's protocol: whole requests in, answers out in one piece each, hot ones at once.

The server writes the head of an answer and its body one after the other, and the event loop hands
each to the system at once: two calls and two packets, of which the calls cost more than anything
else in a short answer. What goes the short way never becomes a call of the application.
"""

import asyncio
from functools import partial
from typing import Any, ClassVar, cast

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from shared.limits import WholeRequests
from shared.short_way import Answer, Begun, ShortWay


class AtOnce:
    """A transport that writes together what is written in one turn of the event loop."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] = []
        self._later = asyncio.get_running_loop().call_soon

    def write(self, data: bytes) -> None:
        """Write with this turn's end."""
        if not self._held:
            self._later(self._flush)
        self._held.append(data)

    def close(self) -> None:
        """Close once everything is written."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        held, self._held = self._held, []
        if held and not self._transport.is_closing():
            self._transport.write(b"".join(held))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Exchange:
    """A request on the short way until it is answered: what the server asks of a cycle."""

    __slots__ = ("disconnected", "keep_alive", "response_complete")

    message_event: ClassVar[asyncio.Event] = asyncio.Event()  # nobody waits for it

    def __init__(self, *, keep_alive: bool) -> None:
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False


class Protocol(WholeRequests):
    """The server's protocol, over such a transport."""

    def __init__(self, *args: Any, short_way: ShortWay, **named: Any) -> None:
        super().__init__(*args, **named)
        self._short_way = short_way

    @classmethod
    def with_short_way(cls, short_way: ShortWay) -> type["Protocol"]:
        """Return what the server makes protocols with."""
        return cast("type[Protocol]", partial(cls, short_way=short_way))

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its own signature says
        super().connection_made(cast("asyncio.Transport", AtOnce(transport)))

    @override
    def take(self, body: bytes) -> None:
        begun = None
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr] # it is None before the first
            begun = self._short_way.begin(self.parser.get_method(), self.url, self._named, body)
        if begun is None:
            super().take(body)
            return
        exchange = _Exchange(keep_alive=self.parser.should_keep_alive())
        self.cycle = cast("RequestResponseCycle", exchange)
        if isinstance(begun, Answer):
            self._send(begun, exchange)
            return
        task = self.loop.create_task(self._answer(begun, exchange))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, begun: Begun, exchange: _Exchange) -> None:
        answer = await self._short_way.answer(begun)
        if self.flow.write_paused and not exchange.disconnected:
            await self.flow.drain()
        if not exchange.disconnected:
            self._send(answer, exchange)

    def _send(self, answer: Answer, exchange: _Exchange) -> None:
        self.write(answer.status, answer.headers, answer.body, last=not exchange.keep_alive)
        exchange.response_complete = True
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()
