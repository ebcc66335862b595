"""If these failed, anybody could make digital payments, or one event could count twice."""

import time
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from pydantic import SecretStr

from services.payments.settings import key_of
from services.payments.sources_api import TOLERANCE_SECONDS, signature
from tests.books import PLAIN_HTTP, Books, ok, refused
from tests.reading import balance, facts, journal, payment

REASON = {"reason": "saisi par erreur"}


def succeeded(books: Books, name: str = "ch_1", **fields: Any) -> dict[str, Any]:
    known = {
        "type": "payment.succeeded",
        "payment": name,
        "amount": "100.00",
        "on": "2025-08-18",
        "method": "card",
        "customer_id": str(books.customer_id),
    }
    return known | fields


def refunded(amount: str = "100.00", name: str = "ch_1", **fields: Any) -> dict[str, Any]:
    known = {"type": "payment.refunded", "payment": name, "refund": "re_1", "on": "2025-08-20"}
    return known | {"amount": amount} | fields


def tell(books: Books, event: dict[str, Any], event_id: str | None = None, **wrong: Any) -> Any:
    """Send an event as the source does, without a token; what is `wrong` is sent instead."""
    body = orjson.dumps(event)
    sent_at = str(wrong.get("at", int(time.time())))
    name = event_id or f"evt_{uuid4().hex}"
    sources = orjson.loads(books.stack.environment("payments")["PAYMENTS_DIGITAL_SOURCES"])
    key = wrong.get("key", key_of(SecretStr(sources["*/local"])))
    headers = {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": sent_at,
        "webhook-signature": f"v1,{'A' * 43}= {signature(key, name, sent_at, body)}",
    }
    url = books.url("payments", f"/digital-sources/{wrong.get('source', 'local')}/events")
    content = wrong.get("body", body)
    return httpx.post(url, content=content, headers=headers, timeout=60, verify=PLAIN_HTTP)


@pytest.mark.feature("U07")
def test_an_event_sent_ten_times_is_one_payment_and_nine_duplicates_ignored(books: Books) -> None:
    event = succeeded(books)
    answers = [ok(tell(books, event, "evt_1")) for _ in range(10)]
    outcomes = [answer["outcome"] for answer in answers]
    assert outcomes == ["accepted", *["duplicate_ignored"] * 9]
    assert answers[-1]["duplicates"] == 9
    (recorded,) = facts(books, "payments", "payment-recorded")
    (first,) = [e for e in journal(books, "payments") if e["type"].endswith("event-accepted.v1")]
    ignored = facts(books, "payments", "duplicate-ignored")
    assert len(ignored) == 9
    assert {fact["first_position"] for fact in ignored} == {first["position"]}
    assert {fact["payment_id"] for fact in ignored} == {recorded["payment_id"]}
    refused(tell(books, succeeded(books, amount="1.00"), "evt_1"), 409, "source-event-differs")
    books.prove_conservation()


def test_only_who_has_the_secret_and_the_hour_is_the_source(books: Books) -> None:
    event, length = succeeded(books), len(journal(books, "payments"))
    late = int(time.time()) - TOLERANCE_SECONDS - 5
    early = int(time.time()) + TOLERANCE_SECONDS + 5
    other = orjson.dumps(succeeded(books, amount="999.00"))
    wrongs: list[dict[str, Any]] = [
        {"key": b"another key of sixteen bytes"},
        {"at": late},
        {"at": early},
        {"at": "now"},
        {"body": other},
        {"source": "unknown"},
    ]
    for wrong in wrongs:
        refused(tell(books, event, **wrong), 401, "signature-invalid")
    bare = books.post("payments", "/digital-sources/local/events", event)
    refused(bare, 401, "signature-invalid")
    refused(tell(books, event | {"type": "payment.guessed"}), 422, "malformed")
    refused(tell(books, succeeded(books, method="transfer")), 422, "method-not-digital")
    assert len(journal(books, "payments")) == length


@pytest.mark.feature("U22")
def test_only_its_source_undoes_a_digital_payment_even_against_an_administrator(
    books: Books,
) -> None:
    invoice = books.invoice("100.00")
    applies_to = [{"document_id": invoice["document_id"]}]
    told = ok(tell(books, succeeded(books, applies_to=applies_to)))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "settled"
    made = payment(books, told["payment_id"])
    assert (made["reference"], made["editable"], made["actions"]) == ("ch_1", ["note"], [])
    path = f"/payments/{told['payment_id']}"
    for what in ("reversal", "return"):
        refused(books.put("payments", f"{path}/{what}", REASON), 409, "payment-is-digital")
    confirmed = REASON | {"confirm": ["delete"]}
    refused(books.put("payments", f"{path}/deletion", confirmed), 409, "payment-is-digital")
    body = {"payment_id": str(uuid4()), "payment": books.payment_body(amount="1.00")} | REASON
    refused(books.put("payments", f"{path}/correction", body), 409, "payment-is-digital")
    ok(tell(books, refunded()))
    books.wait_until_caught_up()
    assert books.document(invoice)["payment_status"] == "unpaid"
    assert (balance(books)["balance"], balance(books)["open_credit"]) == ("100.00", "0.00")
    (refund,) = facts(books, "payments", "refund-recorded")
    assert (refund["amount"]["value"], refund["source"]) == ("-100.00", "local")
    refused(tell(books, refunded("0.01", refund="re_2")), 409, "more-than-refundable")
    assert ok(tell(books, refunded()))["outcome"] == "accepted"  # of the same refund: nothing more
    assert len(facts(books, "payments", "refund-recorded")) == 1
    actors = {entry["actor"] for entry in journal(books, "payments") if "source" in entry["data"]}
    assert actors == {"digital-source:local"}
    books.prove_conservation()


def test_a_part_refunded_by_the_source_and_a_dispute_are_owed_again(books: Books) -> None:
    invoice = books.invoice("100.00")
    applies_to = [{"document_id": invoice["document_id"]}]
    for name in ("ch_1", "ch_2"):
        told = ok(tell(books, succeeded(books, name, amount="50.00", applies_to=applies_to)))
    ok(tell(books, refunded("20.00")))
    books.wait_until_caught_up()
    assert balance(books)["balance"] == "20.00"
    disputed = {
        "type": "payment.disputed",
        "payment": "ch_2",
        "amount": "50.00",
        "on": "2025-08-21",
        "reason": "contesté par le porteur",
        "code": "10.4",
        "fee": "15.00",
    }
    ok(tell(books, disputed))
    books.wait_until_caught_up()
    assert payment(books, told["payment_id"])["state"] == "returned"
    assert balance(books)["balance"] == "70.00"
    refused(tell(books, refunded("1.00", "ch_2", refund="re_9")), 409, "payment-is-returned")
    refused(tell(books, refunded("1.00", "ch_9", refund="re_9")), 404, "unknown-payment")
    books.prove_conservation()
