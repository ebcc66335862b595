"""A way to PostgreSQL that can be cut at a chosen word, for tests of what is lost on the way."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """Passes bytes on between clients and the server behind."""

    host: str
    port: int
    dsn: str = ""
    cut_at: tuple[bytes, Literal["before", "after"]] | None = None
    refusal: str | None = None  # the SQLSTATE every new client is sent away with
    _server: asyncio.Server | None = None
    _serving: list[asyncio.Task[None]] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def before(cls, dsn: str) -> AsyncIterator["Proxy"]:
        """Stand before the server of an address; `dsn` is the address of the proxy."""
        url = urlsplit(dsn)
        proxy = cls(str(url.hostname), int(url.port or 0))
        proxy._server = await asyncio.start_server(proxy._accept, "127.0.0.1", 0)
        port = proxy._server.sockets[0].getsockname()[1]
        place = f"{url.username}:{url.password}@127.0.0.1:{port}"
        proxy.dsn = f"postgresql+asyncpg://{place}{url.path}"
        try:
            yield proxy
        finally:
            await proxy.close()

    async def close(self) -> None:
        """Cut everything; nobody listens any more, and no end stays open."""
        if self._server:
            self._server.close()
        for serving in self._serving:
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            if self.refusal:
                await reader.read(65_536)
                fields = f"SFATAL\0VFATAL\0C{self.refusal}\0Mnot now\0\0".encode()
                writer.write(b"E" + struct.pack("!i", len(fields) + 4) + fields)
                await writer.drain()
                return
            there, onward = await asyncio.open_connection(self.host, self.port)
            with closing(onward):
                await asyncio.gather(
                    self._pass_on(reader, onward, (writer, onward), there),
                    self._pass_on(there, writer, (writer, onward), None),
                )

    async def _pass_on(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        both: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        answers: asyncio.StreamReader | None,
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                if answers and self.cut_at and self.cut_at[0] in data:
                    _, when = self.cut_at
                    self.cut_at = None
                    if when == "after":
                        both[0].transport.abort()  # the client sees nothing of the answer
                        target.write(data)
                        await target.drain()
                        await asyncio.sleep(0.2)
                    break
                target.write(data)
                await target.drain()
        for end in both:
            end.close()
