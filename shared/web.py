"""HTTP for every service: health, metrics, a correlation id in and out, a message with success.

A request's `X-Correlation-Id` (a UUID; made if absent) goes into its entries, its log
lines and its answer. `/livez` says the process runs; `/readyz` says it can do its work.
"""

import re
import time
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import generate_latest
from pydantic import BaseModel, ConfigDict
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import messages
from shared.auth import Actor
from shared.ids import read_id
from shared.journal import Journal
from shared.new_ids import random_id
from shared.problems import PROBLEM
from shared.seal import Context
from shared.telemetry import Metrics

_ERROR_STATUS = 400
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def declare_messages(service: str, document: dict[str, Any]) -> None:
    """Declare in a service's OpenAPI document which answers carry a message, and what it says."""
    every = document["components"].setdefault("headers", {})
    every[messages.NAME] = _declared("The problem's `message`", "Session absente.")
    said = messages.COMMANDS.get(service, {})
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            own = f"{method.upper()} {path}"
            texts = [text for name, text in said.items() if f"{name} ".startswith(f"{own} ")]
            for response in operation["responses"].values():
                if PROBLEM in response.get("content", {}):
                    refers = {"$ref": f"#/components/headers/{messages.NAME}"}
                    response["headers"] = {messages.NAME: refers}
                elif texts:
                    response["headers"] = {messages.NAME: _declared(" / ".join(texts), texts[0])}


def _declared(says: str, example: str) -> dict[str, Any]:
    return {
        "description": f"{says} (UTF-8, percent-encoded as in RFC 8187)",
        "schema": {"type": "string"},
        "example": messages.encoded(example),
    }


class Body(BaseModel):
    """A request's body: unknown fields are refused, so that a typo is not silently lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """An answer's body, read from rows or facts."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Correlation:
    """Gives every request a correlation id, its log lines too, and measures the answer.

    What carries a command out also gets the sentence that says so; a problem brings its own.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the id out with the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = correlation_of(dict(scope["headers"]))
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        named = str(correlation_id)
        structlog.contextvars.bind_contextvars(correlation_id=named)
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = _said(scope) if status < _ERROR_STATUS else ()
                named_so = (b"x-correlation-id", named.encode())
                message["headers"] = [*message["headers"], named_so, *said]
            await send(message)

        await self._app(scope, receive, send_with_id)
        if scope["method"] in ("PUT", "POST"):
            default = "accepted" if status < _ERROR_STATUS else str(status)
            outcome = scope["state"].get("outcome", default)
            self._metrics.answered(scope["method"], _path_of(scope), outcome, started)


def _path_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unknown")


def _said(scope: Scope) -> tuple[messages.Header, ...]:
    return messages.success_header(scope["method"], _path_of(scope), *scope["state"].get("say", ()))


def say(request: Request, outcome: str) -> None:
    """Let the answer carry the sentence of this outcome instead of the command's usual one."""
    request.state.say = (outcome,)


def correlation_of(headers: Mapping[bytes, bytes]) -> UUID:
    """Return the correlation id that a request's headers give, or a new one."""
    given = headers.get(b"x-correlation-id")
    if given is None:
        return random_id()
    found = given.decode("latin-1").lower()
    return read_id(found) if _UUID.fullmatch(found) else random_id()


def context_of(request: Request, actor: Actor) -> Context:
    """Return who asks, and under which correlation id."""
    return Context(actor.subject, request.state.correlation_id)


def json_response(body: bytes) -> Response:
    """Answer with JSON that is written already; the route's `response_model` describes it."""
    return Response(body, media_type="application/json")


async def _journal(request: Request) -> Journal:
    journal: Journal = request.app.state.journal
    return journal


JournalOf = Annotated[Journal, Depends(_journal)]

health = APIRouter(tags=["health"])


@health.get("/livez", summary="The process runs")
async def livez() -> dict[str, str]:
    """Answer as long as the event loop turns."""
    return {"status": "alive"}


@health.get("/readyz", summary="The service can do its work")
async def readyz(request: Request, response: Response) -> dict[str, Any]:
    """Check database, relay and followers; 503 and the reasons when any fails."""
    report: dict[str, Any] = await request.app.state.readiness()
    response.status_code = 200 if report["ready"] else 503
    return report


@health.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Return the process's signals."""
    return Response(generate_latest(request.app.state.metrics.registry), media_type="text/plain")
