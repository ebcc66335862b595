"""An invoice is settled when nothing is owed on it, and says so once; then it may reopen."""

from services.invoicing.domain.document import Document
from services.invoicing.domain.receipt import SeenPayment, SettledBy, link_id
from shared.events.invoicing import InvoiceReopened, InvoiceSettled
from shared.events.reconciliation import DifferenceDeclared, DifferenceWithdrawn
from tests.facts import DURAND, TODAY, allocation, document, euros, item, named, payment, release
from tests.invoicing.words import books, review

FA1 = item("document", "FA1")


def test_an_invoice_is_settled_by_what_covers_it_and_reopened_by_what_is_taken_back() -> None:
    memory = books(document("FA1", "100.00"))
    first = allocation("A1", item("payment", "P1"), FA1, "60.00")
    second = allocation("A2", item("payment", "P2"), FA1, "40.00")
    assert memory.follow(first) == []
    assert memory.row(Document, named("FA1")).payment_status == "partially_paid"
    assert memory.follow(second) == [
        InvoiceSettled(
            document_id=named("FA1"),
            number="FA1",
            customer_id=DURAND,
            total=euros("100.00"),
            settled_on=TODAY,
        )
    ]
    assert memory.row(Document, named("FA1")).settled_on == TODAY
    assert memory.follow(release(first)) == [
        InvoiceReopened(
            document_id=named("FA1"),
            number="FA1",
            customer_id=DURAND,
            outstanding=euros("60.00"),
            reopened_on=TODAY,
        )
    ]
    row = memory.row(Document, named("FA1"))
    assert (row.settled, row.settled_on, row.payment_status) == (False, None, "partially_paid")
    assert memory.follow(release(second)) == []
    assert memory.row(Document, named("FA1")).payment_status == "unpaid"


def test_nothing_is_said_of_what_is_no_invoice_or_already_so() -> None:
    memory = books(document("FA1", "100.00"), document("AV1", "100.00", kind="credit_note"))
    memory.when(review("nothing")).then_nothing()
    memory.when(review("FA1")).then_nothing()
    made = allocation("A1", item("document", "AV1"), FA1, "100.00", origin="correction")
    assert [type(fact) for fact in memory.follow(made)] == [InvoiceSettled]
    note = memory.row(Document, named("AV1"))
    assert (note.paid_cents, note.payment_status, note.settled) == (10_000, "settled", False)
    memory.when(review("FA1")).then_nothing()


def test_an_allocation_between_two_documents_is_shown_on_both() -> None:
    memory = books(document("FA1", "100.00"), document("AV1", "30.00", kind="credit_note"))
    made = allocation("A1", item("document", "AV1"), FA1, "30.00")
    memory.follow(made)
    shown = {
        memory.row(SettledBy, link_id(made.allocation_id, named(name))).other_id
        for name in ("FA1", "AV1")
    }
    assert shown == {named("FA1"), named("AV1")}
    memory.follow(release(made))
    assert {row.released for row in memory.rows(SettledBy)} == {True}


def test_a_payment_is_remembered_to_be_shown() -> None:
    memory = books()
    assert memory.follow(payment("P1", "60.00", reference="0001234")) == []
    assert memory.row(SeenPayment, named("P1")).reference == "0001234"


def test_a_difference_that_nobody_will_pay_settles_an_invoice_until_it_is_withdrawn() -> None:
    memory = books(document("FA1", "100.00"))
    assert memory.follow(allocation("A1", item("payment", "P1"), FA1, "80.00")) == []
    known = {"document_id": named("FA1"), "customer_id": DURAND, "payment_id": named("P1")}
    declared = DifferenceDeclared(
        **known,
        asked=euros("20.00"),
        difference=euros("20.00"),
        open=euros("0"),
        declared_on=TODAY,
    )
    assert [type(fact) for fact in memory.follow(declared)] == [InvoiceSettled]
    row = memory.row(Document, named("FA1"))
    assert (row.declared_cents, row.outstanding_cents, row.payment_status) == (2_000, 0, "settled")
    withdrawn = DifferenceWithdrawn(
        **known, difference=-euros("20.00"), open=euros("20.00"), withdrawn_on=TODAY
    )
    (reopened,) = memory.follow(withdrawn)
    assert isinstance(reopened, InvoiceReopened)
    assert reopened.outstanding == euros("20.00")
    assert memory.row(Document, named("FA1")).payment_status == "partially_paid"
