"""If these failed, a payment could be taken on one way that the other refuses."""

import asyncio
import json
from contextlib import closing
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.payments.service import SERVICE
from shared.auth import Actor
from shared.errors import Overloaded, Refusal
from shared.short_way import Answer, ShortWay
from shared.telemetry import Metrics
from tests.books import Books, message

JSON = "application/json"
LONG = "application/json; charset=utf-8"  # in order, but not plainly so: the published route

amounts = st.sampled_from(
    ["12.34", "0", "0.00", "-1.00", "1.005", "1e3", "1,00", "\u0661", 12, 1.5, ""]
)
texts = st.sampled_from(["VIR 1", " ", "", "x" * 201, "\x00", "\u00e9", None, 7])
dates = st.sampled_from(["2025-08-18", "2999-01-01", "2025-02-29", "18/08/2025", 0, None])
names = st.sampled_from(["transfer", "cheque", "barter", "CIC", "BNP", "no such", "", None, 3])
fields = {
    "amount": amounts,
    "currency": st.sampled_from(["EUR", "XPF", "eur", "EURO", None]),
    "method": names,
    "bank_account": names,
    "received_on": dates,
    "payer_name": texts,
    "reference": texts,
    "note": texts,
    "keep_as_credit": st.sampled_from([True, "yes", "maybe", None]),
    "applies_to": st.sampled_from(
        [[], [{}], [{"document_id": "x"}], "x", None]
        + [[{"document_id": str(uuid4()), "discount": d}] for d in ("1.00", "0", "1,00", 2, None)]
    ),
    "confirm": st.sampled_from([[], ["keep-as-credit"], ["keep-as-credit", "grant-discount"]]),
    "customer_id": st.sampled_from([str(uuid4()), "x", None]),
    "unknown": st.just(1),
}
changes = st.fixed_dictionaries({}, optional=fields)
only_once = {"payment_id", "number", "position", "recorded_at"}


def told(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in only_once}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(changed=changes)
def test_both_ways_accept_and_refuse_the_same_payments(
    books: Books, changed: dict[str, Any]
) -> None:
    body = {"customer_id": str(books.customer_id), "amount": "12.34"} | changed
    found = []
    for content_type in (JSON, LONG):
        url = books.url("payments", f"/payments/{uuid4()}")
        answer = books.http.put(url, json=body, headers={"content-type": content_type})
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, answer.text
        found.append((answer.status_code, told(answer.json()), message(answer)))
    assert found[0] == found[1]


@pytest.mark.parametrize("mode", ["each", "all", "some"])
def test_both_ways_answer_the_same_bulk_requests(books: Books, mode: str) -> None:
    found = []
    for content_type in (JSON, LONG):
        items = [
            {"id": str(uuid4()), "customer_id": str(books.customer_id), "amount": amount}
            for amount in ("1.00", "0", "x", "2.00")
        ]
        url = books.url("payments", "/payments/bulk")
        body = {"mode": mode, "items": items}
        response = books.http.post(url, json=body, headers={"content-type": content_type})
        answer = response.json()
        outcomes = [
            {k: v for k, v in outcome.items() if k not in ("id", "number")}
            for outcome in answer.pop("outcomes", [])
        ]
        found.append((answer, outcomes, message(response)))
    assert found[0] == found[1]


# ── who takes it ────────────────────────────────────────────────────────────────

KNOWN = Actor("alice", {"demo": frozenset({"payments:record"})}, expires_at=0)
ELSEWHERE = Actor("bob", {"other": frozenset({"*"})}, expires_at=0)
ACTORS = {"Bearer known": KNOWN, "Bearer elsewhere": ELSEWHERE}
GOOD = b'{"customer_id":"0198c0de-0000-7000-8000-000000000001","amount":"1.00"}'
PATH = "/v1/ledgers/demo/payments/0198c0de-0000-7000-8000-000000000002"


class BooksReached(Refusal):
    """The request went the short way, up to the journal."""


