"""If these failed, a customer who paid early would owe the discount, or have it twice, or for ever.

The day money arrived decides, whenever it is recorded.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.payments.domain import amounts, payment
from services.payments.domain.applied import Applied
from services.payments.domain.discount import (
    DiscountOverPayable,
    DiscountOverTerms,
    DiscountTerms,
    discount_cents,
)
from services.payments.domain.payable import PayableDocument
from services.payments.domain.recording import RecordPayment
from shared.events.closing import DocumentClosed
from shared.events.invoicing import DiscountTerm
from shared.events.payments import PaymentRecorded
from tests.facts import TODAY, allocation, document, euros, item, named, order_document, shortfall
from tests.given import Memory
from tests.payments.words import CREDIT, books, correct, record, with_invoice

IN_TIME = TODAY + timedelta(days=2)
TOO_LATE = TODAY + timedelta(days=20)
TERMS = (
    DiscountTerm(percent="1.00", until_on=TODAY + timedelta(days=12)),
    DiscountTerm(percent="3", until_on=IN_TIME),
)
GRANT = ("grant-discount",)


def owed(total: str = "100.00") -> Memory:
    """Return payments' rows with FA1, which gives 3 % for two days, and 1 % for twelve."""
    return with_invoice(total, discount_terms=TERMS)


def early(
    name: str = "P1",
    discount: str = "3.00",
    amount: str | None = None,
    on: date = IN_TIME,
    **fields: Any,
) -> RecordPayment:
    """Return the command that pays FA1 less a discount; recorded weeks after it was received."""
    closes = bool(fields.pop("closes", False))
    part = euros(amount) if amount else None
    applied = [Applied(named("FA1"), part, closes, euros(discount))]
    asked = record(name, amount, received_on=on, today=TOO_LATE, **fields)
    return replace(asked, applies_to=applied)


def row(memory: Memory) -> PayableDocument:
    return memory.row(PayableDocument, named("FA1"))


def test_money_that_arrived_in_time_has_the_discount_however_late_it_is_recorded() -> None:
    memory = owed()
    recorded = memory.when(early()).only(PaymentRecorded)
    assert (recorded.amount, recorded.applies_to[0].discount) == (euros("97.00"), euros("3.00"))
    assert (row(memory).room_cents, row(memory).payment_status()) == (0, "settled")
    memory.when(early()).then_nothing()


@pytest.mark.parametrize(
    ("days", "percent"), [(0, "3"), (2, "3"), (3, "1.00"), (12, "1.00"), (13, "0")]
)
def test_each_step_lasts_up_to_its_day(days: int, percent: str) -> None:
    terms = owed().row(DiscountTerms, named("FA1"))
    assert terms.percent(TODAY + timedelta(days=days)) == Decimal(percent)


def test_more_than_the_terms_give_on_that_day_asks_for_a_confirmation() -> None:
    later = early(on=IN_TIME + timedelta(days=1))
    owed().when(later).then_refused(
        DiscountOverTerms,
        maximum=euros("1.00"),
        received_on=IN_TIME + timedelta(days=1),
        confirm=["grant-discount"],
    )
    memory = owed()
    memory.when(replace(later, confirm=GRANT)).only(PaymentRecorded)
    assert row(memory).room_cents == 0
    with_invoice("100.00").when(early()).then_refused(DiscountOverTerms, maximum=euros("0.00"))


def test_a_part_of_the_document_has_its_part_of_the_discount() -> None:
    memory = owed()
    memory.when(early("P1", "1.51", "48.50")).then_refused(DiscountOverTerms, maximum=euros("1.50"))
    memory.when(early("P1", "1.50", "48.50")).only(PaymentRecorded)
    assert row(memory).room_cents == 5_000
    memory.when(early("P2", "1.50")).only(PaymentRecorded)
    assert row(memory).room_cents == 0


def test_amount_and_discount_are_together_no_more_than_is_due() -> None:
    """The tolerance is for money, and what is kept as credit needs no discount."""
    over = early(amount="97.01")
    facts = {"left_to_pay": euros("100.00"), "maximum": euros("2.99")}
    for confirm in ((), CREDIT, (*CREDIT, *GRANT)):
        owed().when(replace(over, confirm=confirm)).then_refused(DiscountOverPayable, **facts)
    owed().when(early(discount="2.99", amount="97.01")).only(PaymentRecorded)
    owed().when(early(discount="100.00")).then_refused(amounts.AmountNotPositive)
    owed().when(early(discount="200.00")).then_refused(amounts.AmountNotPositive)


