"""A document is made final once: of a known customer, numbered without a hole, totalled right."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain import document as rules
from services.invoicing.domain.customer import (
    Customer,
    CustomerCodeTaken,
    CustomerIdTaken,
    UnknownCustomer,
)
from services.invoicing.domain.document import Document
from services.invoicing.domain.due import payment_status
from services.invoicing.domain.numbers import UnknownSeries
from services.invoicing.domain.vat import VatDoesNotFit, breakdown
from shared.events.invoicing import (
    CustomerRegistered,
    DocumentLine,
    DocumentValidated,
    NumberingConfigured,
)
from shared.money import Money, round_half_up
from tests.facts import MARTIN, TODAY, customer, euros, named
from tests.invoicing.words import books, line, number_by, register, validate


def validated(**fields: Any) -> DocumentValidated:
    return books().when(validate(**fields)).only(DocumentValidated)


# ── customers ───────────────────────────────────────────────────────────────────


def test_a_card_is_opened_once_under_its_own_code() -> None:
    memory = books()
    card = memory.when(register(MARTIN, code="C42")).only(CustomerRegistered)
    assert (card.code, card.kind, card.town) == ("C42", "societe", "Lyon")
    memory.when(register(MARTIN, code="C42")).then_nothing()
    other = register(MARTIN, code="C42", name="Dupont", request_sha256="other")
    memory.when(other).then_refused(CustomerIdTaken, customer_id=MARTIN)
    taken = register(named("Dupont"), code="C42")
    memory.when(taken).then_refused(CustomerCodeTaken, code="C42")
    assert [row.name for row in memory.rows(Customer)] == ["Durand", "Durand"]


def test_no_document_without_a_customer_card() -> None:
    books().when(validate(customer_id=MARTIN)).then_refused(UnknownCustomer, customer_id=MARTIN)


# ── documents ───────────────────────────────────────────────────────────────────


def test_a_document_is_made_final_once() -> None:
    memory = books()
    final = memory.when(validate(file_sha256="a" * 64)).only(DocumentValidated)
    assert (final.number, final.total, final.file_sha256) == (
        "FA2508-0001",
        euros("1170.00"),
        "a" * 64,
    )
    memory.when(validate(file_sha256="a" * 64)).then_nothing()
    memory.when(validate(request_sha256="other")).then_refused(
        rules.DocumentIdTaken, document_id=named("D1"), number="FA2508-0001"
    )
    row = memory.row(Document, named("D1"))
    assert (row.payment_status, row.settled, row.outstanding_cents) == ("unpaid", False, 117_000)


def test_documents_that_cannot_be_are_refused() -> None:
    early = validate(due_on=TODAY - timedelta(days=1))
    books().when(early).then_refused(rules.DueBeforeIssued, issued_on=TODAY)
    books().when(validate(series="other")).then_refused(UnknownSeries, series="other")
    for net in ("0.00", "-10.00"):
        books().when(validate("D1", line(net))).then_refused(
            rules.AmountNotPositive, total=euros(net)
        )


def test_a_credit_note_corrects_an_invoice_of_the_same_customer_and_currency() -> None:
    memory = books(customer(MARTIN))
    memory.when(validate("D1"))
    memory.when(validate("D2", customer_id=MARTIN))
    for name, corrected, fields in (
        ("N1", "nothing", {}),
        ("N2", "D2", {}),
        ("N3", "D1", {"currency": "CHF"}),
        ("N4", "D1", {"kind": "invoice"}),
    ):
        wrong = validate(name, corrects=named(corrected), **{"kind": "credit_note", **fields})
        memory.when(wrong).then_refused(rules.CorrectedDocumentMissing, corrects=named(corrected))
    right = validate("N1", kind="credit_note", corrects=named("D1"))
    note = memory.when(right).only(DocumentValidated)
    assert (note.number, note.corrects) == ("AV2508-0001", named("D1"))
    of_a_note = validate("N2", kind="credit_note", corrects=named("N1"))
    memory.when(of_a_note).then_refused(rules.CorrectedDocumentMissing)


# ── numbers ─────────────────────────────────────────────────────────────────────


@pytest.mark.feature("S1-23")
@pytest.mark.feature("S5-35")
def test_credit_notes_give_back_what_their_invoice_took_over_once() -> None:
    memory = books()
    memory.when(validate("CO", line("100.00"), kind="order"))
    memory.when(validate("FA", line("90.00"), follows=named("CO")))

    def undone(name: str, net: str, **fields: Any) -> tuple[str, int]:
        """Return how much passes, and what of the order is taken over then."""
        fact = memory.when(validate(name, line(net), **fields)).only(DocumentValidated)
        return str(fact.passes), memory.row(Document, named("CO")).passed_on_cents

    note: dict[str, Any] = {"kind": "credit_note", "corrects": named("FA")}
    assert undone("AV1", "60.00", **note) == ("60.00", 3_000)
    assert undone("AV2", "60.00", **note) == ("30.00", 0)
    assert undone("AV3", "60.00", **note) == ("0.00", 0)
    again: dict[str, Any] = {"variant": "cancellation", "series": "invoice"}
    for cancelled, passes, taken in (("AV3", "0.00", 0), ("AV2", "30.00", 3_000)):
        undoing = undone(f"FC{cancelled}", "60.00", follows=named(cancelled), **again)
        assert undoing == (passes, taken)
    corrected = note | {"corrects": named("FCAV2")}
    assert undone("AV4", "60.00", **corrected) == ("30.00", 0)


def test_numbers_follow_a_template_of_each_kind_without_a_hole() -> None:
    memory = books()
    memory.when(number_by("FA{yy}{mm}{n:4}")).only(NumberingConfigured)
    memory.when(number_by("FA{yy}{mm}{n:4}")).then_nothing()
    memory.when(number_by("AC{yy}{mm}{n:4}", "credit_note"))
    numbers = []
    for name, kind, fields in (
        ("D1", "invoice", {}),
        ("N1", "credit_note", {}),
        ("D2", "invoice", {"due_on": TODAY - timedelta(days=1)}),
        ("D3", "invoice", {}),
        ("D4", "invoice", {"issued_on": TODAY.replace(month=7)}),
    ):
        done = memory.when(validate(name, kind=kind, **fields))
        numbers += [fact.number for fact in done.facts if isinstance(fact, DocumentValidated)]
    assert numbers == ["FA25080001", "AC25080001", "FA25080002", "FA25070001"]


def test_a_series_of_its_own_needs_its_template_first() -> None:
    memory = books()
    memory.when(number_by("B{n:3}", "boutique"))
    assert memory.when(validate(series="boutique")).only(DocumentValidated).number == "B001"


# ── VAT ─────────────────────────────────────────────────────────────────────────


def test_tax_is_rounded_once_per_rate() -> None:
    lines = [line("0.33", "20"), line("0.33", "20"), line("0.33", "20"), line("10.00", "5.5")]
    final = books().when(validate("D1", *lines)).only(DocumentValidated)
    assert [(v.rate, str(v.net), str(v.vat)) for v in final.vat] == [
        ("20", "0.99", "0.20"),  # three lines rounded one by one would make 0.21
        ("5.5", "10.00", "0.55"),
    ]
    assert (str(final.net), str(final.vat_total), str(final.total)) == ("10.99", "0.75", "11.74")


def test_tax_computed_elsewhere_is_taken_when_it_fits() -> None:
    lines = (line("0.33", "20"), line("0.33", "20"))
    for vat, fits in (("0.13", True), ("0.15", True), ("0.11", True), ("0.16", False)):
        command = validate("D1", *lines, given_vat={"20": euros(vat)})
        done = books().when(command)
        if fits:
            assert str(done.only(DocumentValidated).vat_total) == vat
        else:
            done.then_refused(VatDoesNotFit, rate="20", given=euros(vat))
    books().when(validate("D1", line("100.00", "20"), given_vat={})).then_refused(
        VatDoesNotFit, computed=euros("20.00")
    )


def test_a_document_that_exists_already_keeps_its_tax_as_it_stands() -> None:
    command = validate(
        "D1", line("100.00", "20"), nature="taken_over", given_vat={"20": euros("19.00")}
    )
    assert str(books().when(command).only(DocumentValidated).total) == "119.00"


RATES = st.sampled_from(["0", "2.1", "5.5", "10", "20"])


@given(st.lists(st.tuples(RATES, st.integers(-(10**7), 10**7)), min_size=1, max_size=8))
def test_totals_per_rate_are_those_of_the_lines(parts: list[tuple[str, int]]) -> None:
    lines = [DocumentLine(label="x", net=Money(cents), vat_rate=rate) for rate, cents in parts]
    found = breakdown(lines, "EUR", None, check=True)
    assert len({part.rate for part in found}) == len(found)
    for part in found:
        net = sum(cents for rate, cents in parts if rate == part.rate)
        assert part.net.cents == net
        assert part.vat.cents == round_half_up(Decimal(net) * Decimal(part.rate) / 100)


def test_a_payment_status_says_what_is_paid() -> None:
    assert [payment_status(100, paid) for paid in (0, 1, 99, 100, 101)] == [
        "unpaid",
        "partially_paid",
        "partially_paid",
        "settled",
        "settled",
    ]
