"""An endpoint that does nothing: any request is answered 201, at once, without being read.

It is what the load generator is held against: what it sends here per second is the most
that any figure of ours could show.
"""

import asyncio
import sys
from typing import Final, cast

import uvloop
from typing_extensions import override

_BODY: Final = b"{" + b" " * 898 + b"}"  # as long as the answer to a payment
_ANSWER: Final = b"HTTP/1.1 201 Created\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)


class Empty(asyncio.Protocol):
    """Takes each piece of data for one request: ours are smaller than a segment."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass

    @override
    def data_received(self, data: bytes) -> None:
        self._transport.write(_ANSWER)


async def _main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Empty, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)  # until whoever started us closes it
    server.close()


if __name__ == "__main__":
    uvloop.run(_main())