def test_a_discount_is_never_alone() -> None:
    alone = replace(early(closes=True), amount=euros("0.00"), confirm=GRANT)
    owed().when(alone).then_refused(amounts.AmountNotPositive)


def test_nothing_is_discounted_that_is_not_owed_yet() -> None:
    memory = books(order_document("FA1"))
    asked = early(amount="97.00", confirm=("record-prepayment", *GRANT), method="transfer")
    memory.when(asked).then_refused(DiscountOverPayable, maximum=euros("0.00"))


def test_of_a_document_not_heard_of_a_discount_is_granted_by_who_records_it() -> None:
    asked = early(amount="97.00", confirm=CREDIT, method="transfer")
    books().when(early(amount="97.00")).then_refused(payment.UnknownDocument)
    books().when(asked).then_refused(DiscountOverTerms, maximum=euros("0.00"))
    memory = books()
    memory.when(replace(asked, confirm=(*CREDIT, *GRANT))).only(PaymentRecorded)
    assert row(memory).pending_cents == 10_000


def test_what_remains_after_the_discount_is_closed_short() -> None:
    memory = owed()
    done = memory.when(early(amount="95.00", discount="2.00", closes=True))
    assert done.only(DocumentClosed).difference == euros("3.00")
    assert row(memory).room_cents == 0


def test_a_discount_of_nothing_is_none() -> None:
    recorded = owed().when(early(discount="0.00")).only(PaymentRecorded)
    assert (recorded.amount, recorded.applies_to[0].discount) == (euros("100.00"), None)


def test_it_counts_once_before_and_after_reconciliation_accepts_it() -> None:
    memory = owed()
    memory.when(early())
    second = record("P2", "1.00", "FA1")
    memory.when(second).then_refused(amounts.InvoiceIsSettled)
    paid = allocation("A1", item("payment", "P1"), item("document", "FA1"), "97.00")
    memory.follow(paid)
    assert (row(memory).room_cents, row(memory).pending_cents) == (0, 300)
    memory.follow(allocation("A2", item("write_off", "W1"), item("document", "FA1"), "3.00"))
    assert (row(memory).allocated_cents, row(memory).pending_cents) == (10_000, 0)
    memory.when(second).then_refused(amounts.InvoiceIsSettled)


def test_a_discount_that_did_not_fit_is_waited_for_no_longer() -> None:
    memory = owed()
    memory.when(early())
    memory.follow(allocation("A1", item("payment", "P1"), item("document", "FA1"), "97.00"))
    short = shortfall("P1", "FA1", "97.00", "97.00")
    memory.follow(
        short.model_copy(update={"discount_asked": euros("3.00"), "discount": euros("1.00")})
    )
    assert row(memory).pending_cents == 100


def test_a_correction_has_the_whole_room_back_and_warns_where_its_day_is_past_the_term() -> None:
    memory = owed()
    memory.when(early())
    past = early("P2", on=TOO_LATE)
    memory.when(correct("P1", past)).then_refused(DiscountOverTerms, maximum=euros("0.00"))
    memory.when(correct("P1", early("P2", "1.00", on=IN_TIME))).only(PaymentRecorded)
    document_row = row(memory)
    assert document_row.pending_cents - 10_000 == 10_000  # the old one's, until it is released


def test_an_adjustment_is_paid_with_what_exceeds_the_invoice_less_its_discount() -> None:
    raised = document("FA2", "10.00", variant="positive_adjustment", follows=named("FA1"))
    memory = owed()
    memory.follow(raised)
    recorded = memory.when(early(amount="107.00")).only(PaymentRecorded)
    parts = [(part.document_number, str(part.amount)) for part in recorded.applies_to]
    assert parts == [("FA1", "97.00"), ("FA2", "10.00")]


@given(
    room=st.integers(1, 10**9),
    paid=st.integers(0, 10**9),
    basis_points=st.integers(1, 9_999),
)
def test_parts_never_have_more_discount_than_the_whole_beyond_a_cent(
    room: int, paid: int, basis_points: int
) -> None:
    percent = Decimal(basis_points) / 100
    part = min(paid, room)
    whole = discount_cents(room, percent)
    assert 0 <= whole <= room
    assert abs(discount_cents(part, percent) + discount_cents(room - part, percent) - whole) <= 1


def test_who_asks_for_no_discount_has_no_terms_looked_up() -> None:
    named_rows = {need.row for need in owed().picture_of(record("P1", None, "FA1").needs).seen}
    assert PayableDocument in named_rows
    assert DiscountTerms not in named_rows
