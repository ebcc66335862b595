"""A third party: takes a package, gives a receipt that can be checked without asking it again.

The invariant: a receipt counts only once it was checked, when it is taken and with every
verification, against what our settings say of the third party and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import httpx

from shared.events.archive import ThirdPartyKind

_ANSWER_BYTES_MAX = 1_000_000


class ReceiptRefusedError(Exception):
    """A receipt does not prove what it should; the message says why in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPackage:
    """A closed period's package: where it belongs, its digest (hexadecimal) and its bytes."""

    ledger: str
    period: str
    sha256: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What a receipt proves: that somebody saw the digest, and when."""

    at: datetime
    by: str


class ThirdParty(Protocol):
    """Somebody whom packages are handed to."""

    @property
    def kind(self) -> ThirdPartyKind:
        """Return which receipts it gives."""
        ...

    async def deposit(self, http: httpx.AsyncClient, package: SealedPackage) -> bytes:
        """Hand a package over; return the receipt.

        Raises httpx.HTTPError when it can't be reached or refuses, ReceiptRefusedError when its
        answer is no receipt for this request.
        """
        ...

    def check(self, receipt: bytes, sha256: str) -> Certified:
        """Return what a receipt proves of a digest; raise ReceiptRefusedError if nothing."""
        ...


async def answer_to(http: httpx.AsyncClient, request: httpx.Request) -> bytes:
    """Return the body of a successful answer; raise httpx.HTTPError on any other.

    An answer longer than any receipt is one too.
    """
    response = await http.send(request, stream=True)
    try:
        response.raise_for_status()
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _ANSWER_BYTES_MAX:
                raise httpx.DecodingError("the answer is too long for a receipt", request=request)
    finally:
        await response.aclose()
    return bytes(body)
