"""Refilling: read another service's journal from its owner, when the bus has a hole.

The owner serves its stored bytes (`GET /v1/ledgers/{ledger}/journal`), one JSON object
per line: `position`, `sealed` and `signature` in base64, `hash` in hexadecimal, and the
columns under which its journal files the entry.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import orjson

from shared import bus
from shared.bus import Message, UnusableMessageError
from shared.chains import Head
from shared.dates import instant_text
from shared.seal import Filed, SealedEntry

_PAGE = 1_000


def line(entry: SealedEntry) -> bytes:
    """Write one stored entry as a line of the journal endpoint's answer."""
    fields = {
        "position": entry.position,
        "sealed": base64.b64encode(entry.sealed).decode(),
        "hash": entry.hash.hex(),
        "signature": None
        if entry.signature is None
        else base64.b64encode(entry.signature).decode(),
    }
    if entry.filed:
        fields["filed"] = {
            "entry_id": str(entry.filed.entry_id),
            "stream": entry.filed.stream,
            "type": entry.filed.type,
            "recorded_at": instant_text(entry.filed.recorded_at),
        }
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def stored(ledger: str, text: bytes | str) -> SealedEntry:
    """Read back what `line` wrote; raise UnusableMessageError on anything else."""
    try:
        raw: dict[str, Any] = orjson.loads(text)
        return SealedEntry(
            ledger,
            raw["position"],
            base64.b64decode(raw["sealed"]),
            bytes.fromhex(raw["hash"]),
            None if raw["signature"] is None else base64.b64decode(raw["signature"]),
            _filed(raw["filed"]) if "filed" in raw else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableMessageError(f"not a line of a journal: {error!r}") from error


def _filed(raw: dict[str, Any]) -> Filed:
    recorded_at = datetime.fromisoformat(raw["recorded_at"])
    return Filed(UUID(raw["entry_id"]), raw["stream"], raw["type"], recorded_at)


class Refill:
    """Reads owners' journals over HTTP."""

    def __init__(self, client: httpx.AsyncClient, urls: Mapping[str, str], token: str) -> None:
        """Take the address of each service's API, and a token with the right journal:read."""
        self._client = client
        self._urls = urls
        self._headers = {"authorization": f"Bearer {token}"}

    async def entries(self, source: str, ledger: str, after: int = 0) -> AsyncIterator[SealedEntry]:
        """Yield the owner's stored entries after a position, to the end."""
        async for page in self.pages(source, ledger, after):
            for entry in page:
                yield entry

    async def pages(
        self, source: str, ledger: str, after: int | None = None
    ) -> AsyncIterator[list[SealedEntry]]:
        """Yield the owner's stored entries page by page, from the very first row if not told."""
        while page := await self._page(source, ledger, after, _PAGE):
            yield page
            after = page[-1].position

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

    async def _page(
        self, source: str, ledger: str, after: int | None, limit: int
    ) -> list[SealedEntry]:
        query = {"limit": limit} if after is None else {"after": after, "limit": limit}
        response = await self._get(source, f"/v1/ledgers/{ledger}/journal", query)
        return [stored(ledger, text) for text in response.content.splitlines()]

    async def _get(self, source: str, path: str, query: Mapping[str, int]) -> httpx.Response:
        response = await self._client.get(
            self._urls[source] + path, params=dict(query), headers=self._headers
        )
        response.raise_for_status()
        return response
