"""The token issuer's public keys: from a file, or fetched from where it publishes them.

The invariant: nobody waits for the issuer but those whose token needs a key that is not here,
and in production no key of a local stack is believed, wherever it comes from. Keys that
were fetched are believed for five minutes, then asked for again; a key that is not among
them is asked for at once, but no more than once in ten seconds, whoever asks.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import jwt
import structlog

from shared.errors import IssuerUnavailable, Unauthenticated
from shared.settings import Settings

log = structlog.get_logger()

LOCAL = "acquit-local"  # the local stack's issuer, and the id of its key

_LIFETIME_SECONDS = 300
_PAUSE_SECONDS = 10
_TIMEOUT_SECONDS = 5


class LocalIssuerInProductionError(RuntimeError):
    """A production service is configured to believe a local stack's tokens: it won't start."""


class Issuer:
    """The keys of the configured issuer, by id."""

    def __init__(self, settings: Settings) -> None:
        """Read a file's keys; raise LocalIssuerInProductionError where they are a local stack's."""
        self._production = settings.environment == "production"
        if self._production and settings.auth_issuer == LOCAL:
            raise LocalIssuerInProductionError("AUTH_ISSUER is the local stack's")
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._client: jwt.PyJWKClient | None = None
        self._fetched_at = self._asked_at = float("-inf")
        self._answered = True  # when it was asked last
        self._asking = asyncio.Lock()
        url = urlparse(settings.auth_jwks_url)
        if url.scheme == "file":
            text = Path(unquote(url.path)).read_text("utf-8")
            self._believe(jwt.PyJWKSet.from_json(text).keys)
        else:
            self._client = jwt.PyJWKClient(settings.auth_jwks_url, timeout=_TIMEOUT_SECONDS)

    async def prepare(self) -> None:
        """Fetch the keys before the first token comes; an issuer that is away is asked then.

        Raises LocalIssuerInProductionError.
        """
        with suppress(IssuerUnavailable):
            await self._ask_for(None)

    async def key(self, key_id: str | None) -> Any:
        """Return the public key of an id.

        Raises Unauthenticated when it is not one of the issuer's, and IssuerUnavailable when
        nobody can tell, because the issuer does not answer.
        """
        await self._ask_for(key_id)
        if key_id not in self._keys:
            raise Unauthenticated(detail="the token's key is not one of the issuer's")
        return self._keys[key_id].key

    async def _ask_for(self, key_id: str | None) -> None:
        if self._client is None or self._has(key_id):
            return
        async with self._asking:
            if not self._has(key_id) and time.monotonic() >= self._asked_at + _PAUSE_SECONDS:
                await self._fetch(self._client)
        if not self._answered:
            raise IssuerUnavailable(retry_after_seconds=_PAUSE_SECONDS)

    def _has(self, key_id: str | None) -> bool:
        young = time.monotonic() < self._fetched_at + _LIFETIME_SECONDS
        return young and key_id in self._keys

    async def _fetch(self, client: jwt.PyJWKClient) -> None:
        """Ask the issuer, in a thread; an answer without keys is none."""
        self._answered = False
        try:
            self._believe(await asyncio.to_thread(client.get_signing_keys, refresh=True))
            self._answered, self._fetched_at = True, time.monotonic()
        except (jwt.PyJWTError, OSError, ValueError) as error:
            log.warning("issuer.unavailable", error=repr(error))
        finally:
            self._asked_at = time.monotonic()

    def _believe(self, keys: Sequence[jwt.PyJWK]) -> None:
        found: dict[str | None, jwt.PyJWK] = {key.key_id: key for key in keys}
        if self._production and LOCAL in found:
            raise LocalIssuerInProductionError("AUTH_JWKS_URL holds the local stack's key")
        self._keys = found
