"""Settings of payments, beside those every service has."""

from base64 import b64decode

from pydantic import Field, SecretStr, field_validator

from shared import settings

_KEY_BYTES_MIN = 16


class Settings(settings.Settings):
    """What payments needs to know of its surroundings."""

    digital_sources: dict[str, SecretStr] = Field(
        default={}, description="secret of each digital source: whsec_… by ledger/source, */source"
    )

    @field_validator("digital_sources")
    @classmethod
    def _are_keys(cls, sources: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for secret in sources.values():
            key_of(secret)
        return sources


def key_of(secret: SecretStr) -> bytes:
    """Return the bytes that a source signs with; raise ValueError if the secret holds none."""
    key = b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)
    if len(key) < _KEY_BYTES_MIN:
        raise ValueError("a source's secret is the base64 of 16 bytes at least")
    return key
