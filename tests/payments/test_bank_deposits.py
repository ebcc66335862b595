"""If these failed, the bank would be given something else than what the books say it was given."""

from datetime import timedelta
from typing import Any

import pytest

from deploy.local.stack import Stack
from shared.dates import civil_date, now
from tests.books import Books, ok, refused
from tests.reading import facts, payment, position

TODAY = civil_date(now())
CONFIRMED = ["open-bank-deposit"]


def cheque(books: Books, amount: str = "100.00", **fields: Any) -> Any:
    return books.pay(method=fields.pop("method", "cheque"), amount=amount, **fields)


def deposit(books: Books, name: str = "REM-1") -> dict[str, Any]:
    return dict(ok(books.get("payments", f"/bank-deposits/{name}")))


def opened(books: Books, name: str = "REM-1", **fields: Any) -> dict[str, Any]:
    """Put a cheque in a deposit that is opened by it."""
    return dict(ok(cheque(books, bank_deposit=name, confirm=CONFIRMED, **fields)))


def close(books: Books, name: str = "REM-1") -> dict[str, Any]:
    return dict(ok(books.put("payments", f"/bank-deposits/{name}/closing", {})))


@pytest.fixture
def clerk(stack: Stack, books: Books) -> Any:
    """Return a client that may do all but reopen a deposit."""
    rights = ["payments:record", "payments:read", "bank-deposits:fill", "bank-deposits:read"]
    with Books(stack, books.ledger, rights) as other:
        other.customer_id = books.customer_id
        yield other


@pytest.mark.feature("S2-42")
def test_without_a_deposit_a_payment_is_on_no_slip(books: Books) -> None:
    opened(books)
    made = ok(cheque(books, "50.00"))
    assert made["bank_deposit"] is None
    listed = ok(books.get("payments", "/payments", bank_deposit="REM-1"))["items"]
    assert [row["amount"] for row in listed] == ["100.00"]
    assert "50,00" not in books.get("payments", "/bank-deposits/REM-1/slip").text


@pytest.mark.feature("S2-43")
def test_the_deposit_that_is_proposed_is_the_one_that_this_user_used_last(books: Books) -> None:
    def proposed(who: Books) -> Any:
        return ok(who.get("payments", "/payments/defaults"))["bank_deposit"]

    bob = Books(books.stack, books.ledger)
    bob.token = books.stack.mint_token("bob", {books.ledger: ["*"]}, 1)
    bob.http.headers["authorization"] = f"Bearer {bob.token}"
    bob.customer_id = books.customer_id
    with bob:
        assert proposed(books) is None
        opened(books, "A")
        opened(books, "B")
        assert (proposed(books), proposed(bob)) == ("B", None)
        ok(cheque(bob, bank_deposit="B"))
        ok(cheque(books, bank_deposit="A"))
        assert (proposed(books), proposed(bob)) == ("A", "B")


@pytest.mark.feature("S2-44")
def test_payments_of_any_method_can_be_put_in_a_deposit(books: Books) -> None:
    methods = [method["code"] for method in ok(books.get("payments", "/payment-methods"))]
    assert len(methods) == 6
    for method in methods:
        opened(books, f"REM-{method}", method=method)
        assert deposit(books, f"REM-{method}")["method"] == method
    voucher = {"label": "Bon", "untdid_4461": "ZZZ", "depositable": False}
    ok(books.put("payments", "/payment-methods/voucher", voucher))
    answer = cheque(books, method="voucher", bank_deposit="REM-V", confirm=CONFIRMED)
    refused(answer, 422, "method-not-depositable")


@pytest.mark.feature("S2-46")
def test_a_deposit_that_is_not_known_is_opened_once_that_is_confirmed(books: Books) -> None:
    before = position(books, "payments")
    problem = refused(cheque(books, bank_deposit="REM-1"), 409, "bank-deposit-not-opened")
    assert problem["confirm"] == CONFIRMED
    assert position(books, "payments") == before
    assert books.get("payments", "/bank-deposits/REM-1").status_code == 404
    made = ok(cheque(books, bank_deposit="REM-1", confirm=problem["confirm"]))
    assert made["bank_deposit"] == "REM-1"
    shown = deposit(books)
    assert (shown["method"], shown["bank_account"], shown["state"]) == ("cheque", "CIC", "open")
    ok(cheque(books, "20.50", bank_deposit="REM-1"))
    shown = deposit(books)
    assert (shown["payment_count"], shown["total"]) == (2, "120.50")


@pytest.mark.feature("S2-47", "S2-48")
def test_method_and_account_of_a_deposit_are_never_changed(books: Books) -> None:
    bnp = {"label": "BNP", "account": "51220000", "journal_code": "BNP"}
    ok(books.put("payments", "/bank-accounts/BNP", bnp))
    cic = {"bank_account": "CIC"}
    opened(books, **cic)
    problem = refused(
        cheque(books, method="cash", bank_deposit="REM-1", **cic),
        409,
        "bank-deposit-of-another-method",
    )
    assert (problem["fixed"], problem["found"]) == ("cheque", "cash")
    assert problem["title"].startswith("The bank deposit exists, but for another payment method")
    assert "confirm" not in problem
    elsewhere = cheque(books, bank_deposit="REM-1", bank_account="BNP")
    refused(elsewhere, 409, "bank-deposit-of-another-account")
    for body in ({"method": "cash", **cic}, {"method": "cheque", "bank_account": "BNP"}):
        for _ in ("open", "closed"):
            answer = books.put("payments", "/bank-deposits/REM-1", body)
            assert answer.status_code == 409, answer.text
    close(books)
    again = books.put("payments", "/bank-deposits/REM-1", {"method": "cash", **cic})
    refused(again, 409, "bank-deposit-of-another-method")
    assert (deposit(books)["method"], deposit(books)["bank_account"]) == ("cheque", "CIC")


