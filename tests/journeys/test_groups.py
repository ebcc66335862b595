"""If these failed, one payment could not settle what several customers of a group owe."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.fec import Line, read
from tests.books import Books, ok, refused
from tests.reading import everything, facts, links
from tests.reconciliation.test_links import named

SATURDAY = {"from": "2025-08-01", "to": "2025-08-31"}
REASON = {"reason": "erreur"}


class Group:
    """A parent, two subsidiaries with an invoice each, and a stranger."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.parent = books.customer_id
        self.north, self.south, self.stranger = uuid4(), uuid4(), uuid4()
        for place, daughter in enumerate((self.north, self.south)):
            books.register(
                daughter,
                name=f"Filiale {place}",
                parent_id=str(self.parent),
                auxiliary_account=f"F{place}",
            )
        books.register(self.stranger, name="Martin")
        self.first = books.invoice("100.00", customer_id=str(self.north))
        self.second = books.invoice("50.00", customer_id=str(self.south), issued_on="2025-08-19")

    def pay(self, amount: str, **fields: Any) -> dict[str, Any]:
        """Let the parent pay both invoices."""
        fields = {"confirm": ["keep-as-credit"]} | fields
        both = [{"document_id": d["document_id"]} for d in (self.first, self.second)]
        paid = ok(
            self.books.pay(amount=amount, applies_to=both, received_on="2025-08-20", **fields)
        )
        self.books.wait_until_caught_up()
        return dict(paid)

    def owed(self, customer_id: UUID) -> tuple[str, str, str]:
        """Return a customer's balance, and what is open on both sides."""
        query = {"customer_id": str(customer_id)}
        (row,) = ok(self.books.get("reconciliation", "/balances", **query))
        return row["balance"], row["open_debit"], row["open_credit"]

    def outstanding(self) -> list[str]:
        """Return what is owed on both invoices."""
        return [self.books.document(d)["outstanding"] for d in (self.first, self.second)]

    def exported(self) -> list[Line]:
        """Close an export of August and return its lines."""
        export = ok(self.books.post("payments", "/accounting-exports", SATURDAY))
        url = f"/accounting-exports/{export['export_id']}/file"
        return list(read(self.books.get("payments", url).content).lines)


@pytest.fixture
def group(books: Books) -> Group:
    return Group(books)


def test_one_payment_of_the_parent_settles_invoices_of_both_subsidiaries(group: Group) -> None:
    books = group.books
    paid = group.pay("150.00")
    assert group.outstanding() == ["0.00", "0.00"]
    for customer in (group.parent, group.north, group.south):
        assert group.owed(customer) == ("0.00", "0.00", "0.00")
    found = {
        (row["document_number"], row["payment_number"], row["allocated"]) for row in links(books)
    }
    assert found == {
        (group.first["number"], paid["number"], "100.00"),
        (group.second["number"], paid["number"], "50.00"),
    }
    (receipt,) = books.document(group.first)["settled_with"]
    assert (receipt["kind"], receipt["item_id"]) == ("payment", paid["payment_id"])
    assert facts(books, "reconciliation", "allocation-shortfall") == []
    books.prove_conservation()


def test_every_account_balances_in_what_accounting_gets(group: Group) -> None:
    group.pay("160.00")
    lines = group.exported()
    per_account: dict[str, int] = {}
    for line in lines:
        name = f"{line.account[:3]} {line.auxiliary}".strip()
        cents = line.debit_cents - line.credit_cents
        per_account[name] = per_account.get(name, 0) + cents
    # invoices are booked elsewhere: 100 and 50 stand on the subsidiaries' debit there
    assert per_account == {"512": 16_000, "411": -1_000, "411 F0": -10_000, "411 F1": -5_000}
    transfers = [line for line in lines if line.journal_code == "OD"]
    assert len(transfers) == 4
    assert {line.label for line in transfers} == {
        f"Transfert {group.first['number']}",
        f"Transfert {group.second['number']}",
    }
    assert {line.matching_code for line in transfers if line.auxiliary} == {"AA"}
    assert {line.matching_code for line in transfers if not line.auxiliary} == {""}  # 10.00 is open
    group.books.prove_conservation()
    books = group.books
    refused(books.post("payments", "/accounting-exports", SATURDAY), 409, "nothing-to-export")


