"""If these failed, a body that nobody should send would cost more than an answer."""

import socket
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from shared.limits import BODY_BYTES_MAX
from tests.books import Books, ok, refused

GOOD = b'{"customer_id": "%s", "amount": "1.00"}'
NESTED = 100_000
BODIES = {
    "nothing": b"",
    "cut": GOOD[:20],
    "no JSON": b"amount=1.00",
    "nested lists": b"[" * NESTED + b"]" * NESTED,
    "nested objects": b'{"a":' * NESTED + b"1" + b"}" * NESTED,
    "brackets alone": b"[" * NESTED,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-32": GOOD.decode().encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "no UTF-8": GOOD.replace(b"1.00", b"\xff\xfe"),
    "half a surrogate": GOOD.replace(b"1.00", rb"\ud800"),
    "a NUL": GOOD.replace(b"1.00", rb"\u0000"),
    "bare NULs": b"\x00" * 100,
    "a huge number": b'{"amount": ' + b"9" * 10_000 + b"}",
    "a large integer": b'{"amount": ' + b"9" * 30 + b"}",
    "no number": b'{"amount": NaN}',
}
PATHS = ("/payments/{id}", "/payments/bulk", "/refunds/{id}", "/bank-accounts/CIC")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", BODIES)
def test_a_body_that_is_none_is_malformed(books: Books, how: str, path: str) -> None:
    method = "POST" if path.endswith("bulk") else "PUT"
    answer = books.http.request(
        method,
        books.url("payments", path.format(id=uuid4())),
        content=BODIES[how],
        headers={"content-type": "application/json"},
    )
    refused(answer, 422, "malformed")


@pytest.mark.parametrize("stated", [True, False])
def test_a_body_that_is_too_large_is_refused_unread(books: Books, *, stated: bool) -> None:
    whole = b" " * (BODY_BYTES_MAX + 1)
    answer = books.http.put(
        books.url("payments", f"/payments/{uuid4()}"),
        content=whole if stated else iter([whole[:5_000_000]] * 4),
        headers={"content-type": "application/json"},
    )
    refused(answer, 413, "body-too-large")
    ok(books.pay(amount="1.00"))


@pytest.mark.fuzz  # it takes as long as a body may
def test_a_body_that_never_ends_keeps_no_one_waiting(books: Books) -> None:
    """The other end is told, and the connection is closed, after the time that a body has."""
    place = urlsplit(books.stack.urls["payments"])
    with socket.create_connection((place.hostname, place.port or 80), timeout=60) as slow:
        path = f"/v1/ledgers/{books.ledger}/payments/{uuid4()}"
        head = f"PUT {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n"
        slow.sendall(head.encode() + b"{")
        ok(books.pay(amount="1.00"))
        answer = slow.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"body-too-slow" in answer
    assert b"connection: close" in answer
