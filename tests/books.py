"""A client for tests: a ledger's books over real HTTP, in the words of the business."""

import asyncio
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote
from uuid import UUID, uuid4

import httpx

from cli import conservation
from deploy.local.stack import Stack

SERVICES = ("invoicing", "payments", "reconciliation", "archive")
PLAIN_HTTP = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loads none of the world's certificates
_HOURS = 12  # a token outlives the longest measurement
_DEADLINE_SECONDS = 90  # a busy machine is no failure
# Of more than its twenty idle connections httpx's pool may close one that a thread has just been
# given (httpcore issue 1110), and tests ask with fifty threads: none is surplus here.
_ANY_NUMBER = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class Books:
    """One ledger, all rights, every service."""

    def __init__(self, stack: Stack, ledger: str, rights: list[str] | None = None) -> None:
        self.stack = stack
        self.ledger = ledger
        self.token = stack.mint_token("alice", {ledger: rights or ["*"]}, _HOURS)
        headers = {"authorization": f"Bearer {self.token}"}
        self.http = httpx.Client(
            timeout=60,
            headers=headers,
            verify=PLAIN_HTTP,
            limits=_ANY_NUMBER,
            event_hooks={"response": [has_message]},
        )
        self.customer_id = uuid4()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def url(self, service: str, path: str) -> str:
        """Return an address of this ledger at a service."""
        return f"{self.stack.urls[service]}/v1/ledgers/{self.ledger}{path}"

    def get(self, service: str, path: str, **query: Any) -> httpx.Response:
        return self.http.get(self.url(service, path), params=query or None)

    def put(self, service: str, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.http.put(self.url(service, path), json=body)

    def post(self, service: str, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        return self.http.post(self.url(service, path), json=body, headers=headers)

    # ── the words of the business ───────────────────────────────────────────────

    def open(self) -> None:
        """Register the customer Durand and name our bank account CIC."""
        self.register(self.customer_id)
        account = {"label": "CIC", "account": "51210000", "journal_code": "CIC"}
        ok(self.put("payments", "/bank-accounts/CIC", account))
        self.wait_until_caught_up()

    def register(self, customer_id: UUID, **fields: Any) -> dict[str, Any]:
        """Register a customer."""
        body = {"code": f"C{str(customer_id)[:8]}", "name": "Durand", "kind": "societe"} | fields
        return dict(ok(self.put("invoicing", f"/customers/{customer_id}", body)))

    def invoice(self, total: str = "1170.00", **fields: Any) -> dict[str, Any]:
        """Validate an invoice without VAT of this total, and wait until payments knows it."""
        body = {
            "kind": "invoice",
            "customer_id": str(self.customer_id),
            "issued_on": "2025-08-18",
            "lines": [{"label": "Prestation", "net": total, "vat_rate": "0"}],
        } | fields
        document: dict[str, Any] = ok(self.put("invoicing", f"/documents/{uuid4()}", body))
        self.wait_until_caught_up()
        return document

    def payment_body(self, document: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Return the body of a payment, for a document if one is given."""
        body: dict[str, Any] = {"customer_id": str(self.customer_id), "method": "transfer"}
        if document:
            body["applies_to"] = [{"document_id": document["document_id"]}]
        return body | fields

    def pay(
        self, document: dict[str, Any] | None = None, payment_id: UUID | None = None, **fields: Any
    ) -> httpx.Response:
        """Record a payment, for a document if one is given."""
        path = f"/payments/{payment_id or uuid4()}"
        return self.put("payments", path, self.payment_body(document, **fields))

    def document(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a document as invoicing shows it now."""
        return dict(ok(self.get("invoicing", f"/documents/{document['document_id']}")))

    def items(self) -> list[dict[str, Any]]:
        """Return every item of the customer's account, up to 500."""
        query = {"customer_id": str(self.customer_id), "limit": 500}
        return list(ok(self.get("reconciliation", "/items", **query))["items"])

    # ── proving ─────────────────────────────────────────────────────────────────

    def prove_conservation(self) -> conservation.Verdict:
        """Prove from the four journals that no money was lost or made, and all is decided."""
        self.wait_until_caught_up()
        with ThreadPoolExecutor(1) as aside:  # our caller may be in an event loop of its own
            verdict = aside.submit(asyncio.run, self._verdict()).result()
        assert verdict.finished, verdict
        return verdict

    async def _verdict(self) -> conservation.Verdict:
        async with httpx.AsyncClient(timeout=30, verify=PLAIN_HTTP) as client:
            return await conservation.prove(client, self.stack.urls, self.token, self.ledger)

    # ── waiting ─────────────────────────────────────────────────────────────────

    def positions(self) -> dict[str, dict[str, Any]]:
        """Return how far each service is."""
        names = [name for name in SERVICES if name in self.stack.urls]
        return {name: ok(self.get(name, "/positions")) for name in names}

    def wait_until_caught_up(self) -> None:
        """Wait until every service has applied all that the others wrote, twice in a row."""
        last: dict[str, int] = {}

        def settled() -> bool:
            nonlocal last
            found = self.positions()
            now = {name: report["position"] for name, report in found.items()}
            caught_up = (
                now == last
                and all(
                    position == now[source]
                    for report in found.values()
                    for source, position in report["followed"].items()
                )
                and all(
                    now[s] == 0 or s in r["followed"]
                    for n, r in found.items()
                    for s in _FOLLOWED[n]
                )
            )
            last = now
            return caught_up

        until(settled)


_FOLLOWED = {
    "invoicing": ("payments", "reconciliation"),
    "payments": ("invoicing", "reconciliation"),
    "reconciliation": ("payments", "invoicing"),
    "archive": ("payments", "invoicing", "reconciliation"),
}


def ok(response: httpx.Response) -> Any:
    """Return the body of an answer that must be a success."""
    assert response.is_success, f"{response.status_code} {response.text}"
    return response.json()


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Return the problem of an answer that must be this refusal."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"/problems/{code}"
    return problem


def message(response: httpx.Response) -> str:
    """Return what an answer says to people; a problem says the same in its body."""
    said = unquote(response.headers["acquit-message"], errors="strict")
    if response.is_error:
        assert response.json()["message"] == said
    return said


def has_message(response: httpx.Response) -> None:
    """Fail when a command ends without a message, whatever the test was about."""
    asked = response.request
    if asked.method in {"PUT", "POST"}:
        assert "acquit-message" in response.headers, f"{asked.method} {asked.url}"


def until(condition: Callable[[], bool], seconds: float = _DEADLINE_SECONDS) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
