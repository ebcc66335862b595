"""If these failed, we would pay twice what we owe, or sales would show what is none of theirs."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.books import Books, ok, refused
from tests.purchases import body_of, bought, card, exported, pay_out, shown
from tests.reading import facts, position

KINDS = [("purchase_invoice", "supplier"), ("expense_note", "employee")]
each_kind = pytest.mark.parametrize(("kind", "role"), KINDS)
REASON = {"reason": "erreur de saisie"}


def balance_of(books: Books, party: UUID) -> tuple[str, str, str]:
    """Return balance, open debit and open credit of an account."""
    (row,) = ok(books.get("reconciliation", "/balances", customer_id=str(party)))
    return row["balance"], row["open_debit"], row["open_credit"]


# ── the box that closes ─────────────────────────────────────────────────────────


@each_kind
@pytest.mark.feature("S2-56")
def test_the_same_box_closes_what_we_owe_for_less(books: Books, kind: str, role: str) -> None:
    owed = bought(books, card(books, role), "120.00", kind)
    ok(pay_out(books, owed, "100.00", closes=True))
    assert shown(books, owed) == ("settled", "0.00", "20.00")
    refused(pay_out(books, owed, "1.00"), 409, "nothing-to-refund")
    (closed,) = facts(books, "payments", "document-closed")
    assert (closed["side"], closed["difference"]["value"]) == ("credit", "20.00")
    assert facts(books, "reconciliation", "write-off-declared") == []
    assert {row["JournalCode"] for row in exported(books)} == {"CIC"}
    books.prove_conservation()


@each_kind
@pytest.mark.feature("S2-56")
def test_it_is_paid_over_within_the_tolerance_only_where_it_closes(
    books: Books, kind: str, role: str
) -> None:
    party = card(books, role)
    owed = bought(books, party, "120.00", kind)
    problem = refused(pay_out(books, owed, "120.01"), 409, "more-than-refundable")
    assert problem["maximum"] == "120.00"
    problem = refused(pay_out(books, owed, "125.01", closes=True), 409, "more-than-refundable")
    assert problem["maximum"] == "125.00"
    ok(pay_out(books, owed, "125.00", closes=True))
    assert shown(books, owed) == ("settled", "0.00", "0.00")
    assert balance_of(books, party) == ("5.00", "5.00", "0.00")
    assert facts(books, "payments", "document-closed") == []
    books.prove_conservation()


@each_kind
@pytest.mark.feature("S2-56")
def test_an_amount_of_0_settles_it_without_money(books: Books, kind: str, role: str) -> None:
    owed, name = bought(books, card(books, role), "120.00", kind), uuid4()
    refused(pay_out(books, owed, "0.00"), 422, "amount-not-positive")
    made = ok(pay_out(books, owed, "0.00", closes=True, name=name))
    assert [(c["number"], c["difference"]) for c in made["closed"]] == [(owed["number"], "120.00")]
    assert shown(books, owed) == ("settled", "0.00", "120.00")
    assert facts(books, "payments", "refund-recorded") == []
    before = position(books, "payments")
    assert ok(pay_out(books, owed, "0.00", closes=True, name=name)) == made
    assert position(books, "payments") == before
    refused(pay_out(books, owed, "1.00", closes=True, name=name), 409, "refund-id-taken")
    books.prove_conservation()
    back = ok(books.put("payments", f"/refunds/{name}/reversal", REASON))
    assert back["closed"][0]["reopened_on"]
    assert shown(books, owed) == ("unpaid", "120.00", "0.00")
    books.prove_conservation()


@pytest.mark.feature("S2-56")
def test_what_closed_it_opens_it_again_when_it_is_reversed(books: Books) -> None:
    owed = bought(books, card(books), "120.00")
    made = ok(pay_out(books, owed, "100.00", closes=True))
    assert shown(books, owed)[0] == "settled"
    ok(books.put("payments", f"/refunds/{made['refund_id']}/reversal", REASON))
    assert shown(books, owed) == ("unpaid", "120.00", "0.00")
    books.prove_conservation()
    ok(pay_out(books, owed, "120.00"))
    assert shown(books, owed) == ("settled", "0.00", "0.00")
    books.prove_conservation()


@pytest.mark.feature("S2-56")
def test_the_ledger_books_what_we_need_not_pay_as_a_gain_if_it_says_so(books: Books) -> None:
    ok(books.put("payments", "/payment-policy", {"write_off_account": "758"}))
    owed = bought(books, card(books), "120.00")
    made = ok(pay_out(books, owed, "100.00", closes=True))
    assert shown(books, owed) == ("settled", "0.00", "0.00")
    (written,) = facts(books, "reconciliation", "write-off-declared")
    assert (written["side"], written["amount"]["value"]) == ("debit", "20.00")
    books.prove_conservation()
    booked = [row for row in exported(books) if row["JournalCode"] == "OD"]
    sides = [(row["CompteNum"], row["Debit"], row["Credit"]) for row in booked]
    assert sides == [("758", "0,00", "20,00"), ("401000", "20,00", "0,00")]
    assert booked[1]["EcritureLet"]
    back = REASON | {"on": "2025-08-21"}
    ok(books.put("payments", f"/refunds/{made['refund_id']}/reversal", back))
    assert shown(books, owed) == ("unpaid", "120.00", "0.00")
    books.prove_conservation()
    opposite = [row for row in exported(books) if row["JournalCode"] == "OD"]
    assert [(row["CompteNum"], row["Debit"], row["Credit"]) for row in opposite] == [
        ("758", "20,00", "0,00"),
        ("401000", "0,00", "20,00"),
    ]


def test_nothing_else_is_closed_by_money_that_goes_out(books: Books) -> None:
    note = books.invoice("30.00", kind="credit_note")
    refused(pay_out(books, note, "20.00", closes=True), 422, "not-closable")
    spare = ok(books.pay(amount="30.00"))
    part = {"kind": "payment", "id": spare["payment_id"], "closes": True}
    owed = {"customer_id": str(books.customer_id), "document_id": str(uuid4())}
    refused(pay_out(books, owed, "20.00", refunds=[part]), 422, "not-closable")
    refused(pay_out(books, books.invoice("30.00"), "20.00"), 422, "not-refundable")


# ── one list of methods for both sides ──────────────────────────────────────────


def pay_both(books: Books, owed: dict[str, Any], invoice: dict[str, Any], **fields: Any) -> Any:
    """Pay 10.00 of what we owe, and have 10.00 of an invoice paid, in the same way."""
    return pay_out(books, owed, "10.00", **fields), books.pay(invoice, amount="10.00", **fields)


@pytest.mark.feature("S2-34")
def test_one_list_of_methods_and_accounts_serves_sales_and_purchases(books: Books) -> None:
    traite: dict[str, Any] = {"label": "Traite", "untdid_4461": "24"}
    path = "/payment-methods/traite"
    owed, invoice = bought(books, card(books), "120.00"), books.invoice("120.00")
    for answer in pay_both(books, owed, invoice, method="traite"):
        assert "traite" not in refused(answer, 422, "unknown-method")["known"]
    ok(books.put("payments", path, traite))
    for answer in pay_both(books, owed, invoice, method="traite"):
        assert ok(answer)["method"] == "traite"
    ok(books.put("payments", path, traite | {"needs_number": True}))
    for answer in pay_both(books, owed, invoice, method="traite"):
        assert refused(answer, 422, "reference-missing")["method"] == "traite"
    for answer in pay_both(books, owed, invoice, method="traite", reference="T-12"):
        assert ok(answer)["reference"] == "T-12"
    ok(books.put("payments", path, traite | {"active": False}))
    for answer in pay_both(books, owed, invoice, method="traite", reference="T-13"):
        assert "traite" not in refused(answer, 422, "unknown-method")["known"]
    (one,) = [m for m in ok(books.get("payments", "/payment-methods")) if m["code"] == "traite"]
    assert not one["active"]
    ok(books.put("payments", path, traite | {"default": True}))
    for answer in pay_both(books, owed, invoice, method=None):
        assert ok(answer)["method"] == "traite"
    cic = {"label": "CIC", "account": "51210000", "journal_code": "CIC", "active": False}
    ok(books.put("payments", "/bank-accounts/CIC", cic))
    for answer in pay_both(books, owed, invoice, bank_account="CIC"):
        refused(answer, 422, "unknown-bank-account")
    books.prove_conservation()


# ── refused ─────────────────────────────────────────────────────────────────────


def test_what_comes_in_never_pays_what_we_owe(books: Books) -> None:
    party = card(books)
    owed = bought(books, party, "120.00")
    for confirm in ([], ["keep-as-credit"], ["record-prepayment"]):
        answer = books.pay(owed, amount="120.00", customer_id=str(party), confirm=confirm)
        assert refused(answer, 422, "document-not-payable")["confirm"] == []
    assert facts(books, "payments", "payment-recorded") == []


def test_money_meant_for_it_before_it_was_known_stays_a_credit(books: Books) -> None:
    party, name = card(books), uuid4()
    body: dict[str, Any] = {"amount": "50.00", "customer_id": str(party)}
    body["confirm"] = ["keep-as-credit"]
    ok(books.pay(applies_to=[{"document_id": str(name)}], **body))
    books.wait_until_caught_up()
    owed = body_of(party, "120.00", "purchase_invoice")
    made = ok(books.put("invoicing", f"/documents/{name}", owed))
    assert shown(books, made) == ("unpaid", "120.00", "0.00")
    books.prove_conservation()
    ok(pay_out(books, made, "120.00"))
    assert shown(books, made)[0] == "settled"
    books.prove_conservation()


@each_kind
def test_only_a_known_card_of_its_role_has_such_a_document(
    books: Books, kind: str, role: str
) -> None:
    body = body_of(uuid4(), "120.00", kind)
    refused(books.put("invoicing", f"/documents/{uuid4()}", body), 422, "unknown-customer")
    other = card(books, "employee" if role == "supplier" else "supplier")
    for party in (books.customer_id, other):
        body = body_of(party, "120.00", kind)
        answer = books.put("invoicing", f"/documents/{uuid4()}", body)
        assert refused(answer, 422, "card-of-another-role")["wanted"] == role
    sale = body_of(card(books, role), "120.00", "invoice")
    refused(books.put("invoicing", f"/documents/{uuid4()}", sale), 422, "card-of-another-role")
    owed = bought(books, card(books, role), "120.00", kind)
    stranger = pay_out(books, owed, "1.00", customer_id=str(uuid4()))
    refused(stranger, 422, "unknown-customer")
    customer = pay_out(books, owed, "1.00", customer_id=str(books.customer_id))
    refused(customer, 422, "document-of-another-customer")


def test_a_suppliers_invoice_has_its_number_and_is_validated_once(books: Books) -> None:
    first, second = card(books), card(books)
    bare = body_of(first, "120.00", "purchase_invoice", source_reference=None)
    refused(books.put("invoicing", f"/documents/{uuid4()}", bare), 422, "supplier-number-missing")
    owed = bought(books, first, "120.00", source_reference="2025-77")
    again = body_of(first, "120.00", "purchase_invoice", source_reference="2025-77")
    answer = books.put("invoicing", f"/documents/{uuid4()}", again)
    assert refused(answer, 409, "supplier-number-taken")["number"] == owed["number"]
    other = bought(books, second, "120.00", source_reference="2025-77")
    assert [owed["number"], other["number"]] == ["FF2508-0001", "FF2508-0002"]
    note = bought(books, card(books, "employee"), "9.00", "expense_note", source_reference=None)
    assert note["number"] == "NF2508-0001"


def test_it_is_drawn_up_submitted_rejected_validated_and_given_up_as_others_are(
    books: Books,
) -> None:
    party, name = card(books), uuid4()
    path = f"/drafts/{name}"
    body = body_of(party, "120.00", "purchase_invoice")
    drafted = ok(books.put("invoicing", path, body))
    assert (drafted["document_status"], drafted["number"]) == ("draft", None)
    sale = body_of(books.customer_id, "120.00", "invoice")
    refused(books.put("invoicing", path, sale), 409, "document-id-taken")
    ok(books.put("invoicing", f"{path}/submission", {}))
    ok(books.put("invoicing", f"{path}/rejection", REASON))
    ok(books.put("invoicing", path, body | {"due_on": "2025-09-30"}))
    final = ok(books.put("invoicing", f"{path}/validation", {}))
    assert (final["document_status"], final["number"]) == ("validated", "FF2508-0001")
    other = uuid4()
    ok(books.put("invoicing", f"/drafts/{other}", body))
    given_up = ok(books.put("invoicing", f"/documents/{other}/cancellation", REASON))
    assert given_up["document_status"] == "cancelled"
    books.prove_conservation()
