"""The short way: hot commands answered without the framework's machinery.

A request takes it when it is plainly in order: a route marked as hot, a token seen before
that carries the right, a JSON body that fits the route's model. Anything else goes on,
untouched, to the published route, which alone says what is wrong. So the short way accepts
nothing that the route would not; what it answers, acceptance or refusal, is the same.
"""

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth import LEDGER_PATTERN, Tokens
from shared.errors import Refusal
from shared.journal import Journal
from shared.limits import again
from shared.problems import refused
from shared.seal import Context
from shared.web import correlation_of

_JSON = b"application/json"
_NAME = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # a UUID as everybody writes it


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is in order: where, by whom, what."""

    journal: Journal
    ledger: str
    name: str
    context: Context
    body: bytes


@dataclass(frozen=True, slots=True)
class Hot:
    """A route with a short way: its path holds `{ledger}`, and at most one UUID beside it.

    `answer` returns the JSON of the route's answer, or raises the Refusal. Whatever else it
    raises sends the request the long way; it names what it makes, so asking again is harmless.
    """

    method: str
    path: str
    right: str
    status: int
    answer: Callable[[Asked], Awaitable[bytes]]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Return what its whole path looks like."""
        path = self.path.replace("{ledger}", f"(?P<ledger>{LEDGER_PATTERN})")
        named = re.sub(r"/\{\w+\}", f"/(?P<name>{_NAME})", path)
        return re.compile(named if named != path else path + "(?P<name>)")


class ShortWay:
    """Answers hot routes before the framework sees them, and passes on all else."""

    def __init__(self, app: ASGIApp, state: Any, routes: Sequence[Hot]) -> None:
        self._app = app
        self._state = state
        self._routes = [(route, route.pattern) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on as it came."""
        if scope["type"] == "http":
            for route, pattern in self._routes:
                if route.method == scope["method"] and (place := pattern.fullmatch(scope["path"])):
                    await self._answer(route, place, scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _answer(
        self, route: Hot, place: re.Match[str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        started = time.perf_counter()
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        asked = self._asked(route, place, scope, messages)
        answer = await _carry_out(route, asked, scope) if asked else None
        if asked is None or answer is None:
            await self._app(scope, again(messages, receive), send)
            return
        headers = [
            *answer.headers,
            (b"x-correlation-id", str(asked.context.correlation_id).encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        self._state.metrics.answered(route.method, route.path, answer.outcome, started)

    def _asked(
        self, route: Hot, place: re.Match[str], scope: Scope, messages: Sequence[Message]
    ) -> Asked | None:
        headers = dict(scope["headers"])
        if headers.get(b"content-type") != _JSON or messages[-1]["type"] != "http.request":
            return None
        ledger = place["ledger"]
        tokens: Tokens = self._state.tokens
        actor = tokens.remembered(headers.get(b"authorization", b"").decode("latin-1"))
        if actor is None or not actor.may(route.right, ledger):
            return None
        context = Context(actor.subject, correlation_of(headers))
        body = b"".join([message.get("body", b"") for message in messages])
        return Asked(self._state.journal, ledger, place["name"], context, body)


class _Answer(NamedTuple):
    """What is sent back, and the name under which it is counted."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]]
    outcome: str


async def _carry_out(route: Hot, asked: Asked, scope: Scope) -> _Answer | None:
    """Return the answer, or None where the published route is to give it."""
    try:
        body = await route.answer(asked)
    except Refusal as refusal:
        scope.setdefault("state", {})
        response = refused(refusal, scope)
        return _Answer(
            response.status_code, bytes(response.body), response.raw_headers, refusal.code()
        )
    except Exception:  # noqa: BLE001 - in doubt, the published route says what is wrong
        return None
    headers = [(b"content-type", _JSON), (b"content-length", str(len(body)).encode())]
    return _Answer(route.status, body, headers, "accepted")
