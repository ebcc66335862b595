"""Settings of a service: read once from the environment, passed down, never changed.

Each variable carries the service's prefix (`PAYMENTS_DATABASE_URL`). The local stack
and docker-compose.yml give the same names; a test holds the three against each other.
"""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every service needs to know of its surroundings."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_url: SecretStr = Field(description="application role, postgresql+asyncpg://…")
    owner_database_url: SecretStr | None = Field(
        default=None, description="owner role: only migrate needs it"
    )
    kafka_servers: str = Field(description="host:port, comma-separated")
    host: str = "127.0.0.1"
    port: int
    signing_key: SecretStr = Field(description="base64 of this service's Ed25519 seed")
    public_keys: dict[str, str] = Field(description="base64 Ed25519 public key of each service")
    auth_issuer: str
    auth_audience: str = "acquit"
    auth_jwks_url: str = Field(
        pattern="^(https?|file)://", description="https:// or file:// address of the issuer's keys"
    )
    journal_urls: dict[str, str] = Field(description="API base of each service, to refill holes")
    service_token: SecretStr = Field(description="bearer token with the right journal:read")
    environment: Literal["local", "production"] = "production"
    log_format: Literal["json", "console"] = "json"


def settings_of(service: str, kind: type[Settings] = Settings) -> Settings:
    """Read a service's settings; raise pydantic's ValidationError naming what is missing."""
    return kind(_env_prefix=f"{service.upper()}_")
