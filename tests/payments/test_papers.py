"""If these failed, the paper in somebody's hands would not say what the books say."""

import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pypdf import PdfReader

from services.payments.domain.payment import UnknownPayment
from services.payments.domain.printing import PrintIdTaken, PrintReceipt
from services.payments.followed import PROJECTION
from shared.events.papers import ReceiptPrinted
from tests.books import Books, ok, refused
from tests.facts import payment
from tests.given import given
from tests.reading import facts

ISSUER = ["Maison Durand SARL", "1 rue de la Paix", "75002 Paris", "SIREN 123 456 782"]


def text_of(answer: httpx.Response) -> str:
    """Return what a PDF says, with plain spaces."""
    assert answer.is_success, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def printed(books: Books, payment: dict[str, Any], print_id: UUID | None = None) -> httpx.Response:
    path = f"/payments/{payment['payment_id']}/receipt-prints/{print_id or uuid4()}"
    return books.put("payments", path, {})


@pytest.mark.feature("S3-09")
def test_a_receipt_is_a_pdf_and_every_print_but_the_first_says_duplicata(books: Books) -> None:
    ok(books.put("payments", "/presentation", {"issuer": ISSUER}))
    invoice = books.invoice("1170.00")
    made = ok(books.pay(invoice, method="cheque", received_on="2025-08-18", reference="0001234"))
    original, first = uuid4(), uuid4()
    said = text_of(printed(books, made, original))
    assert said.startswith(f"{' '.join(ISSUER)} Reçu {made['number']} Reçu de Durand ")
    assert "La somme de 1 170,00 € Le 18/08/2025 Mode de règlement Chèque" in said
    assert "Référence 0001234 Encaissé sur CIC" in said
    assert f"Pièce réglée Montant {invoice['number']} 1 170,00 €" in said
    assert "DUPLICATA" not in said
    assert "ANNULÉ" not in said
    assert "DUPLICATA n° 1 " in text_of(printed(books, made, first))
    assert "DUPLICATA n° 2 " in text_of(printed(books, made))
    assert printed(books, made, first).content == printed(books, made, first).content
    assert "DUPLICATA n° 1 " in text_of(printed(books, made, first))
    assert "DUPLICATA" not in text_of(printed(books, made, original))
    prints = facts(books, "payments", "receipt-printed")
    assert [fact["duplicate"] for fact in prints] == [0, 1, 2]
    assert {fact["number"] for fact in prints} == {made["number"]}


def test_the_receipt_of_what_was_taken_back_says_so_and_why(books: Books) -> None:
    made = ok(books.pay(amount="12.50"))
    printed(books, made)
    reason = {"reason": "saisi deux fois", "on": "2025-08-19"}
    ok(books.put("payments", f"/payments/{made['payment_id']}/reversal", reason))
    said = text_of(printed(books, made))
    assert "ANNULÉ Extourné le 19/08/2025 : saisi deux fois" in said
    assert "DUPLICATA n° 1" in said


def test_a_print_names_one_receipt_of_a_payment_that_there_is(books: Books) -> None:
    one, other = ok(books.pay(amount="1.00")), ok(books.pay(amount="2.00"))
    name = uuid4()
    assert printed(books, one, name).is_success
    refused(printed(books, other, name), 409, "print-id-taken")
    refused(printed(books, {"payment_id": uuid4()}), 404, "unknown-payment")


def test_a_print_is_decided_by_those_before_it() -> None:
    recorded, other = payment("P1", "1.00"), payment("P2", "2.00")
    print_id = uuid4()
    command = PrintReceipt(print_id=print_id, payment_id=recorded.payment_id)
    before = given(PROJECTION, recorded, other)
    fact = before.when(command).only(ReceiptPrinted)
    assert fact.duplicate == 0
    after = given(PROJECTION, recorded, other, fact)
    after.when(command).then_nothing()
    again = PrintReceipt(print_id=uuid4(), payment_id=recorded.payment_id)
    assert after.when(again).only(ReceiptPrinted).duplicate == 1
    taken = PrintReceipt(print_id=print_id, payment_id=other.payment_id)
    after.when(taken).then_refused(PrintIdTaken, payment_id=recorded.payment_id)
    nowhere = PrintReceipt(print_id=uuid4(), payment_id=uuid4())
    after.when(nowhere).then_refused(UnknownPayment)


def test_texts_on_paper_are_never_markup_and_any_character_prints(books: Books) -> None:
    made = ok(books.pay(amount="1.00", payer_name="#panic() *Żółć* $x$ 王 😀"))
    said = text_of(printed(books, made))
    assert "Reçu de #panic() *Żółć* $x$" in said
    assert said.startswith(f"{books.ledger} Reçu ")


def test_the_deposit_slip_prints_what_its_csv_says(books: Books) -> None:
    ok(books.put("payments", "/presentation", {"issuer": ISSUER}))
    first: Any = {"bank_deposit": "REM-1", "confirm": ["open-bank-deposit"]}
    fields: Any = {"method": "cheque", "received_on": "2025-08-18"}
    one = ok(books.pay(amount="1170.00", reference="0001234", **fields, **first))
    two = ok(books.pay(amount="20.50", customer_bank="BNP", **fields, bank_deposit="REM-1"))

    def slip() -> str:
        return text_of(books.get("payments", "/bank-deposits/REM-1/slip.pdf"))

    assert "Remise REM-1 PROVISOIRE Mode de règlement Chèque Compte CIC" in slip()
    ok(books.put("payments", "/bank-deposits/REM-1/closing", {"on": "2025-08-20"}))
    said = slip()
    assert said.startswith(f"{' '.join(ISSUER)} Remise REM-1 Remise le 20/08/2025 ")
    assert f"18/08/2025 0001234 Durand {one['number']} 1 170,00 €" in said
    assert f"18/08/2025 Durand BNP {two['number']} 20,50 €" in said
    assert "Nombre : 2 Total : 1 190,50 €" in said
    refused(books.get("payments", "/bank-deposits/REM-2/slip.pdf"), 404, "unknown-bank-deposit")


@pytest.mark.feature("S1-30")
def test_a_help_link_per_screen_is_configurable(books: Books) -> None:
    assert ok(books.get("payments", "/presentation")) == {
        "issuer": [books.ledger],
        "help_links": [],
    }
    links = [
        {"screen": "payment", "url": "https://aide.example/reglement"},
        {"screen": "bank-deposits", "url": "https://aide.example/remises?x=1"},
    ]
    body = {"issuer": ISSUER, "help_links": links}
    for _ in range(2):
        assert ok(books.put("payments", "/presentation", body)) == body
    assert ok(books.get("payments", "/presentation")) == body
    assert len(facts(books, "payments", "presentation-configured")) == 1
    moved = [links[0] | {"url": "https://aide.example/nouveau"}]
    ok(books.put("payments", "/presentation", body | {"help_links": moved}))
    assert ok(books.get("payments", "/presentation"))["help_links"] == moved
    for wrong in ([links[0]] * 2, [links[0] | {"url": "javascript:alert(1)"}]):
        answer = books.put("payments", "/presentation", body | {"help_links": wrong})
        refused(answer, 422, "malformed")
