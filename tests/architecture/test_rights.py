"""If these failed, somebody could read or change books without having been given the right."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from typing_extensions import override

from deploy.local.keys import Secrets
from deploy.local.stack import Stack
from shared.contracts import generate
from shared.names import SERVICES
from tests.architecture.sources import text
from tests.books import PLAIN_HTTP, Books, ok, refused
from tests.services import service_of

OPEN_TO_ALL = {
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/oauth2-redirect",
    "/redoc",
}
# A source of digital payments has no token: it signs each event with its secret.
SIGNED_BY_SOURCE = {"/v1/ledgers/{ledger}/digital-sources/{source}/events"}
NEEDS_A_TOKEN_ONLY = "/v1/ledgers"  # lists what the token may read


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method of an address of a service, and the rights that its dependencies ask for."""

    service: str
    method: str
    path: str
    rights: tuple[str, ...]

    @override
    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    def path_in(self, ledger: str) -> str:
        """Return the path in a ledger, with names of things that there are not."""
        return re.sub(r"\{\w+\}", str(uuid4()), self.path.replace("{ledger}", ledger))


class Caller:
    """Calls endpoints of the running services, with an empty body where one is taken."""

    def __init__(self, stack: Stack, http: httpx.Client) -> None:
        self._stack = stack
        self._http = http

    def call(self, endpoint: Endpoint, ledger: str, token: str | None) -> httpx.Response:
        return self._http.request(
            endpoint.method,
            f"{self._stack.urls[endpoint.service]}{endpoint.path_in(ledger)}",
            json=None if endpoint.method == "GET" else {},
            headers={"authorization": f"Bearer {token}"} if token else {},
        )

    def call_with(
        self, endpoint: Endpoint, ledger: str, granted: Mapping[str, Sequence[str]]
    ) -> httpx.Response:
        return self.call(endpoint, ledger, self._stack.mint_token("alice", granted, 1))


@pytest.fixture(scope="module")
def caller(stack: Stack) -> Iterator[Caller]:
    with httpx.Client(timeout=60, verify=PLAIN_HTTP) as http:
        yield Caller(stack, http)


def rights(dependant: Dependant) -> Iterator[str]:
    """Yield the rights that a route's dependencies ask for, however deep."""
    if right := getattr(dependant.call, "right", None):
        yield right
    for inner in dependant.dependencies:
        yield from rights(inner)


def endpoints() -> Iterator[Endpoint]:
    for name in SERVICES:
        app = generate.app_to_describe(service_of(name))
        for route in iter_route_contexts(app.routes):
            assert route.path
            assert route.methods
            if route.path not in OPEN_TO_ALL | SIGNED_BY_SOURCE:
                for method in route.methods - {"HEAD"}:
                    yield Endpoint(name, method, route.path, tuple(rights(route.dependant)))


BEHIND_A_TOKEN = list(endpoints())
LISTINGS = [found for found in BEHIND_A_TOKEN if found.path == NEEDS_A_TOKEN_ONLY]
IN_A_LEDGER = [found for found in BEHIND_A_TOKEN if found not in LISTINGS]
EVERY_RIGHT = {right for found in IN_A_LEDGER for right in found.rights}

behind_a_token = pytest.mark.parametrize("endpoint", BEHIND_A_TOKEN, ids=str)
in_a_ledger = pytest.mark.parametrize("endpoint", IN_A_LEDGER, ids=str)


@in_a_ledger
def test_an_endpoint_needs_one_right_in_the_ledger_of_its_path(endpoint: Endpoint) -> None:
    assert endpoint.path.startswith("/v1/ledgers/{ledger}/")
    assert len(endpoint.rights) == 1
    if endpoint.method != "GET":
        assert not endpoint.rights[0].endswith(":read")


@behind_a_token
def test_nobody_gets_in_without_a_token_that_is_valid_now(
    stack: Stack, caller: Caller, ledger: str, endpoint: Endpoint
) -> None:
    everything = {ledger: ["*"]}
    for token in (
        None,
        "not-a-token",
        stack.mint_token("alice", everything, -1),
        Secrets.fresh().mint_token("mallory", everything, 1),
    ):
        answer = caller.call(endpoint, ledger, token)
        refused(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


@in_a_ledger
def test_all_rights_but_the_one_it_needs_are_not_enough(
    caller: Caller, ledger: str, endpoint: Endpoint
) -> None:
    nothing: dict[str, list[str]] = {ledger: []}
    elsewhere = {f"{ledger}-other": ["*"]}
    others = {ledger: sorted(EVERY_RIGHT - {*endpoint.rights})}
    for granted in (nothing, elsewhere, others):
        problem = refused(caller.call_with(endpoint, ledger, granted), 403, "forbidden")
        assert (problem["right"], problem["ledger"]) == (*endpoint.rights, ledger)


@in_a_ledger
def test_the_one_right_it_needs_is_enough(caller: Caller, ledger: str, endpoint: Endpoint) -> None:
    answer = caller.call_with(endpoint, ledger, {ledger: endpoint.rights})
    assert answer.status_code in {200, 404, 409, 422}, answer.text


def test_a_token_is_shown_only_the_ledgers_whose_journal_it_may_read(
    caller: Caller, books: Books
) -> None:
    (listing,) = (e for e in LISTINGS if e.service == "payments")

    def shown(granted: dict[str, list[str]]) -> list[str]:
        return list(ok(caller.call_with(listing, books.ledger, granted))["ledgers"])

    assert shown({books.ledger: ["journal:read"]}) == [books.ledger]
    assert books.ledger in shown({"*": ["journal:read"]})
    assert shown({books.ledger: sorted(EVERY_RIGHT - {"journal:read"})}) == []


def test_the_manual_names_the_rights_that_there_are() -> None:
    table = "".join(line for line in text("docs/api.md").splitlines() if line.startswith("|"))
    assert set(re.findall(r"`([a-z-]+:[a-z-]+)`", table)) == EVERY_RIGHT