def test_what_is_released_comes_back_to_the_parent_and_to_accounting(group: Group) -> None:
    books = group.books
    paid = group.pay("150.00")
    group.exported()
    (link,) = links(books, document_id=group.first["document_id"])
    path = f"/allocations/{link['allocation_id']}/release"
    shown = ok(books.put("reconciliation", path, REASON | {"on": "2025-08-25"}))
    assert shown["paid_with"] == f"payment/{paid['payment_id']}"
    books.wait_until_caught_up()
    assert group.outstanding() == ["100.00", "0.00"]
    assert group.owed(group.parent) == ("-100.00", "0.00", "100.00")
    assert group.owed(group.north) == ("100.00", "100.00", "0.00")
    debit, credit = group.exported()
    assert (debit.auxiliary, debit.debit_cents, credit.auxiliary, credit.credit_cents) == (
        "F0",
        10_000,
        "",
        10_000,
    )
    ok(books.put("payments", f"/payments/{paid['payment_id']}/reversal", REASON))
    books.prove_conservation()
    assert group.outstanding() == ["100.00", "50.00"]
    assert group.owed(group.parent) == ("0.00", "0.00", "0.00")


def test_a_correction_pays_the_group_anew(group: Group) -> None:
    books = group.books
    paid = group.pay("150.00")
    right = books.payment_body(amount="120.00", received_on="2025-08-20")
    right["applies_to"] = [{"document_id": d["document_id"]} for d in (group.first, group.second)]
    body = {"payment_id": str(uuid4()), "payment": right} | REASON
    ok(books.put("payments", f"/payments/{paid['payment_id']}/correction", body))
    books.prove_conservation()
    assert group.outstanding() == ["0.00", "30.00"]
    assert group.owed(group.south) == ("30.00", "30.00", "0.00")


def test_who_pays_by_default_is_the_parent_of_several_and_the_customer_of_one(group: Group) -> None:
    books = group.books
    both = [
        {"document_id": d["document_id"], "amount": "1.00"} for d in (group.first, group.second)
    ]
    body = {"method": "transfer", "amount": "2.00", "applies_to": both}
    assert ok(books.put("payments", f"/payments/{uuid4()}", body))["customer_id"] == str(
        group.parent
    )
    alone = body | {"amount": "1.00", "applies_to": both[:1]}
    assert ok(books.put("payments", f"/payments/{uuid4()}", alone))["customer_id"] == str(
        group.north
    )
    books.prove_conservation()


def test_who_is_not_of_the_group_is_refused(group: Group) -> None:
    books = group.books
    stranger: dict[str, Any] = {"customer_id": str(group.stranger)}
    problem = refused(books.pay(group.first, **stranger), 422, "document-of-another-customer")
    assert (problem["customer_id"], problem["owner_id"]) == (str(group.stranger), str(group.north))
    money = ok(books.pay(amount="100.00", **stranger))
    books.wait_until_caught_up()
    sides = {"credit": named("payment", money), "debit": named("document", group.first)}
    path = f"/allocations/{uuid4()}"
    found = books.put("reconciliation", path, sides | {"amount": "1.00"})
    problem = refused(found, 422, "not-one-group")
    assert (problem["payer_id"], problem["debtor_id"]) == (str(group.stranger), str(group.north))
    settled = {"owed": [sides["debit"]], "available": [sides["credit"]]}
    found = books.post("reconciliation", "/settlements/preview", settled)
    refused(found, 422, "not-one-group")
    pair = {"customer_id": str(group.north), "items": list(sides.values())}
    refused(books.put("reconciliation", f"/matchings/{uuid4()}", pair), 422, "sides-do-not-match")
    assert group.outstanding() == ["100.00", "50.00"]
    books.prove_conservation()


