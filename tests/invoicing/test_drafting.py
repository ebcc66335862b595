"""A draft has no number and is owed by nobody; it is validated, sent back or given up once."""

from datetime import timedelta
from typing import Any

import pytest

from services.invoicing.domain import drafting
from services.invoicing.domain.customer import UnknownCustomer
from services.invoicing.domain.document import (
    Document,
    DocumentIdTaken,
    FollowedDocumentMissing,
)
from services.invoicing.domain.drafting import (
    CancelDocument,
    RejectDraft,
    SubmitDraft,
    ValidateDraft,
)
from shared.errors import NotFound
from shared.events.invoicing import (
    DiscountTerm,
    DocumentCancelled,
    DocumentDrafted,
    DocumentRejected,
    DocumentSubmitted,
    DocumentValidated,
    OrderDocumentValidated,
)
from tests.facts import MARTIN, TODAY, euros, named
from tests.given import Memory
from tests.invoicing.words import books, draft, line, validate

D1 = named("D1")
SUBMIT = SubmitDraft(document_id=D1)
VALIDATE = ValidateDraft(document_id=D1, issued_on=None)
REJECT = RejectDraft(document_id=D1, reason="TVA fausse")
CANCEL = CancelDocument(document_id=D1, reason="sans suite")


def drafted(**fields: Any) -> Memory:
    memory = books()
    memory.when(draft("D1", **fields)).only(DocumentDrafted)
    return memory


def status(memory: Memory) -> str:
    return memory.row(Document, D1).document_status


def test_a_draft_has_no_number_and_takes_none() -> None:
    memory = drafted()
    row = memory.row(Document, D1)
    assert (row.number, row.payment_status, row.validated_at) == ("", "not_owed", None)
    assert memory.when(validate("D2")).only(DocumentValidated).number == "FA2508-0001"
    assert memory.when(VALIDATE).only(DocumentValidated).number == "FA2508-0002"
    memory.when(VALIDATE).then_nothing()
    assert memory.row(Document, D1).payment_status == "unpaid"


def test_a_draft_is_drawn_up_anew_until_it_is_final() -> None:
    memory = drafted()
    memory.when(draft("D1")).then_nothing()
    anew = draft("D1", line("50.00", "20"), request_sha256="anew")
    assert memory.when(anew).only(DocumentDrafted).total == euros("60.00")
    final = memory.when(VALIDATE).only(DocumentValidated)
    assert (final.total, final.vat_total) == (euros("60.00"), euros("10.00"))
    memory.when(anew).then_nothing()
    memory.when(draft("D1")).then_refused(DocumentIdTaken, number=final.number)


def test_what_is_drawn_up_is_not_validated_behind_its_back() -> None:
    memory = drafted()
    memory.when(validate("D1")).then_refused(DocumentIdTaken, document_id=D1)


def test_a_draft_waits_is_sent_back_and_comes_again() -> None:
    memory = drafted()
    memory.when(REJECT).then_refused(drafting.DocumentStatusForbids, document_status="draft")
    memory.when(SUBMIT).then(DocumentSubmitted(document_id=D1))
    memory.when(SUBMIT).then_nothing()
    memory.when(REJECT).then(DocumentRejected(document_id=D1, reason="TVA fausse"))
    memory.when(REJECT).then_nothing()
    assert (status(memory), memory.row(Document, D1).status_reason) == ("rejected", "TVA fausse")
    for command in (SUBMIT, VALIDATE):
        memory.when(command).then_refused(
            drafting.DocumentStatusForbids, document_status="rejected"
        )
    memory.when(draft("D1")).only(DocumentDrafted)
    assert (status(memory), memory.row(Document, D1).status_reason) == ("draft", None)
    memory.when(SUBMIT).only(DocumentSubmitted)
    memory.when(VALIDATE).only(DocumentValidated)


def test_another_day_of_issue_moves_due_date_year_and_number_along() -> None:
    memory = drafted(due_on=TODAY + timedelta(days=30))
    later = TODAY.replace(year=2026)
    final = memory.when(ValidateDraft(document_id=D1, issued_on=later)).only(DocumentValidated)
    assert (final.number, final.fiscal_year) == ("FA2608-0001", 2026)
    assert final.due_on == later + timedelta(days=30)
    other = drafted(fiscal_year=2024)
    final = other.when(ValidateDraft(document_id=D1, issued_on=later)).only(DocumentValidated)
    assert final.fiscal_year == 2024


def test_discount_terms_are_kept_and_move_along_with_the_day_of_issue() -> None:
    memory = drafted(discount_terms=(DiscountTerm(percent="2.00", until_on=TODAY),))
    assert memory.row(Document, D1).discount_terms == (
        {"percent": "2.00", "until_on": TODAY.isoformat()},
    )
    later = TODAY + timedelta(days=5)
    final = memory.when(ValidateDraft(document_id=D1, issued_on=later)).only(DocumentValidated)
    assert final.discount_terms == (DiscountTerm(percent="2.00", until_on=later),)


@pytest.mark.parametrize("before", [(), (SUBMIT,), (SUBMIT, REJECT)])
def test_what_is_not_final_may_be_given_up(before: tuple[Any, ...]) -> None:
    memory = drafted()
    for command in before:
        memory.when(command)
    given_up = memory.when(CANCEL).only(DocumentCancelled)
    assert (given_up.kind, given_up.number, given_up.reason) == ("invoice", None, "sans suite")
    memory.when(CANCEL).then_nothing()
    for refused in (SUBMIT, VALIDATE, draft("D1", request_sha256="anew")):
        memory.when(refused).then_refused(
            drafting.DocumentStatusForbids, document_status="cancelled"
        )


def test_an_order_may_be_cancelled_and_an_invoice_may_not() -> None:
    memory = books()
    order = memory.when(validate("D1", kind="order")).only(OrderDocumentValidated)
    assert memory.when(CANCEL).only(DocumentCancelled).number == order.number
    assert status(memory) == "cancelled"
    for kind in ("invoice", "credit_note"):
        memory = books()
        memory.when(validate("D1", kind=kind))
        memory.when(CANCEL).then_refused(drafting.InvoiceIsFinal, document_id=D1)


def test_nothing_is_done_to_what_there_is_not() -> None:
    for command in (SUBMIT, VALIDATE, REJECT, CANCEL):
        books().when(command).then_refused(NotFound, document_id=D1)


def test_a_draft_is_checked_as_a_final_document_is() -> None:
    memory = drafted()
    memory.when(validate("F1", kind="order"))
    follower = draft("D2", follows=named("F1"))
    memory.when(follower).only(DocumentDrafted)
    memory.when(CancelDocument(document_id=named("F1"), reason="sans suite"))
    late = ValidateDraft(document_id=named("D2"), issued_on=None)
    memory.when(late).then_refused(FollowedDocumentMissing, follows=named("F1"))
    wrong = draft("D3", customer_id=MARTIN)
    memory.when(wrong).then_refused(UnknownCustomer, customer_id=MARTIN)
