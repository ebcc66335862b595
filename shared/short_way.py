"""The short way: hot commands answered without the framework's machinery.

A request takes it when it is plainly in order: a route marked as hot, a token seen before
that carries the right, a JSON body that fits the route's model. Anything else goes,
untouched, to the published route, which alone says what is wrong. So the short way accepts
nothing that the route would not; what it answers, acceptance or refusal, is the same.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from shared.auth import LEDGER_PATTERN
from shared.errors import Overloaded
from shared.journal import Journal
from shared.messages import Header, success_header
from shared.problems import failed
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


@dataclass(frozen=True)
class Hot:
    """A route with a short way: its path holds `{ledger}`, and at most one UUID beside it.

    `begin` reads the request and returns what carries it out, which returns the JSON of the
    route's answer or fails as the route would. What `begin` raises sends the request the long way.
    """

    method: str
    path: str
    right: str
    status: int
    begin: Callable[[Asked], Awaitable[bytes]]

    @cached_property
    def head(self) -> tuple[Header, ...]:
        """Return the headers that are the same in all its acceptances: media type, message."""
        return (b"content-type", _JSON), *success_header(self.method, self.path)

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """Return what a request for it begins with: method and address."""
        path = self.path.replace("{ledger}", f"(?P<ledger>{LEDGER_PATTERN})")
        named = re.sub(r"/\{\w+\}", f"/(?P<name>{_NAME})", path)
        whole = named if named != path else path + "(?P<name>)"
        return re.compile(f"{self.method} {whole}".encode())


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    headers: Sequence[Header]
    body: bytes


class Begun(NamedTuple):
    """A request on the short way."""

    route: Hot
    context: Context
    at: float
    coming: Awaitable[bytes]


class ShortWay:
    """Answers hot requests; `state` is the application's: its tokens, journal and metrics."""

    def __init__(self, routes: Sequence[Hot], state: Any) -> None:
        self._state = state
        self._routes = [(route, route.pattern) for route in routes]

    def begin(
        self, method: bytes, url: bytes, headers: Mapping[bytes, bytes], body: bytes
    ) -> Begun | Answer | None:
        """Begin with a request; None where the published route is to answer it.

        Where more is asked than can be done the answer is there at once: refusing has to cost
        far less than accepting.
        """
        line = b"%s %s" % (method, url)
        for route, pattern in self._routes:
            if place := pattern.fullmatch(line):
                try:
                    self._state.journal.check_room()
                except Overloaded as refusal:
                    return self._failed(
                        refusal, route, correlation_of(headers), time.perf_counter()
                    )
                return self._begin(route, place, headers, body)
        return None

    def _begin(
        self, route: Hot, place: re.Match[bytes], headers: Mapping[bytes, bytes], body: bytes
    ) -> Begun | None:
        at = time.perf_counter()
        state, ledger = self._state, place["ledger"].decode()
        if headers.get(b"content-type") != _JSON:
            return None
        actor = state.tokens.remembered(headers.get(b"authorization", b"").decode("latin-1"))
        if actor is None or not actor.may(route.right, ledger):
            return None
        context = Context(actor.subject, correlation_of(headers))
        asked = Asked(state.journal, ledger, place["name"].decode(), context, body)
        try:
            return Begun(route, context, at, route.begin(asked))
        except Exception:  # noqa: BLE001 - in doubt, the published route says what is wrong
            return None

    async def answer(self, begun: Begun) -> Answer:
        """Carry a request out, and return its answer whatever becomes of it."""
        route, correlation_id = begun.route, begun.context.correlation_id
        try:
            body = await begun.coming
        except Exception as error:  # noqa: BLE001 - answered as the route would have
            return self._failed(error, route, correlation_id, begun.at)
        self._state.metrics.answered(route.method, route.path, "accepted", begun.at)
        headers = (
            *route.head,
            (b"content-length", b"%d" % len(body)),
            (b"x-correlation-id", str(correlation_id).encode()),
        )
        return Answer(route.status, headers, body)

    def _failed(self, error: Exception, route: Hot, correlation_id: UUID, at: float) -> Answer:
        response, outcome = failed(error, route.path, correlation_id)
        self._state.metrics.answered(route.method, route.path, outcome, at)
        named = (b"x-correlation-id", str(correlation_id).encode())
        return Answer(response.status_code, (*response.raw_headers, named), bytes(response.body))
