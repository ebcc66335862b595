"""If these failed, money that reached us would not reach the books."""

import pytest

from tests.books import Books, ok, until


@pytest.mark.feature("S1-02")
def test_a_payment_settles_its_invoice_and_its_reversal_reopens_it(books: Books) -> None:
    invoice = books.invoice("1170.00")
    payment = ok(books.pay(invoice))
    until(lambda: books.document(invoice)["payment_status"] == "settled")
    reversal = {"reason": "saisi deux fois"}
    ok(books.put("payments", f"/payments/{payment['payment_id']}/reversal", reversal))
    until(lambda: books.document(invoice)["payment_status"] == "unpaid")
