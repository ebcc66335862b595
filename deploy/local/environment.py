"""The environment of a service: the same names here, in docker-compose.yml and in its settings."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from deploy.local.keys import AUDIENCE, ISSUER, Secrets
from deploy.local.ports import HOST, socket_folder, urls

SERVICE_TOKEN_HOURS: Final = 10 * 365 * 24


def database_url(role: str, *, service: str, folder: Path, secrets: Secrets, port: int) -> str:
    """Return the address of a service's database for one of its two roles."""
    user = f"{role}:{secrets.passwords[role]}"
    if sockets := socket_folder(folder):
        place = urlencode({"host": sockets, "port": port})
        return f"postgresql+asyncpg://{user}@/acquit_{service}?{place}"
    return f"postgresql+asyncpg://{user}@{HOST}:{port}/acquit_{service}"


def environment(
    service: str, *, folder: Path, ports: Mapping[str, int], secrets: Secrets
) -> dict[str, str]:
    """Return the settings of a service as environment variables."""

    def database(role: str) -> str:
        port = ports["postgres"]
        return database_url(role, service=service, folder=folder, secrets=secrets, port=port)

    settings = {
        "DATABASE_URL": database(f"{service}_app"),
        "OWNER_DATABASE_URL": database(f"{service}_owner"),
        "KAFKA_SERVERS": f"{HOST}:{ports['kafka']}",
        "HOST": HOST,
        "PORT": str(ports[service]),
        "SIGNING_KEY": secrets.signing_seeds[service],
        "PUBLIC_KEYS": json.dumps(secrets.public_keys()),
        "AUTH_ISSUER": ISSUER,
        "AUTH_AUDIENCE": AUDIENCE,
        "AUTH_JWKS_URL": (folder / "jwks.json").as_uri(),
        "JOURNAL_URLS": json.dumps(urls(ports)),
        "SERVICE_TOKEN": service_token(service, secrets),
        "ENVIRONMENT": "local",
        "LOG_FORMAT": "console",
    }
    if service == "payments":
        settings["DIGITAL_SOURCES"] = json.dumps(secrets.digital_sources())
    if service == "archive":
        settings["THIRD_PARTIES"] = os.environ.get("ARCHIVE_THIRD_PARTIES", "{}")
        settings["WORK_FOLDER"] = str(folder)
    return {f"{service.upper()}_{name}": value for name, value in settings.items()}


def service_token(service: str, secrets: Secrets) -> str:
    """Return the token with which a service reads the others' journals."""
    rights = {"*": ["journal:read"]}
    return secrets.mint_token(f"service:{service}", rights, hours=SERVICE_TOKEN_HOURS)
