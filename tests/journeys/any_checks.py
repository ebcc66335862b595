"""What must hold of any sequence: after each step in every service's tables, and in the end."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from cli.conservation import check
from services.invoicing.domain.document import Document
from services.payments.domain.payable import PayableDocument
from services.payments.domain.payment import Payment
from services.payments.domain.refundable import RefundClaim
from services.reconciliation.domain.item import Item
from services.reconciliation.domain.sale import Prepayment, SaleDocument
from shared.events import Event
from shared.events.payments import PaymentRecorded, PaymentReturned, PaymentReversed, RefundRecorded
from shared.events.taking_back import RefundReversed
from shared.money import Money
from tests.books import Books as RealBooks
from tests.books import ok
from tests.journeys.any_books import MemoryBooks

# ── after each step ─────────────────────────────────────────────────────────────


def always(books: MemoryBooks) -> None:
    """Hold what is so whatever has not arrived yet."""
    books.ours.check()
    _money_is_conserved(books)
    for document in books.world.memories["invoicing"].rows(Document):
        assert document.paid_cents >= 0, document
        assert document.prepaid_cents >= 0, document
        assert document.paid_cents + document.declared_cents <= document.total_cents, document
        assert document.outstanding_cents >= 0, document
    for payment in books.world.memories["payments"].rows(Payment):
        assert payment.allocated_cents >= 0, payment
        assert payment.held_cents >= 0, payment
        assert payment.allocated_cents + payment.held_cents <= payment.amount_cents, payment


def _money_is_conserved(books: MemoryBooks) -> None:
    """What reconciliation heard was received and not given back is allocated or available."""
    kept = sum(_moved(entry.fact) for entry in books.ours.entries)
    items = [i for i in books.ours.rows(Item) if i.kind in ("payment", "refund", "taken_back")]
    sign = {"credit": 1, "debit": -1}
    allocated = sum(sign[item.side] * item.allocated_cents for item in items)
    available = sum(sign[item.side] * item.open_cents for item in items)
    assert kept == allocated + available


def _moved(fact: Event) -> int:
    """Return by how much a fact changed what reached us and stayed, in cents."""
    moves = PaymentRecorded | PaymentReversed | PaymentReturned | RefundRecorded | RefundReversed
    return fact.amount.cents if isinstance(fact, moves) else 0


# ── once everything has arrived ─────────────────────────────────────────────────


def in_the_end(books: MemoryBooks) -> None:
    """Hold that the services agree, money is conserved, and nothing waits that could go on."""
    verdict = check(entry for journal in books.entries().values() for entry in journal)
    assert verdict.finished, verdict
    assert not books.archive.flaws()
    _documents_agree(books)
    _payments_agree(books)
    _nothing_waits_above(books)
    _nothing_is_over_its_document(books)
    for name, memory in books.world.memories.items():
        again = books.world.replayed(name, lambda ready: ready[0])
        assert again.tables() == memory.tables(), name


def _kept(books: MemoryBooks) -> Counter[UUID]:
    kept: Counter[UUID] = Counter()
    for row in books.ours.rows(Prepayment):
        kept[row.document_id] += row.left_cents
    return kept


def _documents_agree(books: MemoryBooks) -> None:
    kept = _kept(books)
    items = {item.item: item for item in books.ours.rows(Item)}
    for seen in books.world.memories["invoicing"].rows(Document):
        payable = books.world.memories["payments"].row(PayableDocument, seen.document_id)
        assert seen.prepaid_cents == payable.held_cents == kept[seen.document_id], seen
        assert seen.owed or seen.passed_on_cents == payable.passed_on_cents, seen
        assert payable.pending_cents == 0, seen
        item = items.get(f"document/{seen.document_id}")
        assert (item is not None) == seen.owed, seen
        if item:
            assert seen.paid_cents == payable.allocated_cents == item.allocated_cents, seen
            assert seen.declared_cents == payable.difference_cents == item.declared_cents, seen
            assert seen.settled == (seen.kind == "invoice" and item.open_cents == 0), seen


def _payments_agree(books: MemoryBooks) -> None:
    memory = books.world.memories["payments"]
    for payment in memory.rows(Payment):
        item = books.ours.row(Item, f"payment/{payment.payment_id}")
        seen = (payment.held_cents, payment.allocated_cents)
        assert seen == (item.held_cents, item.allocated_cents), payment
        if payment.state != "recorded":
            assert (item.open_cents, item.held_cents) == (0, 0)
    for claim in memory.rows(RefundClaim):
        assert claim.pending_cents >= 0, claim


def _above(documents: dict[UUID, SaleDocument], of: SaleDocument) -> Iterator[SaleDocument]:
    while of.takes_over and (found := documents.get(of.takes_over)):
        of = found
        yield of


def _nothing_waits_above(books: MemoryBooks) -> None:
    """No document that is owed stands next to money held for what it comes from."""
    kept = _kept(books)
    documents = {document.document_id: document for document in books.ours.rows(SaleDocument)}
    for document in documents.values():
        if document.owed and books.ours.row(Item, f"document/{document.document_id}").open_cents:
            for other in (document, *_above(documents, document)):
                assert not kept[other.document_id], (document, other)


def _nothing_is_over_its_document(books: MemoryBooks) -> None:
    kept = _kept(books)
    for document in books.ours.rows(SaleDocument):
        assert kept[document.document_id] <= document.capacity_cents <= document.total_cents
        assert document.passed_on_cents >= 0, document


# ── the same as the APIs show it ────────────────────────────────────────────────


def as_shown(books: RealBooks) -> None:
    """Hold that services show the same of what is held, and nothing below zero."""
    held: Counter[str] = Counter()
    for row in ok(books.get("reconciliation", "/prepayments", limit=500))["items"]:
        held[row["document_id"]] += _cents(row["held"])
        held[row["credit_item"]] += _cents(row["held"])
    documents = {row["document_id"]: row for row in _documents(books)}
    for document in documents.values():
        assert _cents(document["outstanding"]) >= 0, document
        assert _cents(document["prepaid"]) == held[document["document_id"]], document
        if document["kind"] == "invoice" and document["number"] and _cents(document["outstanding"]):
            above = documents.get(document["follows"])
            while above:
                assert not held[above["document_id"]], (document, above)
                above = documents.get(above["follows"])
    for payment in ok(books.get("payments", "/payments", limit=500))["items"]:
        assert _cents(payment["available"]) >= 0, payment
        assert _cents(payment["held"]) == held[f"payment/{payment['payment_id']}"], payment


def _documents(books: RealBooks) -> list[dict[str, Any]]:
    return list(ok(books.get("invoicing", "/documents", limit=200))["items"])


def _cents(text: str) -> int:
    return Money.parse(text, "EUR").cents
