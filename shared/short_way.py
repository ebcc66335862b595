"""The short way: hot commands answered without the framework's machinery.

A request takes it when it is plainly in order: a route marked as hot, a token seen before
that carries the right, a JSON body that fits the route's model. Anything else goes on,
untouched, to the published route, which alone says what is wrong. So the short way accepts
nothing that the route would not; what it answers, acceptance or refusal, is the same.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.auth import LEDGER_PATTERN, Tokens
from shared.errors import Refusal
from shared.journal import Journal
from shared.limits import again
from shared.problems import refused
from shared.seal import Context

_JSON = b"application/json"


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
    """A route with a short way: its path holds `{ledger}`, and at most one name beside it.

    `answer` returns the JSON of the route's answer; it raises pydantic's ValidationError for
    a request that has to go the long way, and any Refusal.
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
        return re.compile(re.sub(r"/\{\w+\}", "/(?P<name>[^/]+)", path))


class ShortWay:
    """Answers hot routes, and passes on all else."""

    def __init__(self, app: ASGIApp, state: Any, routes: Sequence[Hot]) -> None:
        self._app = app
        self._state = state
        self._routes = [(route, route.pattern) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on as it came."""
        if scope["type"] == "http":
            for route, pattern in self._routes:
                if route.method == scope["method"] and (place := pattern.fullmatch(scope["path"])):
                    await self._answer(route, place.groupdict(), scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _answer(
        self, route: Hot, place: dict[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        body = b"".join(message.get("body", b"") for message in messages)
        asked = self._asked(route, place, scope, body)
        if asked:
            try:
                answer = await route.answer(asked)
            except Refusal as refusal:
                response = refused(refusal, scope)
                await response(scope, receive, send)
                return
            except ValidationError:
                pass
            else:
                scope["route"] = route
                await _send_json(send, route.status, answer)
                return
        await self._app(scope, again(messages, receive), send)

    def _asked(self, route: Hot, place: dict[str, str], scope: Scope, body: bytes) -> Asked | None:
        headers = dict(scope["headers"])
        if headers.get(b"content-type") != _JSON:
            return None
        tokens: Tokens = self._state.tokens
        actor = tokens.remembered(headers.get(b"authorization", b"").decode("latin-1"))
        if actor is None or not actor.may(route.right, place["ledger"]):
            return None
        context = Context(actor.subject, scope["state"]["correlation_id"])
        name = place.get("name", "")
        return Asked(self._state.journal, place["ledger"], name, context, body)


async def _send_json(send: Send, status: int, body: bytes) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", _JSON), (b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
