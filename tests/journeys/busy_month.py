"""A busy month: everything that moves money, once or more, through the public APIs."""

from typing import Any
from uuid import UUID, uuid4

from tests import purchases
from tests.books import Books, ok

_VAT = [
    {"label": "Prestation", "net": "100.00", "vat_rate": "20"},
    {"label": "Livre", "net": "33.33", "vat_rate": "5.5"},
    {"label": "Remise", "net": "-10.00", "vat_rate": "20"},
]
REASON = {"reason": "erreur de saisie"}


def happens(books: Books) -> None:
    """Let it happen, and wait until every service has heard of everything."""
    for part in (
        *(partial_and_over, together, taken_back, credited, refunded, by_hand),
        *(closed_short, adjusted, bought_and_paid, in_dollars, for_a_group, paid_early),
    ):
        part(books)
    in_advance(books)
    books.wait_until_caught_up()
    period = {"from": "2025-08-01", "to": "2025-08-31"}
    ok(books.post("payments", "/accounting-exports", period))
    late = ok(books.pay(received_on="2025-08-20", amount="7.77"))
    ok(
        books.put(
            "payments", f"/payments/{late['payment_id']}/reversal", REASON | {"on": "2025-08-21"}
        )
    )
    ok(books.post("payments", "/accounting-exports", period))
    books.wait_until_caught_up()


def invoice(books: Books, **fields: Any) -> dict[str, Any]:
    return books.invoice(**({"lines": _VAT, "file_sha256": "ab" * 32} | fields))


def paid(books: Books, document: dict[str, Any] | None, amount: str, **fields: Any) -> Any:
    payment = ok(books.pay(document, amount=amount, received_on="2025-08-19", **fields))
    books.wait_until_caught_up()
    return payment


def item(kind: str, made: dict[str, Any]) -> dict[str, str]:
    return {"kind": kind, "id": made[f"{kind}_id"]}


def partial_and_over(books: Books) -> None:
    """One invoice in three payments, the last beyond what is due, within the tolerance."""
    owed = invoice(books)
    paid(books, owed, "50.00")
    paid(books, owed, "12.34")
    paid(books, owed, "84.00")


def together(books: Books) -> None:
    """One payment for three invoices, then for one that it no longer covers."""
    three = [invoice(books) for _ in range(3)]
    body = books.payment_body(amount="400.00", received_on="2025-08-19")
    body["applies_to"] = [{"document_id": d["document_id"]} for d in three]
    ok(books.put("payments", f"/payments/{uuid4()}", body))
    books.wait_until_caught_up()


def taken_back(books: Books) -> None:
    """A reversal, a bounced cheque, a correction, and one of each before it is allocated."""
    for how in ("reversal", "return"):
        payment = paid(books, invoice(books), "143.16")
        ok(books.put("payments", f"/payments/{payment['payment_id']}/{how}", REASON))
        free = ok(books.pay(amount="20.00", received_on="2025-08-19"))
        ok(books.put("payments", f"/payments/{free['payment_id']}/{how}", REASON))
    owed = invoice(books)
    wrong = paid(books, owed, "100.00")
    right = books.payment_body(owed, amount="110.00", received_on="2025-08-19")
    correction = {"payment_id": str(uuid4()), "payment": right} | REASON
    ok(books.put("payments", f"/payments/{wrong['payment_id']}/correction", correction))
    books.wait_until_caught_up()


def credited(books: Books) -> None:
    """A credit note that corrects an invoice, one that stands alone and is refunded."""
    owed = invoice(books)
    invoice(books, kind="credit_note", corrects=owed["document_id"])
    alone = invoice(books, kind="credit_note")
    refund(books, "143.16", refunds_kind="document", refunds_id=alone["document_id"])


def refunded(books: Books) -> None:
    """A payment of which a part goes back, twice but once in error; a refund of nothing named."""
    payment = paid(books, None, "500.00")
    refund(books, "120.00", refunds_kind="payment", refunds_id=payment["payment_id"])
    refund(books, "1.00")
    wrong = refund(books, "30.00", refunds=[{"kind": "payment", "id": payment["payment_id"]}])
    ok(books.put("payments", f"/refunds/{wrong['refund_id']}/reversal", REASON))
    note = {"reference": "VIR 12", "note": "remboursé en partie"}
    ok(books.put("payments", f"/payments/{payment['payment_id']}/annotation", note))
    books.wait_until_caught_up()


def refund(books: Books, amount: str, **fields: Any) -> dict[str, Any]:
    body = {"customer_id": str(books.customer_id), "amount": amount, "refunded_on": "2025-08-25"}
    made: dict[str, Any] = ok(books.put("payments", f"/refunds/{uuid4()}", body | fields))
    books.wait_until_caught_up()
    return made


def by_hand(books: Books) -> None:
    """Allocations, a release, a move, a matching of several items, differences accepted."""
    first, second = invoice(books, issued_on="2025-08-10"), invoice(books)
    money = paid(books, None, "200.00")
    allocation = uuid4()
    body = {"credit": item("payment", money), "debit": item("document", first), "amount": "60.01"}
    ok(books.put("reconciliation", f"/allocations/{allocation}", body))
    move = {
        "releases": [str(allocation)],
        "allocations": [body | {"debit": item("document", second)}],
    }
    ok(books.put("reconciliation", f"/reallocations/{uuid4()}", move | REASON))
    loss = write_off(books, "loss", "9.48")
    matched(books, item("document", first), item("payment", money), item("document", second))
    rest = {"credit": loss, "debit": item("document", second), "amount": "9.48"}
    undone = uuid4()
    ok(books.put("reconciliation", f"/allocations/{undone}", rest))
    ok(books.put("reconciliation", f"/allocations/{undone}/release", REASON))
    accepted_beside(books)
    mistaken = write_off(books, "loss", "0.50")
    ok(books.put("reconciliation", f"/write-offs/{mistaken['id']}/reversal", REASON))
    gain = write_off(books, "gain", "3.00")
    matched(books, item("payment", paid(books, None, "3.00")), gain)


