"""The stack's own secrets: made on first start, kept in one file that only its owner reads.

They hold one Ed25519 key per service for sealing, the key of the local token issuer, and
the passwords of the database roles. None of them is good for anything but this stack.
"""

import hashlib
import json
import secrets
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.errors import StackError
from shared.names import SERVICES

ISSUER: Final = "acquit-local"
KEY_ID: Final = "acquit-local"  # a service in production refuses it by this name
AUDIENCE: Final = "acquit"
SUPERUSER: Final = "postgres"
SECONDS_PER_HOUR: Final = 3_600


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Seeds are base64 of 32 bytes; passwords are named by database role."""

    issuer_seed: str
    signing_seeds: dict[str, str]
    passwords: dict[str, str]

    @classmethod
    def fresh(cls) -> "Secrets":
        """Make new secrets."""
        roles = [f"{service}_{kind}" for service in SERVICES for kind in ("owner", "app")]
        return cls(
            issuer_seed=_seed(),
            signing_seeds={service: _seed() for service in SERVICES},
            passwords={role: secrets.token_hex(16) for role in (SUPERUSER, *roles)},
        )

    @classmethod
    def of(cls, folder: Path) -> "Secrets":
        """Read the secrets of a stack's folder, or make and keep them there."""
        path = folder / "secrets.json"
        if not path.exists():
            made = cls.fresh()
            write_private(path, json.dumps(asdict(made), indent=2))
            return made
        try:
            return cls(**json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError) as error:
            raise StackError(
                f"{path} is damaged ({error}): restore it, or delete the whole folder to start anew"
            ) from None

    def public_keys(self) -> dict[str, str]:
        """Return the public key of each service, in base64."""
        seeds = self.signing_seeds.items()
        return {service: b64encode(_public_bytes(seed)).decode() for service, seed in seeds}

    def digital_sources(self) -> dict[str, str]:
        """Return the secret of the local source of digital payments, which is good in any ledger.

        It follows from the issuer's key, so that a folder made before there were sources has one.
        """
        digest = hashlib.sha256(b"digital source" + b64decode(self.issuer_seed)).digest()
        return {"*/local": f"whsec_{b64encode(digest).decode()}"}

    def jwks(self) -> str:
        """Return the token issuer's public key as a JSON Web Key Set."""
        point = urlsafe_b64encode(_public_bytes(self.issuer_seed)).rstrip(b"=").decode()
        key = {"kty": "OKP", "crv": "Ed25519", "x": point, "alg": "EdDSA", "use": "sig"}
        return json.dumps({"keys": [{**key, "kid": KEY_ID}]})

    def mint_token(self, subject: str, rights: Mapping[str, Sequence[str]], hours: float) -> str:
        """Return a bearer token for the subject; rights are named per ledger, `*` for all."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + int(hours * SECONDS_PER_HOUR),
            "rights": {ledger: list(granted) for ledger, granted in rights.items()},
        }
        key = _key(self.issuer_seed)
        return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": KEY_ID})


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, "utf-8")
    draft.replace(path)


def _seed() -> str:
    return b64encode(secrets.token_bytes(32)).decode()


def _key(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(b64decode(seed))


def _public_bytes(seed: str) -> bytes:
    return _key(seed).public_key().public_bytes_raw()
