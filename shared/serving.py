"""How answers leave: head and body of each in one piece.

The server writes the head of an answer and its body one after the other, and the event loop hands
each to the system at once: two calls and two packets, of which the calls cost more than anything
else in a short answer.
"""

import asyncio
from typing import Any, cast

from typing_extensions import override

from shared.heads import LimitedHeads


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


class Protocol(LimitedHeads):
    """The server's protocol, over such a transport."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its own signature says
        super().connection_made(cast("asyncio.Transport", AtOnce(transport)))
