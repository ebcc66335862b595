"""Problems: how a refusal, a malformed request or a defect is answered (RFC 9457)."""

from typing import Any
from uuid import UUID

import orjson
import structlog
from asyncpg import PostgresError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from shared.database import passes
from shared.errors import (
    BodyTooLarge,
    BodyTooSlow,
    Forbidden,
    HeadTooLarge,
    HeadTooSlow,
    IssuerUnavailable,
    Malformed,
    NotFound,
    Overloaded,
    Refusal,
    Unauthenticated,
    Unavailable,
)
from shared.messages import NAME, encoded, problem_message

log = structlog.get_logger()

PROBLEM = "application/problem+json"
_INTEGER_MAX = 2**63 - 1  # what an answer can carry
_DEFECT = 500
_UNREADABLE = 400  # how the framework answers a body that it could not parse at all
_NO_TEXT = ("22021", "22P05")  # SQLSTATE: bytes, or an escape, that no text of the database holds
_ALWAYS: tuple[type[Refusal], ...] = (
    Malformed,
    Unauthenticated,
    Forbidden,
    Unavailable,
    Overloaded,
    IssuerUnavailable,
    HeadTooLarge,
    HeadTooSlow,
    BodyTooLarge,
    BodyTooSlow,
)


class Problem(BaseModel):
    """What went wrong (RFC 9457), with the facts that explain it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    message: str = Field(description="What people read: one sentence, in French")


def problems(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """Declare the problems a route can answer, beside those every route can."""
    every = (*refusals, *_ALWAYS)
    by_status: dict[int, dict[str, type[Refusal]]] = {}
    for refusal in every:
        by_status.setdefault(refusal.status, {})[refusal.code()] = refusal
    return {
        status: {
            "model": Problem,
            "description": "; ".join(f"{r.title()} (`{code}`)" for code, r in found.items()),
            "content": {
                PROBLEM: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {
                        code: {
                            "value": {
                                "type": f"/problems/{code}",
                                "title": r.title(),
                                "status": status,
                                "message": r.message(),
                            }
                        }
                        for code, r in found.items()
                    },
                }
            },
        }
        for status, found in sorted(by_status.items())
    }


def rendered(refusal: Refusal) -> Response:
    """Render a refusal as its problem."""
    headers = {NAME: encoded(refusal.message())}
    if "retry_after_seconds" in refusal.facts:
        headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
    if isinstance(refusal, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(refusal.problem()), refusal.status, headers, PROBLEM)


def failed(error: Exception, path: str, correlation_id: UUID) -> tuple[Response, str]:
    """Note that a request failed; return what says why, and the name it is counted under."""
    refusal = _refusal_of(error)
    if refusal is None:
        log.error("request.failed", path=path, exc_info=error)
        return _defect(correlation_id), str(_DEFECT)
    if refusal is not error:
        log.warning("request.refused", code=refusal.code(), path=path, error=repr(error))
    elif not isinstance(refusal, Overloaded):  # counted; a line would cost more than refusing
        log.info("request.refused", code=refusal.code(), path=path)
    return rendered(refusal), refusal.code()


def _refusal_of(error: Exception) -> Refusal | None:
    """Return the refusal that says what an error means; None where it is a defect."""
    if isinstance(error, Refusal):
        return error
    if getattr(getattr(error, "orig", error), "sqlstate", None) in _NO_TEXT:
        return Malformed(detail="a text holds no NUL character")
    return Unavailable(retry_after_seconds=1) if passes(error) else None


def _defect(correlation_id: UUID) -> Response:
    title = "This is a defect of the service; it was logged under the correlation id."
    message = problem_message("defect", title)
    body = {
        "type": "/problems/defect",
        "title": title,
        "status": _DEFECT,
        "message": message,
        "correlation_id": str(correlation_id),
    }
    return Response(orjson.dumps(body), _DEFECT, {NAME: encoded(message)}, PROBLEM)


async def _on_failure(request: Request, error: Exception) -> Response:
    state = request.state
    response, state.outcome = failed(error, request.url.path, state.correlation_id)
    return response


async def _on_malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    request.state.outcome = Malformed.code()
    return rendered(Malformed(errors=[plain_error(e) for e in error.errors()]))


def plain_error(error: Any) -> dict[str, Any]:
    """Return where in the request something is wrong, what was found and what was expected."""
    found = error.get("input")
    if isinstance(found, str):
        found = _sayable(found)
    elif isinstance(found, int) and abs(found) > _INTEGER_MAX:
        found = "an integer of more than 64 bits"
    return {
        "where": _sayable(".".join(str(part) for part in error["loc"])),
        "found": found if isinstance(found, str | int | bool | None) else type(found).__name__,
        "expected": error["msg"],
    }


def _sayable(text: str) -> str:
    """Return a text that an answer can carry: JSON's escapes may name half a character."""
    return text.encode("utf-8", "replace").decode()


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == NotFound.status:
        return rendered(NotFound(detail="no such address"))
    if error.status_code == _UNREADABLE:
        request.state.outcome = Malformed.code()
        return rendered(Malformed(detail=error.detail))
    message = problem_message(error.detail.lower().replace(" ", "-"), error.detail)
    body = {
        "type": "about:blank",
        "title": error.detail,
        "status": error.status_code,
        "message": message,
    }
    headers = {**(error.headers or {}), NAME: encoded(message)}
    return Response(orjson.dumps(body), error.status_code, headers, PROBLEM)


def answer_problems(app: FastAPI) -> None:
    """Make the application answer every failure with a problem."""
    for kind in (Refusal, SQLAlchemyError, PostgresError, OSError, Exception):
        app.add_exception_handler(kind, _on_failure)
    app.add_exception_handler(RequestValidationError, _on_malformed)
    app.add_exception_handler(HTTPException, _on_http_error)
