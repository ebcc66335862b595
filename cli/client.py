"""A client of the services' public APIs that retries as they document it.

Every request names what it makes, so that it can be sent again: after a lost connection,
503 (with `Retry-After`) or 429 the same request is repeated until it is answered.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx
import orjson

from deploy.local import control
from deploy.local.errors import StackError
from deploy.local.keys import Secrets
from shared.names import SERVICES

_TRIES_MAX = 60
_PAUSE_SECONDS = 0.5
_LOOK_SECONDS = 0.05
_JSON = {"content-type": "application/json"}
_TEMPORARY = {429, 503}
_RIGHTS_OF_OPERATOR = ["*"]


class NotReachableError(Exception):
    """No running stack and no addresses: what to do about it is in the text."""


class ProblemError(Exception):
    """A service refused a request; `problem` holds its RFC 9457 members."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        facts = {
            k: v for k, v in problem.items() if k not in ("type", "title", "status", "message")
        }
        super().__init__(f"{problem.get('title')} {facts or ''}".strip())
        self.problem = dict(problem)

    @property
    def code(self) -> str:
        """Return the problem's slug, such as `invoice-is-settled`."""
        return str(self.problem.get("type", "")).rpartition("/")[2]


def addresses() -> dict[str, str]:
    """Return each service's address: from `ACQUIT_<SERVICE>_URL`, or from the local stack."""
    found: dict[str, str] = {
        s: url for s in SERVICES if (url := os.environ.get(f"ACQUIT_{s.upper()}_URL"))
    }
    if len(found) == len(SERVICES):
        return found
    try:
        status = control.status()
    except StackError as error:
        raise NotReachableError(str(error)) from None
    if not status.ready:
        raise NotReachableError("nothing is running here: start it with `acquit up`")
    return {**status.urls, **found}


def token_of(subject: str, ledger: str) -> str:
    """Return `ACQUIT_TOKEN`, or mint a token for the local stack with every right in the ledger."""
    given = os.environ.get("ACQUIT_TOKEN")
    if given:
        return given
    secrets = Secrets.of(control.DEFAULT_FOLDER)
    return secrets.mint_token(subject, {ledger: _RIGHTS_OF_OPERATOR}, hours=12)


class Client:
    """One ledger at the four services."""

    def __init__(self, ledger: str, *, urls: Mapping[str, str], token: str) -> None:
        self.ledger = ledger
        self.urls = dict(urls)
        self.token = token
        self.http = httpx.AsyncClient(
            timeout=120,
            headers={"authorization": f"Bearer {token}"},
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )

    @classmethod
    def of(cls, ledger: str, *, subject: str = "operator") -> Self:
        """Return a client for the stack at hand."""
        return cls(ledger, urls=addresses(), token=token_of(subject, ledger))

    async def __aenter__(self) -> Self:
        """Open the client."""
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        await self.http.aclose()

    async def get(self, service: str, path: str, **query: Any) -> Any:
        """Read; raise ProblemError when refused."""
        return orjson.loads((await self._send("GET", service, path, params=query)).content)

    async def download(self, service: str, path: str, to: BinaryIO) -> None:
        """Write a file's bytes as they come."""
        await self._send("GET", service, path, to=to)

    async def put(self, service: str, path: str, body: Mapping[str, Any]) -> Any:
        """Make or change what the path names; raise ProblemError when refused."""
        return await self._send_body("PUT", service, path, body)

    async def post(self, service: str, path: str, body: Mapping[str, Any]) -> Any:
        """Send a command that names itself in its body; raise ProblemError when refused."""
        return await self._send_body("POST", service, path, body)

    async def pages(self, service: str, path: str, **query: Any) -> list[dict[str, Any]]:
        """Read a list to its end."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await self.get(service, path, limit=500, **query, **more)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    async def positions(self) -> dict[str, dict[str, Any]]:
        """Return how far each service is, by service."""
        reports = await asyncio.gather(*(self.get(name, "/positions") for name in self.urls))
        return dict(zip(self.urls, reports, strict=True))

    async def wait_until_followed(self, service: str) -> None:
        """Wait until a service has applied all that those it follows have written by now."""
        heads = {name: report["position"] for name, report in (await self.positions()).items()}
        while True:
            if _applied(await self.get(service, "/positions"), heads):
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def wait_until_caught_up(self) -> dict[str, dict[str, Any]]:
        """Wait until nothing more happens: all is applied everywhere, seen twice in a row."""
        before: dict[str, int] = {}
        while True:
            reports = await self.positions()
            heads = {name: report["position"] for name, report in reports.items()}
            if heads == before and all(_applied(report, heads) for report in reports.values()):
                return reports
            before = heads
            await asyncio.sleep(_LOOK_SECONDS)

    async def _send_body(
        self, method: str, service: str, path: str, body: Mapping[str, Any]
    ) -> Any:
        content = orjson.dumps(body)
        answer = await self._send(method, service, path, content=content, headers=_JSON)
        return orjson.loads(answer.content)

    async def _send(
        self, method: str, service: str, path: str, to: BinaryIO | None = None, **parts: Any
    ) -> httpx.Response:
        url = f"{self.urls[service]}/v1/ledgers/{self.ledger}{path}"
        for left in range(_TRIES_MAX, -1, -1):
            try:
                response = await self._exchange(self.http.build_request(method, url, **parts), to)
            except httpx.TransportError as error:
                if left == 0:
                    raise NotReachableError(f"{service} does not answer: {error!r}") from error
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if response.is_success:
                return response
            if response.status_code not in _TEMPORARY or left == 0:
                raise ProblemError(_problem(response))
            await asyncio.sleep(float(response.headers.get("Retry-After", _PAUSE_SECONDS)))
        raise AssertionError

    async def _exchange(self, request: httpx.Request, to: BinaryIO | None) -> httpx.Response:
        """Send a request once and read the answer, or write it where it should go, from its start.

        An answer that breaks off is a TransportError too.
        """
        async with aclosing(await self.http.send(request, stream=True)) as response:
            if to is None or not response.is_success:
                await response.aread()
            else:
                to.seek(0)
                to.truncate()
                async for part in response.aiter_bytes():
                    to.write(part)
        return response


def _applied(report: Mapping[str, Any], heads: Mapping[str, int]) -> bool:
    followed: Mapping[str, int] = report["followed"]
    expected = FOLLOWED[report["service"]]
    return all(followed.get(source, 0) >= heads[source] for source in expected)


FOLLOWED: Mapping[str, Sequence[str]] = {
    "payments": ("invoicing", "reconciliation"),
    "invoicing": ("payments", "reconciliation"),
    "reconciliation": ("payments", "invoicing"),
    "archive": ("payments", "invoicing", "reconciliation"),
}


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        return dict(response.json())
    except ValueError:
        return {"title": response.text[:200], "status": response.status_code, "type": "about:blank"}
