"""A time-stamping authority (RFC 3161): certifies when it saw a digest; the package stays here.

The receipt is the authority's answer as it came. Since the digest is that of the package's
bytes, anybody can check it with other software:
`openssl ts -verify -data 2026-11-27.zip -in receipt.tsr -CAfile authority.pem`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import httpx
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, ObjectIdentifier, load_der_x509_certificate
from rfc3161_client import (
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from services.archive.third_parties.third_party import (
    Certified,
    ReceiptRefusedError,
    SealedPackage,
    answer_to,
)
from shared.events.archive import ThirdPartyKind

_SHA256 = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_NONCE_BYTES = 8
_VERSION_AND_IMPRINT = bytes.fromhex("020101 3031 300d 0609608648016503040201 0500 0420")
_CERTIFICATE_WANTED = bytes.fromhex("0101ff")


def request_for(digest: bytes, nonce: int) -> bytes:
    """Return the DER of a TimeStampReq (RFC 3161, section 2.4.1) for a SHA-256 digest.

    The library only makes requests for data that it digests itself, which a large package is
    not held in memory for.
    """
    if len(digest) != SHA256.digest_size:
        raise ValueError("a SHA-256 digest has 32 bytes")
    number = nonce.to_bytes(_NONCE_BYTES + 1)  # a leading zero: it is not negative
    body = _VERSION_AND_IMPRINT + digest + bytes([2, len(number)]) + number + _CERTIFICATE_WANTED
    return bytes([0x30, len(body)]) + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamping:
    """An authority, and the certificates that its signatures have to lead to."""

    kind: ClassVar[ThirdPartyKind] = "timestamp"

    url: str
    trusted: Sequence[Certificate]

    async def deposit(self, http: httpx.AsyncClient, package: SealedPackage) -> bytes:
        """Ask for a time-stamp of the package's digest."""
        # DER wants the shortest number: with its highest bit set there is no shorter one.
        nonce = secrets.randbits(8 * _NONCE_BYTES) | 1 << (8 * _NONCE_BYTES - 1)
        headers = {
            "content-type": "application/timestamp-query",
            "accept": "application/timestamp-reply",
        }
        content = request_for(bytes.fromhex(package.sha256), nonce)
        request = http.build_request("POST", self.url, content=content, headers=headers)
        receipt = await answer_to(http, request)
        self._checked(receipt, package.sha256, nonce)
        return receipt

    def check(self, receipt: bytes, sha256: str) -> Certified:
        """Check signature, certificates as of that instant, purpose and digest of a time-stamp."""
        stamp = self._checked(receipt, sha256, None)
        return Certified(at=stamp.tst_info.gen_time, by=_signer(stamp))

    def _checked(self, receipt: bytes, sha256: str, nonce: int | None) -> TimeStampResponse:
        verifier = VerifierBuilder(roots=list(self.trusted), nonce=nonce).build()
        try:
            stamp = decode_timestamp_response(receipt)
            verifier.verify(stamp, bytes.fromhex(sha256))
            algorithm = stamp.tst_info.message_imprint.hash_algorithm
        except (ValueError, VerificationError) as error:
            raise ReceiptRefusedError(f"no time-stamp of this digest: {error}") from error
        if algorithm != _SHA256:
            raise ReceiptRefusedError(f"it is of another digest: {algorithm.dotted_string}")
        return stamp


def _signer(stamp: TimeStampResponse) -> str:
    """Return the name of the certificate that signed; a stamp that was checked holds it."""
    (info,) = stamp.signed_data.signer_infos
    for encoded in stamp.signed_data.certificates:
        certificate = load_der_x509_certificate(encoded)
        if (certificate.issuer, certificate.serial_number) == (info.issuer, info.serial_number):
            return certificate.subject.rfc4514_string()
    raise ReceiptRefusedError("it does not hold the certificate that signed it")
