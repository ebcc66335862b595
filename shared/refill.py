"""Refilling: read another service's journal from its owner, when the bus has a hole.

The owner serves its stored bytes (`GET /v1/ledgers/{ledger}/journal`), one JSON object
per line: `position`, `sealed` and `signature` in base64, `hash` in hexadecimal, and the
columns under which its journal files the entry.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from typing import NamedTuple

import httpx
import msgspec

from shared import bus
from shared.bus import Message, UnusableMessageError
from shared.chains import Head
from shared.seal import Filed, SealedEntry

_PAGE = 1_000
_PIECE_BYTES = 256_000


class _Line(msgspec.Struct):
    position: int
    sealed: bytes
    hash: str
    signature: bytes | None
    filed: Filed | msgspec.UnsetType = msgspec.UNSET


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Line)


def line(entry: SealedEntry) -> bytes:
    """Write one stored entry as a line of the journal endpoint's answer."""
    written = _Line(entry.position, entry.sealed, entry.hash.hex(), entry.signature)
    if entry.filed:
        written.filed = entry.filed
    return _ENCODER.encode(written) + b"\n"


def pieces(entries: Iterable[SealedEntry]) -> Iterator[bytes]:
    """Yield the lines of entries, some together: each piece costs its reader more than a line."""
    held: list[bytes] = []
    size = 0
    for entry in entries:
        held.append(line(entry))
        size += len(held[-1])
        if size >= _PIECE_BYTES:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def stored(ledger: str, text: bytes) -> SealedEntry:
    """Read back what `line` wrote; raise UnusableMessageError on anything else."""
    try:
        raw = _DECODER.decode(text)
        return SealedEntry(
            ledger,
            raw.position,
            raw.sealed,
            bytes.fromhex(raw.hash),
            raw.signature,
            raw.filed or None,
        )
    except ValueError as error:
        raise UnusableMessageError(f"not a line of a journal: {error!r}") from error


def entries_in(ledger: str, lines: bytes) -> Iterator[SealedEntry]:
    """Read back many lines, one by one; raise UnusableMessageError at what is none."""
    return (stored(ledger, text) for text in lines.splitlines())


class Page(NamedTuple):
    """Entries as their owner sent them, and the last of them read."""

    lines: bytes
    last: SealedEntry


class Refill:
    """Reads owners' journals over HTTP."""

    def __init__(self, client: httpx.AsyncClient, urls: Mapping[str, str], token: str) -> None:
        """Take the address of each service's API, and a token with the right journal:read."""
        self._client = client
        self._urls = urls
        self._headers = {"authorization": f"Bearer {token}"}

    async def entries(self, source: str, ledger: str, after: int = 0) -> AsyncIterator[SealedEntry]:
        """Yield the owner's stored entries after a position, to the end."""
        while page := await self._page(source, ledger, after, _PAGE):
            for entry in page:
                yield entry
            after = page[-1].position

    async def pages(self, source: str, ledger: str) -> AsyncGenerator[Page, None]:
        """Yield the owner's journal page by page, from the very first row, as it is sent.

        The next is asked for while one is looked at.
        """
        coming = asyncio.create_task(self._lines(source, ledger, None, _PAGE))
        try:
            while lines := await coming:
                page = Page(lines, stored(ledger, lines[lines.rfind(b"\n", 0, -1) + 1 :]))
                after = page.last.position
                coming = asyncio.create_task(self._lines(source, ledger, after, _PAGE))
                yield page
        finally:
            coming.cancel()

    async def entry(self, source: str, ledger: str, position: int) -> SealedEntry | None:
        """Return the owner's stored entry at a position; None where there is none."""
        page = await self._page(source, ledger, position - 1, 1)
        return page[0] if page and page[0].position == position else None

    async def read(self, source: str, ledger: str, after: int, limit: int) -> list[Message]:
        """Return up to `limit` entries after a position, parsed.

        Raises UnusableMessageError when an entry does not have its hash any more.
        """
        messages = []
        for entry in await self._page(source, ledger, after, limit):
            if hashlib.sha256(entry.sealed).digest() != entry.hash:
                raise UnusableMessageError(f"{source}, {ledger}: {entry.position} was altered")
            messages.append(bus.message(source, entry.sealed, entry.hash, entry.signature))
        return messages

    async def head(self, source: str, ledger: str) -> Head:
        """Return the owner's head; raise UnusableMessageError when its answer is none."""
        answer = await self._get(source, f"/v1/ledgers/{ledger}/head", {})
        try:
            raw = answer.json()
            signature = bytes.fromhex(raw["signature"]) if raw["signature"] else None
            return Head(ledger, int(raw["position"]), bytes.fromhex(raw["hash"] or ""), signature)
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableMessageError(f"not a head: {error!r}") from error

    async def ledgers(self, source: str) -> list[str]:
        """Return the ledgers the owner keeps."""
        return list((await self._get(source, "/v1/ledgers", {})).json()["ledgers"])

    async def _page(self, source: str, ledger: str, after: int, limit: int) -> list[SealedEntry]:
        return list(entries_in(ledger, await self._lines(source, ledger, after, limit)))

    async def _lines(self, source: str, ledger: str, after: int | None, limit: int) -> bytes:
        query = {"limit": limit} if after is None else {"after": after, "limit": limit}
        return (await self._get(source, f"/v1/ledgers/{ledger}/journal", query)).content

    async def _get(self, source: str, path: str, query: Mapping[str, int]) -> httpx.Response:
        response = await self._client.get(
            self._urls[source] + path, params=dict(query), headers=self._headers
        )
        response.raise_for_status()
        return response
