"""If this failed, forms and lists would show a name that the customer does not bear any more."""

from tests.books import Books, ok


def test_a_changed_name_reaches_the_services_that_show_it(books: Books) -> None:
    customer = str(books.customer_id)
    invoice = books.invoice("12.00")
    ok(books.pay(amount="12.00", applies_to=[{"document_id": invoice["document_id"]}]))
    card = ok(books.get("invoicing", f"/customers/{customer}"))
    details = {"name": "Durand & Fils", "town": card["town"]}
    ok(books.put("invoicing", f"/customers/{customer}/details", details))
    books.wait_until_caught_up()
    form = ok(books.get("payments", "/payments/defaults", customer=customer))
    assert form["payer_name"] == "Durand & Fils"
    (link,) = ok(books.get("reconciliation", "/allocations", customer_id=customer))["items"]
    assert link["customer_name"] == "Durand & Fils"
