"""Each kind of document has its variants, its numbers, and what it may come from."""

from typing import Any

import pytest

from services.invoicing.domain.customer import ChangeCustomer, Customer, ParentIsNoParent
from services.invoicing.domain.document import Document, FollowedDocumentMissing
from services.invoicing.domain.folder import (
    Folder,
    FolderIdTaken,
    FolderOfAnotherBrand,
    OpenFolder,
    UnknownFolder,
)
from services.invoicing.domain.forms import FORMS, UnknownForm
from services.invoicing.domain.numbers import ConfigureNumbering
from services.invoicing.domain.preference import ChoosePageSize, Preference
from shared.errors import NotFound
from shared.events.invoicing import (
    CustomerChanged,
    CustomerRegistered,
    DocumentValidated,
    FolderOpened,
    NumberingConfigured,
    OrderDocumentValidated,
    PageSizeChosen,
)
from tests.facts import DURAND, MARTIN, customer, named
from tests.given import Memory
from tests.invoicing.words import books, register, validate

NUMBERS = {
    ("quote", "normal"): "DE2508-0001",
    ("order", "normal"): "CO2508-0001",
    ("delivery_note", "normal"): "BL2508-0001",
    ("invoice", "internal"): "FI2508-0001",
    ("invoice", "prepayment"): "AC2508-0001",
    ("credit_note", "normal"): "AV2508-0001",
}


def make(memory: Memory, name: str, kind: str, **fields: Any) -> Any:
    """Validate a document in its own series and return the first fact."""
    then = memory.when(validate(name, kind=kind, series=None, **fields))
    assert then.refusal is None, then.refusal
    return then.facts[0]


@pytest.mark.parametrize(("form", "number"), NUMBERS.items())
def test_each_form_has_numbers_of_its_own(form: tuple[str, str], number: str) -> None:
    kind, variant = form
    fact = make(books(), "D1", kind, variant=variant)
    assert (fact.number, fact.series) == (number, FORMS[form].series)


def test_only_invoices_and_credit_notes_are_owed() -> None:
    for kind in ("quote", "order", "delivery_note"):
        memory = books()
        assert isinstance(make(memory, "D1", kind), OrderDocumentValidated)
        assert memory.row(Document, named("D1")).payment_status == "not_owed"
    for kind in ("invoice", "credit_note"):
        assert isinstance(make(books(), "D1", kind), DocumentValidated)


def test_a_kind_has_its_variants_and_no_others() -> None:
    refused = books().when(validate("D1", kind="order", variant="penalty"))
    refused.then_refused(UnknownForm, variant="penalty", known=["normal"])


def test_a_sale_goes_from_quote_to_cancelled_credit_note() -> None:
    memory = books()
    make(memory, "quote", "quote")
    make(memory, "order", "order", follows=named("quote"))
    make(memory, "prepayment", "invoice", variant="prepayment", follows=named("order"))
    make(memory, "note", "delivery_note", follows=named("order"))
    make(memory, "invoice", "invoice", follows=named("note"))
    make(memory, "credit", "credit_note", corrects=named("invoice"))
    last = make(memory, "last", "invoice", variant="cancellation", follows=named("credit"))
    assert last.follows == named("credit")
    chain, name = [], "last"
    while name:
        row = memory.row(Document, named(name))
        chain.append(name)
        links = {named(n): n for n in ("quote", "order", "note", "invoice", "credit")}
        came_from = row.follows or row.corrects
        name = links[came_from] if came_from else ""
    assert chain == ["last", "credit", "invoice", "note", "order", "quote"]


@pytest.mark.parametrize(
    ("kind", "variant", "follows"),
    [
        ("invoice", "cancellation", None),
        ("invoice", "penalty", None),
        ("invoice", "positive_adjustment", None),
        ("invoice", "cancellation", "invoice"),
        ("invoice", "penalty", "credit"),
        ("invoice", "normal", "credit"),
        ("quote", "normal", "invoice"),
        ("delivery_note", "normal", "another customer's"),
        ("order", "normal", "nothing"),
    ],
)
def test_a_document_follows_what_comes_before_it(
    kind: str, variant: str, follows: str | None
) -> None:
    memory = books(customer(MARTIN))
    make(memory, "invoice", "invoice")
    make(memory, "credit", "credit_note")
    make(memory, "another customer's", "order", customer_id=MARTIN)
    wrong = validate("D1", kind=kind, variant=variant, follows=named(follows) if follows else None)
    memory.when(wrong).then_refused(FollowedDocumentMissing)


@pytest.mark.parametrize("variant", ["penalty", "positive_adjustment"])
def test_an_invoice_for_another_names_it(variant: str) -> None:
    memory = books()
    make(memory, "late", "invoice")
    fact = make(memory, "D1", "invoice", variant=variant, follows=named("late"))
    assert (fact.variant, fact.follows, fact.kind) == (variant, named("late"), "invoice")


