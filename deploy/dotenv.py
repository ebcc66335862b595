"""The secrets of docker-compose.yml, for a trial on one machine.

`python -m deploy.dotenv > .env` writes those of the local stack's folder, which are made if
there are none, so that `acquit token` mints tokens for both. A deployment has its own secrets
and its own token issuer: `.env.example` says what each variable is.
"""

import json
import sys
from pathlib import Path

from deploy.local.control import DEFAULT_FOLDER
from deploy.local.environment import service_token
from deploy.local.keys import ISSUER, SUPERUSER, Secrets
from shared.names import SERVICES


def variables(secrets: Secrets) -> dict[str, str]:
    """Return the variables that docker-compose.yml reads."""
    common = {
        "ACQUIT_ENVIRONMENT": "local",
        "ACQUIT_AUTH_ISSUER": ISSUER,
        "ACQUIT_AUTH_JWKS_URL": "file:///etc/acquit/jwks.json",
        "ACQUIT_JWKS": secrets.jwks(),
        "ACQUIT_PUBLIC_KEYS": json.dumps(secrets.public_keys()),
        "PAYMENTS_DIGITAL_SOURCES": json.dumps(secrets.digital_sources()),
        "ARCHIVE_THIRD_PARTIES": "{}",
        "POSTGRES_PASSWORD": secrets.passwords[SUPERUSER],
    }
    for service in SERVICES:
        own = {
            "OWNER_PASSWORD": secrets.passwords[f"{service}_owner"],
            "APP_PASSWORD": secrets.passwords[f"{service}_app"],
            "SIGNING_KEY": secrets.signing_seeds[service],
            "SERVICE_TOKEN": service_token(service, secrets),
        }
        common |= {f"{service.upper()}_{name}": value for name, value in own.items()}
    return common


def main(folder: Path) -> None:
    """Print the variables as an `.env` file."""
    lines = [f"{name}='{value}'\n" for name, value in variables(Secrets.of(folder)).items()]
    sys.stdout.writelines(lines)


if __name__ == "__main__":
    main(DEFAULT_FOLDER)