def test_two_columns_show_the_whole_group_and_settle_across_it(group: Group) -> None:
    books = group.books
    ok(books.pay(amount="120.00"))
    books.wait_until_caught_up()
    path = f"/customers/{group.parent}/open-account"
    assert ok(books.get("reconciliation", path))["owed"] == []
    shown = ok(books.get("reconciliation", path, group=True))
    assert [(row["customer_id"], row["open"]) for row in shown["owed"]] == [
        (str(group.north), "100.00"),
        (str(group.south), "50.00"),
    ]
    of_daughter = books.get("reconciliation", f"/customers/{group.south}/open-account", group=True)
    assert ok(of_daughter)["owed"] == shown["owed"]
    sides = {
        name: [{"kind": row["kind"], "id": row["id"]} for row in shown[name]]
        for name in ("owed", "available")
    }
    foreseen = ok(books.post("reconciliation", "/settlements/preview", sides))
    assert [part["amount"] for part in foreseen["allocations"]] == ["100.00", "20.00"]
    made = ok(books.put("reconciliation", f"/settlements/{uuid4()}", sides))
    assert [(each["amount"], each["customer_id"]) for each in made] == [
        ("100.00", str(group.north)),
        ("20.00", str(group.south)),
    ]
    books.wait_until_caught_up()
    assert group.outstanding() == ["0.00", "30.00"]
    left = ok(books.get("reconciliation", path, group=True))
    assert ([row["open"] for row in left["owed"]], left["available"]) == (["30.00"], [])
    books.prove_conservation()


def test_money_of_the_parent_is_held_for_an_order_and_slides_to_its_invoice(group: Group) -> None:
    books = group.books
    daughter = {"customer_id": str(group.north)}
    order = books.invoice("80.00", kind="order", **daughter)
    ok(books.pay(order, amount="80.00", confirm=["record-prepayment"]))
    books.wait_until_caught_up()
    assert facts(books, "reconciliation", "transfer-made") == []
    bill = books.invoice("80.00", follows=order["document_id"], **daughter)
    books.prove_conservation()
    assert books.document(bill)["outstanding"] == "0.00"
    assert group.owed(group.parent) == ("0.00", "0.00", "0.00")
    assert group.owed(group.north) == ("100.00", "100.00", "0.00")


def test_a_payment_of_the_parent_closes_a_subsidiary_s_invoice_short(group: Group) -> None:
    books = group.books
    policy = {"write_off_account": "658000"}
    ok(books.put("payments", "/payment-policy", {"tolerance": "5.00"} | policy))
    part = [{"document_id": group.first["document_id"], "closes": True}]
    ok(books.pay(amount="98.00", applies_to=part, received_on="2025-08-20"))
    books.prove_conservation()
    assert group.outstanding() == ["0.00", "50.00"]
    assert group.owed(group.north) == ("0.00", "0.00", "0.00")
    written = [line for line in group.exported() if line.account == "658000"]
    assert [line.debit_cents for line in written] == [200]


def test_transfers_are_listed_with_both_customers_newest_first(group: Group) -> None:
    books = group.books
    paid = group.pay("150.00")
    listed = everything(books, "reconciliation", "/transfers", limit=1)
    assert [row["position"] for row in listed] == sorted(
        (row["position"] for row in listed), reverse=True
    )
    of_north: dict[str, Any] = {"customer_id": str(group.north)}
    (one,) = everything(books, "reconciliation", "/transfers", **of_north)
    assert (one["from_customer_name"], one["to_customer_name"]) == ("Durand", "Filiale 0")
    assert (one["credit_number"], one["debit_number"], one["amount"]) == (
        *(paid["number"], group.first["number"]),
        "100.00",
    )
    path = f"/payments/{paid['payment_id']}/reversal"
    ok(books.put("payments", path, REASON | {"on": "2025-08-26"}))
    books.wait_until_caught_up()
    back, before = everything(books, "reconciliation", "/transfers", **of_north, limit=1)
    assert (back["takes_back"], before["taken_back_on"]) == (one["transfer_id"], "2025-08-26")
    assert (back["from_customer_name"], back["to_customer_name"]) == ("Filiale 0", "Durand")
    later: dict[str, Any] = {"transferred_from": "2025-08-26", "transferred_to": "2025-08-26"}
    found = everything(books, "reconciliation", "/transfers", **later)
    assert [row["transferred_on"] for row in found] == ["2025-08-26"] * 2
    nobody: dict[str, Any] = {"customer_id": str(group.stranger)}
    assert everything(books, "reconciliation", "/transfers", **nobody) == []
    assert len(everything(books, "reconciliation", "/transfers")) == 4
