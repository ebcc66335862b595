"""If these failed, an issuer that is slow or away would stand in everybody's way."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr, ValidationError
from typing_extensions import override

from deploy.local.keys import Secrets
from services.payments.service import SERVICE
from shared import issuer
from shared.auth import Tokens
from shared.dates import now
from shared.errors import IssuerUnavailable, Unauthenticated
from shared.issuer import LOCAL, LocalIssuerInProductionError
from shared.service import create_app
from shared.settings import Settings
from tests.shared.shelf import constant, until

NAME = "https://id.example"
NOTHING = SecretStr("")


class Publisher:
    """An issuer that publishes its keys over HTTP, when it is not asked to wait."""

    def __init__(self) -> None:
        self.keys = {"one": Ed25519PrivateKey.generate()}
        self.asked = 0
        self.status = 200
        self.free = threading.Event()
        self.free.set()

    def token(self, key_id: str = "one", **claims: Any) -> str:
        """Return a token signed with a key of ours, or with a stranger's."""
        key = self.keys.get(key_id) or Ed25519PrivateKey.generate()
        known = {"iss": NAME, "aud": "acquit", "sub": "alice", "exp": now().timestamp() + 600}
        return jwt.encode(known | claims, key, algorithm="EdDSA", headers={"kid": key_id})

    def answer(self) -> bytes:
        self.asked += 1
        assert self.free.wait(30)
        keys = [
            json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key())) | {"kid": key_id}
            for key_id, key in self.keys.items()
        ]
        return json.dumps({"keys": keys}).encode()


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def settings(publisher: Publisher) -> Iterator[Settings]:
    """Return the settings of a deployed service whose issuer is the publisher."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = publisher.answer()
            self.send_response(publisher.status)
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=[0.01])
        serving.start()
        yield Settings(
            database_url=SecretStr("postgresql+asyncpg://nobody@localhost/nothing"),
            kafka_servers="",
            port=1,
            signing_key=NOTHING,
            public_keys={},
            auth_issuer=NAME,
            auth_jwks_url=f"http://127.0.0.1:{server.server_port}/keys",
            journal_urls={},
            service_token=NOTHING,
        )
        server.shutdown()
        serving.join()


# ── who is believed ─────────────────────────────────────────────────────────────


async def test_waiting_for_the_issuer_stops_nothing_else(
    publisher: Publisher, settings: Settings
) -> None:
    publisher.free.clear()
    tokens = Tokens(settings)
    asking = [asyncio.create_task(tokens.actor(publisher.token(jti=str(i)))) for i in range(20)]
    await until(lambda: publisher.asked)
    assert not any(task.done() for task in asking)
    publisher.free.set()
    assert {actor.subject for actor in await asyncio.gather(*asking)} == {"alice"}
    assert publisher.asked == 1


async def test_a_new_key_is_fetched_when_a_token_names_it(
    publisher: Publisher, settings: Settings
) -> None:
    tokens = Tokens(settings)
    await tokens.actor(publisher.token())
    publisher.keys["two"] = Ed25519PrivateKey.generate()
    with constant(issuer, "_PAUSE_SECONDS", 0):
        assert (await tokens.actor(publisher.token("two"))).subject == "alice"
    assert publisher.asked == 2


async def test_tokens_of_strangers_do_not_make_us_ask_again_and_again(
    publisher: Publisher, settings: Settings
) -> None:
    tokens = Tokens(settings)
    await tokens.issuer.prepare()
    for number in range(10):
        with pytest.raises(Unauthenticated):
            await tokens.actor(publisher.token(f"stranger {number}"))
    assert publisher.asked == 1


async def test_a_key_that_the_issuer_withdrew_is_forgotten_in_time(
    publisher: Publisher, settings: Settings
) -> None:
    tokens = Tokens(settings)
    early, late = publisher.token(jti="early"), publisher.token(jti="late")
    await tokens.actor(early)
    publisher.keys = {"two": Ed25519PrivateKey.generate()}
    with (
        constant(issuer, "_LIFETIME_SECONDS", 0),
        constant(issuer, "_PAUSE_SECONDS", 0),
        pytest.raises(Unauthenticated),
    ):
        await tokens.actor(late)


@pytest.mark.parametrize("status", [200, 500])
async def test_an_issuer_that_does_not_answer_is_503_and_asked_again_later(
    publisher: Publisher, settings: Settings, status: int
) -> None:
    """An answer without keys is none either."""
    publisher.status, keys, token = status, publisher.keys, publisher.token()
    publisher.keys = {}
    app = create_app(SERVICE, settings, follow=False)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://payments") as client:
        for _ in range(3):
            answer = await client.get(
                "/v1/ledgers/demo/payments", headers={"authorization": f"Bearer {token}"}
            )
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
            assert answer.json()["type"] == "/problems/issuer-unavailable"
    assert publisher.asked == 1
    publisher.status, publisher.keys = 200, keys
    with constant(issuer, "_PAUSE_SECONDS", 0):
        assert (await app.state.tokens.actor(token)).subject == "alice"


async def test_keys_at_hand_are_believed_while_the_issuer_is_away(
    publisher: Publisher, settings: Settings
) -> None:
    tokens = Tokens(settings)
    await tokens.issuer.prepare()
    publisher.status = 500
    with constant(issuer, "_PAUSE_SECONDS", 0), pytest.raises(IssuerUnavailable):
        await tokens.actor(publisher.token("new"))
    assert (await tokens.actor(publisher.token())).subject == "alice"


# ── who is not believed in production ───────────────────────────────────────────


async def test_production_refuses_the_local_issuer_by_its_name(settings: Settings) -> None:
    local = settings.model_copy(update={"auth_issuer": LOCAL})
    with pytest.raises(LocalIssuerInProductionError):
        Tokens(local)
    Tokens(local.model_copy(update={"environment": "local"}))


async def test_production_refuses_the_local_key_in_a_file(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(Secrets.fresh().jwks(), "utf-8")
    with pytest.raises(LocalIssuerInProductionError):
        Tokens(settings.model_copy(update={"auth_jwks_url": file.as_uri()}))


async def test_production_refuses_the_local_key_over_http(
    publisher: Publisher, settings: Settings
) -> None:
    publisher.keys[LOCAL] = Ed25519PrivateKey.generate()
    with pytest.raises(LocalIssuerInProductionError):
        await Tokens(settings).issuer.prepare()


async def test_a_service_starts_although_its_issuer_is_away(
    publisher: Publisher, settings: Settings
) -> None:
    publisher.status = 503
    await Tokens(settings).issuer.prepare()
    assert publisher.asked == 1


def test_an_address_of_keys_that_is_none_is_named(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="auth_jwks_url"):
        Settings.model_validate(settings.model_dump() | {"auth_jwks_url": "jwks.json"})
