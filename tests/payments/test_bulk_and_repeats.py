"""If these failed, a request sent again would count twice, or a bad one harm its neighbours."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from shared.bulk import BulkOut
from tests.books import Books, ok, refused
from tests.payments.bulk import bulk, many
from tests.reading import everything, facts, journal, position


def test_each_payment_is_answered_in_order_and_a_bad_one_harms_none(books: Books) -> None:
    items = many(books, 6)
    items[1]["method"] = "barter"
    items[2]["amount"] = "1,00"
    items[3] = items[0] | {}
    del items[4]["id"]
    answer = ok(bulk(books, items))
    assert [outcome["index"] for outcome in answer["outcomes"]] == list(range(6))
    assert [outcome["outcome"] for outcome in answer["outcomes"]] == [
        "accepted",
        "refused",
        "refused",
        "unchanged",
        "refused",
        "accepted",
    ]
    assert (answer["accepted"], answer["unchanged"], answer["refused"]) == (2, 1, 3)
    assert BulkOut.model_validate(answer).model_dump(mode="json") == answer
    problems = [o["problem"]["type"] for o in answer["outcomes"] if o["problem"]]
    assert problems == ["/problems/unknown-method", "/problems/malformed", "/problems/malformed"]
    numbers = [outcome["number"] for outcome in answer["outcomes"]]
    assert numbers == ["RC2508-0001", None, None, "RC2508-0001", None, "RC2508-0002"]
    recorded = [fact["payment_id"] for fact in facts(books, "payments", "payment-recorded")]
    assert recorded == [items[0]["id"], items[5]["id"]]


def test_all_are_recorded_or_none_and_every_refusal_is_listed(books: Books) -> None:
    items = many(books, 5)
    before = position(books, "payments")
    items[1]["method"] = "barter"
    items[3]["bank_account"] = "BNP"
    problem = refused(bulk(books, items, "all"), 422, "several-refused")
    listed = [(error["index"], error["type"]) for error in problem["errors"]]
    assert listed == [(1, "/problems/unknown-method"), (3, "/problems/unknown-bank-account")]
    items[1]["amount"] = "x"
    problem = refused(bulk(books, items, "all"), 422, "several-refused")
    assert [error["index"] for error in problem["errors"]] == [1]
    assert position(books, "payments") == before
    ok(bulk(books, many(books, 5), "all"))
    assert position(books, "payments") == before + 5


def test_payments_of_one_request_count_against_one_another(books: Books) -> None:
    invoice = books.invoice("100.00")
    items = many(books, 2, amount="60.00", applies_to=[{"document_id": invoice["document_id"]}])
    outcomes = [outcome["outcome"] for outcome in ok(bulk(books, items))["outcomes"]]
    assert outcomes == ["accepted", "refused"]
    refused(bulk(books, many(books, 2) + items[1:], "all"), 422, "several-refused")


# ── the same again ──────────────────────────────────────────────────────────────


def test_the_same_request_answers_the_same_and_writes_nothing(books: Books) -> None:
    invoice, payment_id = books.invoice("100.00"), uuid4()
    first = books.pay(invoice, payment_id, amount="40.00")
    before = journal(books, "payments")
    again = books.pay(invoice, payment_id, amount="40.00")
    allocated_meanwhile = {"available": again.json()["available"]}
    assert (again.status_code, again.json()) == (
        first.status_code,
        first.json() | allocated_meanwhile,
    )
    for changed in ({"amount": "41.00"}, {"amount": "40.00", "note": "autre"}):
        problem = refused(books.pay(invoice, payment_id, **changed), 409, "payment-id-taken")
        assert problem["number"] == first.json()["number"]
    assert journal(books, "payments") == before


def test_who_cannot_name_ids_sends_a_key(books: Books) -> None:
    body = books.payment_body(amount="40.00")
    refused(books.post("payments", "/payments", body), 422, "malformed")
    key = {"Idempotency-Key": "terminal 7, ticket 1138"}
    first = ok(books.post("payments", "/payments", body, **key))
    before = position(books, "payments")
    assert ok(books.post("payments", "/payments", body, **key)) == first
    refused(
        books.post("payments", "/payments", body | {"amount": "41.00"}, **key),
        409,
        "payment-id-taken",
    )
    assert position(books, "payments") == before
    other = {"Idempotency-Key": "terminal 7, ticket 1139"}
    assert ok(books.post("payments", "/payments", body, **other))["number"] != first["number"]


def test_the_same_request_from_many_at_once_is_recorded_once(books: Books) -> None:
    payment_id = uuid4()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: books.pay(None, payment_id, amount="5.00"), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(facts(books, "payments", "payment-recorded")) == 1


def test_two_payments_of_one_invoice_never_both_pass(books: Books) -> None:
    for _ in range(5):
        invoice = books.invoice("100.00")
        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda _, inv=invoice: books.pay(inv, amount="60.00"), range(8))
            )
        assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]
        books.wait_until_caught_up()
        assert books.document(invoice)["outstanding"] == "40.00"


# ── lists ───────────────────────────────────────────────────────────────────────


def test_pages_stay_as_they_were_whatever_comes_in_between(books: Books) -> None:
    days = [f"2025-08-{day:02}" for day in (3, 1, 2, 2, 5, 4, 2)]
    made = [ok(books.pay(amount="1.00", received_on=day)) for day in days]
    expected = sorted(made, key=lambda row: (row["received_on"], row["payment_id"]), reverse=True)
    first = ok(books.get("payments", "/payments", limit=3))
    late = ok(books.pay(amount="1.00", received_on="2025-08-06"))
    early = ok(books.pay(amount="1.00", received_on="2025-07-01"))
    rest = ok(books.get("payments", "/payments", limit=500, cursor=first["next_cursor"]))
    assert rest["next_cursor"] is None
    ids = [row["payment_id"] for row in [*first["items"], *rest["items"]]]
    assert ids == [*(row["payment_id"] for row in expected), early["payment_id"]]
    assert late["payment_id"] not in ids
    for page in (1, 2, 5):
        paged = everything(books, "payments", "/payments", limit=page, direction="asc")
        assert [r["payment_id"] for r in paged[1:-1]] == [r["payment_id"] for r in expected[::-1]]
    refused(books.get("payments", "/payments", cursor="nonsense"), 422, "malformed")


def test_filters_apply_together(books: Books) -> None:
    invoice = books.invoice("100.00")
    ok(books.pay(invoice, amount="60.00", received_on="2025-08-01", reference="CHQ 1"))
    ok(books.pay(amount="2.00", received_on="2025-08-02", reference="CHQ 2"))
    taken = ok(books.pay(amount="1.00", received_on="2025-08-03", reference="CHQ 3"))
    ok(books.put("payments", f"/payments/{taken['payment_id']}/reversal", {"reason": "erreur"}))

    def found(**query: Any) -> list[str]:
        rows = everything(books, "payments", "/payments", sort="number", direction="asc", **query)
        return [row["reference"] for row in rows]

    assert found() == ["CHQ 1", "CHQ 2", "CHQ 3"]
    assert found(document_id=invoice["document_id"]) == ["CHQ 1"]
    assert found(state="recorded", received_from="2025-08-02") == ["CHQ 2"]
    assert found(received_to="2025-08-02", text="CHQ") == ["CHQ 1", "CHQ 2"]
    assert found(customer_id=str(uuid4())) == []
    assert found(bank_account="CIC", state="reversed") == ["CHQ 3"]
    by_amount = everything(books, "payments", "/payments", sort="amount", limit=2)
    assert [row["amount"] for row in by_amount] == ["60.00", "2.00", "1.00"]
