"""Settings of the archive, beside those every service has: whom packages are handed to."""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate, load_pem_x509_certificates
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from shared import settings

_HTTP = "^https?://"
_NAME = "^[a-z0-9][a-z0-9-]{0,39}$"


class _Party(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=_HTTP)
    active: bool = Field(default=True, description="false: only receipts that there are count")


class TimestampSettings(_Party):
    """A time-stamping authority (RFC 3161)."""

    kind: Literal["timestamp"]
    certificates: str = Field(description="PEM of the certificates that its signatures lead to")

    @field_validator("certificates")
    @classmethod
    def _are_certificates(cls, pem: str) -> str:
        certificates_in(pem)
        return pem


class DepositorySettings(_Party):
    """A third party that keeps packages (tiers archiveur)."""

    kind: Literal["depository"]
    token: SecretStr
    public_key: str = Field(description="base64 of the Ed25519 key that signs its receipts")

    @field_validator("public_key")
    @classmethod
    def _is_key(cls, text: str) -> str:
        key_in(text)
        return text


PartySettings = Annotated[TimestampSettings | DepositorySettings, Field(discriminator="kind")]
PartyName = Annotated[str, Field(pattern=_NAME)]


class Settings(settings.Settings):
    """What the archive needs to know of its surroundings."""

    third_parties: dict[PartyName, PartySettings] = Field(
        default={}, description="whom packages of closed periods are handed to, by name"
    )
    work_folder: Path = Field(
        default=Path("/tmp"),  # noqa: S108 - a package there bears a name that nobody can guess
        description="where a package is while it is made: room for the largest is needed",
    )


def certificates_in(pem: str) -> list[Certificate]:
    """Return the certificates of a PEM text; raise ValueError where there is none."""
    return load_pem_x509_certificates(pem.encode())


def key_in(text: str) -> Ed25519PublicKey:
    """Return the public key of its base64; raise ValueError if it is none."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except binascii.Error as error:
        raise ValueError(f"not the base64 of a key: {error}") from error
