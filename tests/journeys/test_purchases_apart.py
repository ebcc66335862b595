"""If these failed, sales would show what is none of theirs, and accounting book it with them."""

from typing import Any

import pytest

from tests.books import Books, ok
from tests.purchases import ON, bought, card, exported, pay_out
from tests.reading import everything


def numbers(books: Books, path: str, **query: Any) -> set[str]:
    """Return the numbers in a list of documents."""
    return {row["number"] for row in everything(books, "invoicing", path, **query)}


@pytest.mark.feature("S2-56")
def test_what_we_owe_shows_in_no_figure_of_sales(books: Books) -> None:
    sold = books.invoice("100.00")
    paths = ("/documents", "/enterprise/documents", "/customers")
    sales = {path: everything(books, "invoicing", path, **YEARS[path]) for path in paths}
    balances = ok(books.get("reconciliation", "/balances"))
    items = everything(books, "reconciliation", "/items")
    totals = books.prove_conservation().totals["EUR"]
    supplier, employee = card(books), card(books, "employee")
    owed = bought(books, supplier, "120.00")
    note = bought(books, employee, "30.00", "expense_note")
    ok(pay_out(books, owed, "70.00"))
    books.wait_until_caught_up()
    for path in paths:
        assert everything(books, "invoicing", path, **YEARS[path]) == sales[path]
    assert ok(books.get("reconciliation", "/balances")) == balances
    assert everything(books, "reconciliation", "/items") == items
    assert numbers(books, "/documents", payment_status="open") == {sold["number"]}
    assert ok(books.get("payments", "/payments/totals"))["total"] == []
    after = books.prove_conservation().totals["EUR"]
    assert (after.payable, after.outstanding, after.refunded) == (
        totals.payable,
        totals.outstanding,
        totals.refunded,
    )
    assert (after.purchased, after.owing, after.spent) == (15_000, 8_000, 7_000)
    assert numbers(books, "/documents", kind="purchase_invoice") == {owed["number"]}
    assert numbers(books, "/documents", customer_id=str(employee)) == {note["number"]}
    (balance,) = ok(books.get("reconciliation", "/balances", role="supplier"))
    assert (balance["customer_id"], balance["balance"]) == (str(supplier), "-50.00")
    account = ok(books.get("reconciliation", f"/customers/{employee}/open-account"))
    assert [(row["category"], row["open"]) for row in account["available"]] == [
        ("expense_note", "30.00")
    ]
    (tab, _) = ok(books.get("invoicing", f"/customers/{supplier}/tabs"))
    assert (tab["title"], tab["count"]) == ("Facture fournisseur", 1)


YEARS: dict[str, dict[str, Any]] = {
    "/documents": {},
    "/enterprise/documents": {"fiscal_year": "all"},
    "/customers": {},
}


def test_accounting_gets_it_on_the_third_partys_account(books: Books) -> None:
    supplier = card(books, auxiliary_account="401MARTIN")
    employee, partner = card(books, "employee"), card(books, "employee", account="467100")
    for party, kind in (
        (supplier, "purchase_invoice"),
        (employee, "expense_note"),
        (partner, "expense_note"),
    ):
        ok(pay_out(books, bought(books, party, "40.00", kind), "40.00", refunded_on=ON))
    books.wait_until_caught_up()
    lines = [row for row in exported(books) if row["CompteNum"] != "51210000"]
    assert [(row["CompteNum"], row["CompteLib"], row["CompAuxNum"]) for row in lines] == [
        ("401000", "Fournisseurs", "401MARTIN"),
        ("421000", "Personnel", ""),
        ("467100", "Débiteurs et créditeurs divers", ""),
    ]
    assert {(row["Debit"], row["Credit"]) for row in lines} == {("40,00", "0,00")}
    words = [row["EcritureLib"].partition(" Virement")[0] for row in lines]
    assert words == ["Règlement fournisseur", *["Remboursement de note de frais"] * 2]
    assert all(row["EcritureLet"] for row in lines)