# ── numbers, brands, folders ────────────────────────────────────────────────────


def test_a_brand_has_numbers_of_its_own_if_it_has_a_template() -> None:
    memory = books()
    ours = ConfigureNumbering(series="invoice", template="AT{yyyy}-{n:3}", brand="atelier")
    memory.when(ours).only(NumberingConfigured)
    memory.when(ours).then_nothing()
    numbers = [
        make(memory, f"{brand}{n}", "invoice", brand=brand).number
        for n in range(2)
        for brand in ("atelier", "boutique", None)
    ]
    assert numbers[::3] == ["AT2025-001", "AT2025-002"]
    assert sorted(numbers[1::3] + numbers[2::3]) == [f"FA2508-{n:04}" for n in range(1, 5)]


def test_a_document_has_the_brand_and_business_type_of_its_folder() -> None:
    memory = books()
    folder = OpenFolder(
        folder_id=named("deal"),
        name="Toiture",
        brand="atelier",
        business_type="travaux",
        request_sha256="asked",
    )
    memory.when(folder).only(FolderOpened)
    memory.when(folder).then_nothing()
    other = OpenFolder(
        folder_id=named("deal"), name="Cave", brand=None, business_type=None, request_sha256="other"
    )
    memory.when(other).then_refused(FolderIdTaken, folder_id=named("deal"))
    fact = make(memory, "D1", "invoice", folder_id=named("deal"))
    assert (fact.brand, fact.business_type) == ("atelier", "travaux")
    row, filed = memory.row(Document, named("D1")), memory.row(Folder, named("deal"))
    assert (row.folder_name, row.opened) == ("Toiture", filed.position)
    memory.when(validate("D2", folder_id=named("deal"), brand="boutique")).then_refused(
        FolderOfAnotherBrand, brand="atelier"
    )
    memory.when(validate("D3", folder_id=named("none"))).then_refused(UnknownFolder)


# ── customers ───────────────────────────────────────────────────────────────────


def test_a_prospect_is_a_client_once_it_is_invoiced() -> None:
    memory = books()
    memory.when(register(MARTIN, code="M", stage="prospect")).only(CustomerRegistered)
    make(memory, "quote", "quote", customer_id=MARTIN)
    assert memory.row(Customer, MARTIN).stage == "prospect"
    memory.when(validate("D1", customer_id=MARTIN)).only(CustomerChanged)
    assert memory.row(Customer, MARTIN).stage == "client"


def test_a_parent_pays_for_its_group_unless_another_payer_is_named() -> None:
    memory = books()
    memory.when(register(MARTIN, code="M", parent_id=DURAND)).only(CustomerRegistered)
    assert make(memory, "D1", "invoice", customer_id=MARTIN).payer_id == DURAND
    assert make(memory, "D2", "invoice", customer_id=MARTIN, payer_id=MARTIN).payer_id == MARTIN
    assert make(memory, "D3", "invoice").payer_id is None


def test_a_card_says_something_else_and_keeps_its_code() -> None:
    memory = books()
    change = ChangeCustomer(
        customer_id=DURAND, name="Durand & fils", town="Lyon", stage="client", parent_id=None
    )
    memory.when(change).only(CustomerChanged)
    memory.when(change).then_nothing()
    row = memory.row(Customer, DURAND)
    assert (row.name, row.town, row.code) == ("Durand & fils", "Lyon", "C00d0")
    unknown = ChangeCustomer(
        customer_id=MARTIN, name="Martin", town=None, stage="client", parent_id=None
    )
    memory.when(unknown).then_refused(NotFound, customer_id=MARTIN)


def test_a_group_has_one_parent_and_no_grandparents() -> None:
    memory = books()
    for wrong in (named("nobody"), MARTIN):
        memory.when(register(MARTIN, code="M", parent_id=wrong)).then_refused(ParentIsNoParent)
    memory.when(register(MARTIN, code="M", parent_id=DURAND)).only(CustomerRegistered)
    memory.when(register(named("L"), code="L", parent_id=MARTIN)).then_refused(ParentIsNoParent)
    memory.when(register(named("L"), code="L")).only(CustomerRegistered)
    above = ChangeCustomer(
        customer_id=DURAND, name="Durand", town=None, stage="client", parent_id=named("L")
    )
    memory.when(above).then_refused(ParentIsNoParent, customer_id=DURAND)


def test_a_page_s_rows_are_remembered_once() -> None:
    memory = books()
    memory.when(ChoosePageSize(user="anna", rows=20)).only(PageSizeChosen)
    memory.when(ChoosePageSize(user="anna", rows=20)).then_nothing()
    memory.when(ChoosePageSize(user="anna", rows=30)).only(PageSizeChosen)
    assert memory.row(Preference, "anna").page_rows == 30
