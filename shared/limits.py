"""Limits on what a request may cost before anybody looks at it: the size and time of its body.

The body is read whole before anything else sees the request, so that one that is too large or
too slow holds nothing but its own connection, which is closed.
"""

import asyncio
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import BodyTooLarge, BodyTooSlow, Refusal
from shared.problems import refused

BODY_BYTES_MAX = 16_000_000  # 10,000 items of a bulk request, each with all its texts
BODY_SECONDS_MAX = 30.0
_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")


class BodyLimits:
    """Reads bodies up to a size and for a time, and hands them on whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body, or refuse it and close the connection."""
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                messages = await _read(scope, receive)
        except TimeoutError:
            refusal: Refusal = BodyTooSlow(seconds_max=int(BODY_SECONDS_MAX))
        except BodyTooLarge as too_large:
            refusal = too_large
        else:
            await self._app(scope, again(messages, receive), send)
            return
        scope.setdefault("state", {})
        response = refused(refusal, scope)
        response.headers["connection"] = "close"
        await response(scope, receive, send)


async def _read(scope: Scope, receive: Receive) -> list[Message]:
    stated = dict(scope["headers"]).get(b"content-length", b"0")
    left = BODY_BYTES_MAX
    if stated.isdigit() and int(stated) > left:
        raise BodyTooLarge(bytes_max=BODY_BYTES_MAX)
    messages: list[Message] = []
    while left >= 0:
        messages.append(await receive())
        left -= len(messages[-1].get("body", b""))
        if left >= 0 and not messages[-1].get("more_body"):
            return messages
    raise BodyTooLarge(bytes_max=BODY_BYTES_MAX)


def again(messages: Sequence[Message], receive: Receive) -> Receive:
    """Return a receiver that gives these messages again before it goes on."""
    waiting = iter(messages)

    async def receive_again() -> Message:
        return next(waiting, None) or await receive()

    return receive_again
