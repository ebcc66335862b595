"""A time-stamping authority and a depository for tests: real signatures, over real HTTP.

Both are servers of the standard library on 127.0.0.1, with keys of their own. They answer as
RFC 3161 and `services/archive/third_parties/depository.py` say, unless a test asks them not to.
"""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typing_extensions import override

_YEAR = timedelta(days=365)
Answer = tuple[int, bytes]


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    """Issue a certificate: of a certification authority, or good for time-stamps alone."""
    present = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(present - _YEAR)
        .not_valid_after(present + _YEAR)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )
    if not authority:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(purpose, critical=True)
    return made.sign(issuer_key, SHA256())


class Authority:
    """A time-stamping authority with a root certificate of its own."""

    def __init__(self, name: str = "Horodatage de test") -> None:
        self.name = name
        self.gen_time: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._key = ec.generate_private_key(ec.SECP256R1())
        root_key = ec.generate_private_key(ec.SECP256R1())
        root = f"{name}, racine"
        self._root = certificate(root, root_key, root, root_key, authority=True)
        self._certificate = certificate(name, self._key, root, root_key, authority=False)

    @property
    def root_pem(self) -> str:
        return self._root.public_bytes(Encoding.PEM).decode()

    def stamp(self, request: bytes) -> bytes:
        """Answer a TimeStampReq with a token that is granted."""
        asked = tsp.TimeStampReq.load(request, strict=True)
        assert asked.native["version"] == "v1"
        assert asked["cert_req"].native
        return self.stamped(asked["message_imprint"], asked["nonce"].native)

    def stamp_of(self, sha256: str) -> bytes:
        """Return an answer for a digest that nobody asked about."""
        imprint = tsp.MessageImprint(
            {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes.fromhex(sha256)}
        )
        return self.stamped(imprint, None)

    def stamped(self, imprint: tsp.MessageImprint, nonce: int | None) -> bytes:
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": "1.3.6.1.4.1.99999.1",
                "message_imprint": imprint,
                "serial_number": x509.random_serial_number() >> 1,
                "gen_time": self.gen_time(),
                **({} if nonce is None else {"nonce": nonce}),
            }
        ).dump()
        token = cms.ContentInfo({"content_type": "signed_data", "content": self._signed(info)})
        granted = {"status": {"status": "granted"}, "time_stamp_token": token}
        return bytes(tsp.TimeStampResp(granted).dump())

    def _signed(self, info: bytes) -> cms.SignedData:
        der = self._certificate.public_bytes(Encoding.DER)
        signer = asn1.Certificate.load(der)
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", "tst_info"),
                _attribute("message_digest", hashlib.sha256(info).digest()),
                _attribute(
                    "signing_certificate_v2",
                    tsp.SigningCertificateV2(
                        {"certs": [{"cert_hash": hashlib.sha256(der).digest()}]}
                    ),
                ),
            ]
        )
        signature = self._key.sign(attributes.dump(), ec.ECDSA(SHA256()))
        digest = algos.DigestAlgorithm({"algorithm": "sha256"})
        issuer = {"issuer": signer.issuer, "serial_number": signer.serial_number}
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [digest],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(info),
                },
                "certificates": [signer],
                "signer_infos": [
                    {
                        "version": "v1",
                        "sid": cms.IssuerAndSerialNumber(issuer),
                        "digest_algorithm": digest,
                        "signed_attrs": attributes,
                        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                        "signature": signature,
                    }
                ],
            }
        )


def _attribute(kind: str, value: Any) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


@dataclass
class Vault:
    """A depository that keeps packages in memory."""

    token: str = "let-me-in"
    name: str = "Coffre de test"
    kept: dict[str, bytes] = field(default_factory=dict)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public_key(self) -> str:
        return base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def keep(self, path: str, content: bytes, headers: Any) -> Answer:
        """Keep a package, and give the receipt for what was kept."""
        if headers["authorization"] != f"Bearer {self.token}":
            return 401, b""
        digest = hashlib.sha256(content)
        if headers["content-digest"] != f"sha-256=:{base64.b64encode(digest.digest()).decode()}:":
            return 422, b""
        self.kept[path] = content
        return 201, self.receipt(digest.hexdigest()).encode()

    def receipt(self, sha256: str, **claims: Any) -> str:
        known = {"iss": self.name, "iat": int(datetime.now(UTC).timestamp()), "sha256": sha256}
        return jwt.encode(known | claims, self.key, algorithm="EdDSA")


@contextmanager
def answering(answer: Callable[[str, bytes, Any], Answer]) -> Iterator[str]:
    """Serve GET, POST and PUT on 127.0.0.1 for as long as the block; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, body = answer(self.path, content, self.headers)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the library's names

        @override
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
