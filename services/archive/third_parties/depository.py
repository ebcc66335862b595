"""A depository (tiers archiveur): keeps the package itself, and signs a receipt for it.

It takes `PUT {url}/{ledger}/{period}.zip` with the digest in `Content-Digest` (RFC 9530) and
answers with a receipt: a JWS in compact form (RFC 7515), signed with its Ed25519 key, whose
claims are `iss` (who keeps it), `iat` (since when) and `sha256` (of the bytes that it keeps).
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.archive.third_parties.third_party import (
    Certified,
    ReceiptRefusedError,
    SealedPackage,
    answer_to,
)
from shared.events.archive import ThirdPartyKind

_PIECE_BYTES = 256_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Depository:
    """Where packages go, the token that lets them in, and the key that signs receipts."""

    kind: ClassVar[ThirdPartyKind] = "depository"

    url: str
    token: str
    public_key: Ed25519PublicKey

    async def deposit(self, http: httpx.AsyncClient, package: SealedPackage) -> bytes:
        """Send the package; return the receipt."""
        digest = base64.b64encode(bytes.fromhex(package.sha256)).decode()
        headers = {
            "authorization": f"Bearer {self.token}",
            "content-type": "application/zip",
            "content-length": str(package.path.stat().st_size),
            "content-digest": f"sha-256=:{digest}:",
        }
        url = f"{self.url.rstrip('/')}/{package.ledger}/{package.period}.zip"
        content = _pieces(package.path)
        receipt = await answer_to(
            http, http.build_request("PUT", url, content=content, headers=headers)
        )
        self.check(receipt, package.sha256)
        return receipt

    def check(self, receipt: bytes, sha256: str) -> Certified:
        """Check the signature of a receipt, and that it is of this digest."""
        try:
            claims = jwt.decode(
                receipt.strip(),
                self.public_key,
                algorithms=["EdDSA"],
                options={"require": ["iss", "iat", "sha256"]},
            )
        except jwt.PyJWTError as error:
            raise ReceiptRefusedError(f"no receipt of this depository: {error}") from error
        if claims["sha256"] != sha256:
            raise ReceiptRefusedError(f"it is of another package: {claims['sha256']}")
        return Certified(at=datetime.fromtimestamp(claims["iat"], UTC), by=str(claims["iss"]))


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