class Failing:
    """A journal that does nothing but fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def check_room(self) -> None:
        if isinstance(self.error, Overloaded):
            raise self.error

    async def execute(self, *_: Any) -> None:
        raise self.error


async def answer_of(error: Exception, **changed: Any) -> Answer | None:
    """Return what the short way answers, or None where it leaves it to the published route."""
    asked: dict[str, Any] = {
        "path": PATH,
        "method": "PUT",
        "type": JSON,
        "token": "Bearer known",
        "body": GOOD,
    }
    asked |= changed
    tokens = SimpleNamespace(remembered=ACTORS.get)
    state = SimpleNamespace(tokens=tokens, journal=Failing(error), metrics=Metrics())
    headers = {
        b"content-type": asked["type"].encode(),
        b"authorization": asked["token"].encode(),
    }
    way = ShortWay(SERVICE.hot, state)
    method, path = asked["method"].encode(), asked["path"].encode()
    begun = way.begin(method, path, headers, asked["body"])
    return begun if begun is None or isinstance(begun, Answer) else await way.answer(begun)


async def test_a_request_that_is_plainly_in_order_takes_the_short_way() -> None:
    answer = await answer_of(BooksReached())
    assert answer is not None
    assert b"/problems/books-reached" in answer.body


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "POST"},
        {"path": "/v1/ledgers/demo/payments"},
        {"path": PATH + "/reversal"},
        {"path": PATH + "?x=1"},
        {"path": PATH.replace("demo", "DEMO")},
        {"path": "/v1/ledgers/demo/payments/x"},
        {"type": LONG},
        {"type": "text/plain"},
        {"token": "Bearer unknown"},
        {"token": "Bearer elsewhere"},
        {"token": ""},
        {"body": b""},
        {"body": b"{"},
        {"body": GOOD.replace(b"1.00", b"1,00")},
        {"body": GOOD.replace(b"amount", b"amonut")},
    ],
)
async def test_any_other_is_passed_on_to_the_published_route(changed: dict[str, Any]) -> None:
    assert await answer_of(BooksReached(), **changed) is None


@pytest.mark.parametrize(
    ("error", "status", "problem"),
    [
        (ConnectionError("away"), HTTPStatus.SERVICE_UNAVAILABLE, b"/problems/unavailable"),
        (KeyError("x"), HTTPStatus.INTERNAL_SERVER_ERROR, b"/problems/defect"),
    ],
)
async def test_what_fails_on_the_short_way_is_answered_too(
    error: Exception, status: HTTPStatus, problem: bytes
) -> None:
    answer = await answer_of(error)
    assert answer is not None
    assert answer.status == status
    assert problem in answer.body
    assert b"x-correlation-id" in dict(answer.headers)
    assert b"acquit-message" in dict(answer.headers)


async def test_under_overload_nothing_is_read_before_it_is_refused() -> None:
    answer = await answer_of(Overloaded(retry_after_seconds=1), body=b"{")
    assert answer is not None
    assert answer.status == Overloaded.status
    assert (b"retry-after", b"1") in answer.headers


def test_a_short_refusal_is_a_problem_like_any_other(books: Books) -> None:
    body = {"customer_id": str(uuid4()), "amount": "12.34"}
    answer = books.put("payments", f"/payments/{uuid4()}", body)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-correlation-id"]


async def sent_together(books: Books, *requests: bytes) -> bytes:
    """Send requests in one piece over one connection; return all until the other end closes."""
    place = urlsplit(books.stack.urls["payments"])
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        with closing(writer):
            writer.write(b"".join(requests))
            await writer.drain()
            return await reader.read()


async def test_requests_sent_ahead_are_answered_in_their_order(books: Books) -> None:
    """Hot ones, refused ones, others: none overtakes, and none is lost."""

    def request(method: str, path: str, *lines: str, body: str = "") -> bytes:
        own = (f"authorization: Bearer {books.token}", f"content-length: {len(body)}", *lines)
        head = [f"{method} /v1/ledgers/{books.ledger}{path} HTTP/1.1", "host: x", *own]
        return ("\r\n".join(head) + "\r\n\r\n" + body).encode()

    def payment(amount: str, *lines: str) -> tuple[str, bytes]:
        name = f"/payments/{uuid4()}"
        body = json.dumps({"customer_id": str(books.customer_id), "amount": amount})
        return name, request("PUT", name, f"content-type: {JSON}", *lines, body=body)

    (_, first), (second_name, second), (_, bad) = payment("1.00"), payment("2.00"), payment("0")
    _, last = payment("3.00", "connection: close")
    whole = await sent_together(books, first, second, request("GET", second_name), bad, last)
    answers = [part.partition(b"\r\n\r\n") for part in whole.split(b"HTTP/1.1 ")[1:]]
    found = [(head[:3], json.loads(body)) for head, _, body in answers]
    statuses = [status for status, _ in found]
    assert statuses == [b"201", b"201", b"200", b"422", b"201"]
    assert [body.get("amount") for _, body in found] == ["1.00", "2.00", "2.00", "0.00", "3.00"]
    assert b"connection: close" in answers[-1][0]