def accepted_beside(books: Books) -> None:
    """A discount and a bank's fee beside what is paid, twice; one of both is released."""
    for name in (uuid4(), uuid4()):
        money = paid(books, None, "130.00")
        body = {"credit": item("payment", money), "debit": item("document", invoice(books))}
        accepted = [
            {"code": "discount", "amount": "11.00"},
            {"code": "bank_fee", "amount": "2.16", "account": "6271"},
        ]
        said = {"amount": "130.00", "differences": accepted, "on": "2025-08-20"}
        ok(books.put("reconciliation", f"/allocations/{name}", body | said))
        books.wait_until_caught_up()
    ok(books.put("reconciliation", f"/allocations/{name}/release", REASON | {"on": "2025-08-21"}))
    books.wait_until_caught_up()


def write_off(books: Books, side: str, amount: str) -> dict[str, str]:
    made = uuid4()
    body = {"customer_id": str(books.customer_id), "side": side, "amount": amount} | REASON
    ok(books.put("reconciliation", f"/write-offs/{made}", body))
    return {"kind": "write_off", "id": str(made)}


def matched(books: Books, *items: dict[str, str]) -> None:
    body = {"customer_id": str(books.customer_id), "items": list(items)}
    ok(books.put("reconciliation", f"/matchings/{uuid4()}", body))


def in_advance(books: Books) -> None:
    """An order paid in advance, its invoice, the credit note that undoes it, and a reversal."""
    order = invoice(books, kind="order")
    paid(books, order, "80.00", confirm=["record-prepayment"])
    owed = invoice(books, follows=order["document_id"])
    invoice(books, kind="credit_note", corrects=owed["document_id"])
    money = paid(books, order, "20.00", confirm=["record-prepayment"])
    ok(books.put("payments", f"/payments/{money['payment_id']}/reversal", REASON))


def closed_short(books: Books) -> None:
    """Documents that nobody will pay the rest of: one stays closed, one is opened again."""
    for amount in ("140.00", "0.00"):
        body = books.payment_body(amount=amount, received_on="2025-08-19")
        document_id = invoice(books)["document_id"]
        body["applies_to"] = [{"document_id": document_id, "closes": True}]
        name = uuid4()
        ok(books.put("payments", f"/payments/{name}", body))
        books.wait_until_caught_up()
    ok(books.put("payments", f"/payments/{name}/reversal", REASON))


def adjusted(books: Books) -> None:
    """An invoice raised by an adjustment, and a credit note that is cancelled."""
    owed = invoice(books)
    invoice(books, variant="positive_adjustment", follows=owed["document_id"])
    paid(books, owed, "200.00")
    note = invoice(books, kind="credit_note")
    invoice(books, variant="cancellation", follows=note["document_id"])


def for_a_group(books: Books) -> None:
    """A parent pays for two subsidiaries; one of both is released, another payment taken back."""
    owed = []
    for _ in range(2):
        daughter = uuid4()
        books.register(daughter, parent_id=str(books.customer_id))
        owed.append(invoice(books, customer_id=str(daughter)))
    both = [{"document_id": each["document_id"]} for each in owed]
    paid(books, None, "286.32", applies_to=both)
    query = {"document_id": owed[0]["document_id"]}
    (link,) = ok(books.get("reconciliation", "/allocations", **query))["items"]
    path = f"/allocations/{link['allocation_id']}/release"
    ok(books.put("reconciliation", path, REASON))
    books.wait_until_caught_up()
    again = paid(books, owed[0], "10.00")
    ok(books.put("payments", f"/payments/{again['payment_id']}/reversal", REASON))


def bought_and_paid(books: Books) -> None:
    """What we owe a supplier and an employee: paid in parts, closed short, over, for nothing."""
    lines: dict[str, Any] = {"lines": _VAT}
    for role, kind in (("supplier", "purchase_invoice"), ("employee", "expense_note")):
        party = purchases.card(books, role)
        for amount, closes in (("143.16", False), ("140.00", True), ("145.00", True), ("0", True)):
            owed = purchases.bought(books, party, "", kind, **lines)
            ok(purchases.pay_out(books, owed, amount, closes=closes))
        owed, name = purchases.bought(books, party, "", kind, **lines), uuid4()
        ok(purchases.pay_out(books, owed, "43.16"))
        ok(purchases.pay_out(books, owed, "90.00", closes=True, name=name))
        books.wait_until_caught_up()
        ok(books.put("payments", f"/refunds/{name}/reversal", REASON))


def paid_early(books: Books) -> None:
    """Two payments less a discount, of which one is taken back, and the next one has it."""
    terms = [{"percent": "2.00", "until_on": "2025-08-25"}]
    for taken_back in (True, False):
        owed = invoice(books, discount_terms=terms)
        part = {"document_id": owed["document_id"], "discount": "2.86"}
        money = paid(books, None, "140.30", applies_to=[part])
        if taken_back:
            ok(books.put("payments", f"/payments/{money['payment_id']}/return", REASON))
            books.wait_until_caught_up()
            paid(books, None, "140.30", applies_to=[part])


def in_dollars(books: Books) -> None:
    """Another customer, another currency: never mixed with the first."""
    durand, books.customer_id = books.customer_id, uuid4()
    try:
        books.register(books.customer_id, name="Smith")
        owed = invoice(books, currency="USD")
        paid(books, owed, "143.16", currency="USD")
    finally:
        books.customer_id = UUID(str(durand))