@pytest.mark.feature("S2-49", "S2-50")
def test_a_closed_deposit_is_reopened_by_those_who_may_and_asked_for_by_others(
    books: Books, clerk: Books
) -> None:
    made = opened(books)
    assert close(books)["actions"] == ["reopening"]
    problem = refused(cheque(clerk, bank_deposit="REM-1"), 409, "bank-deposit-is-closed")
    assert problem["bank_deposit"] == "REM-1"
    out = {"bank_deposit": None}
    path = f"/payments/{made['payment_id']}/bank-deposit"
    refused(books.put("payments", path, out), 409, "bank-deposit-is-closed")

    assert deposit(clerk)["actions"] == ["reopening-request"]
    why = {"reason": "un chèque oublié"}
    refused(clerk.put("payments", "/bank-deposits/REM-1/reopening", why), 403, "forbidden")
    ok(clerk.put("payments", "/bank-deposits/REM-1/reopening-request", why))
    shown = deposit(books)
    assert (shown["actions"], shown["reopening_reason"]) == (["reopening"], "un chèque oublié")

    ok(books.put("payments", "/bank-deposits/REM-1/reopening", why))
    (entry,) = facts(books, "payments", "bank-deposit-reopened")
    assert entry["reason"] == "un chèque oublié"
    assert deposit(clerk)["actions"] == ["closing"]
    assert ok(cheque(clerk, bank_deposit="REM-1"))["bank_deposit"] == "REM-1"
    asked = books.put("payments", "/bank-deposits/REM-1/reopening-request", why)
    refused(asked, 409, "bank-deposit-is-open")


def test_what_went_to_accounting_closes_its_deposit_for_good(books: Books) -> None:
    opened(books, received_on="2025-08-18")
    opened(books, "REM-2", received_on="2025-09-01")
    ok(books.put("payments", "/bank-deposits/REM-3", {"method": "cash"}))
    august = {"from": "2025-08-01", "to": "2025-08-31"}
    ok(books.post("payments", "/accounting-exports", august))
    shown = deposit(books)
    assert (shown["state"], shown["actions"]) == ("closed", [])
    assert shown["export_id"]
    assert [deposit(books, name)["state"] for name in ("REM-2", "REM-3")] == ["open", "open"]
    refused(cheque(books, bank_deposit="REM-1"), 409, "bank-deposit-is-closed")
    why = {"reason": "oubli"}
    answer = books.put("payments", "/bank-deposits/REM-1/reopening", why)
    assert refused(answer, 409, "bank-deposit-is-exported")["sequence"] == 1
    refused(books.put("payments", "/bank-deposits/REM-3/closing", {}), 409, "bank-deposit-is-empty")


def test_payments_go_in_and_out_while_the_deposit_is_open(books: Books) -> None:
    made = opened(books)
    path = f"/payments/{made['payment_id']}/bank-deposit"
    moved = {"bank_deposit": "REM-2"}
    refused(books.put("payments", path, moved), 409, "bank-deposit-not-opened")
    ok(books.put("payments", path, moved | {"confirm": CONFIRMED}))
    sums = [(d["payment_count"], d["total"]) for d in (deposit(books), deposit(books, "REM-2"))]
    assert sums == [(0, "0.00"), (1, "100.00")]
    before = position(books, "payments")
    ok(books.put("payments", path, moved))
    assert position(books, "payments") == before
    ok(books.put("payments", path, {"bank_deposit": None}))
    assert payment(books, made["payment_id"])["bank_deposit"] is None
    ok(books.put("payments", path, moved))
    ok(books.put("payments", f"/payments/{made['payment_id']}/reversal", {"reason": "erreur"}))
    assert deposit(books, "REM-2")["payment_count"] == 0
    refused(books.put("payments", path, {"bank_deposit": "REM-1"}), 409, "payment-is-reversed")


def test_a_post_dated_cheque_is_not_taken_to_the_bank_before_its_date(books: Books) -> None:
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    opened(books, received_on=tomorrow)
    early = books.put("payments", "/bank-deposits/REM-1/closing", {})
    assert refused(early, 409, "cheque-not-due")["received_on"] == tomorrow
    ok(books.put("payments", "/bank-deposits/REM-1/closing", {"on": tomorrow}))


def test_the_slip_lists_what_is_in_the_deposit_and_adds_it_up(books: Books) -> None:
    opened(books, amount="1170.00", reference="0012345", payer_name="=Durand", customer_bank="BNP")
    close(books)
    answer = books.get("payments", "/bank-deposits/REM-1/slip")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = [line.split(";") for line in answer.text.splitlines()]
    assert lines[:3] == [["Remise", "REM-1"], ["Mode de règlement", "Chèque"], ["Compte", "CIC"]]
    assert lines[4] == ["Date", "Numéro", "Émetteur", "Banque", "Reçu", "Montant"]
    assert lines[5][1:4] == ["0012345", "'=Durand", "BNP"]
    assert lines[5][5] == "1170,00"
    assert lines[6] == ["Total", "1", "", "", "EUR", "1170,00"]


def test_deposits_are_listed_last_opened_first(books: Books) -> None:
    for name in ("A", "B", "C"):
        opened(books, name)
    close(books, "B")
    first = ok(books.get("payments", "/bank-deposits", limit=2))
    assert [row["bank_deposit"] for row in first["items"]] == ["C", "B"]
    rest = ok(books.get("payments", "/bank-deposits", limit=2, cursor=first["next_cursor"]))
    assert [row["bank_deposit"] for row in rest["items"]] == ["A"]
    closed = ok(books.get("payments", "/bank-deposits", state="closed"))["items"]
    assert [row["bank_deposit"] for row in closed] == ["B"]
