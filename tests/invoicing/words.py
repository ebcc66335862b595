"""Invoicing's commands in the words of a test: what is not named has its plainest value."""

from datetime import date
from typing import Any
from uuid import UUID

from services.invoicing.domain.customer import RegisterCustomer
from services.invoicing.domain.drafting import DraftDocument, ValidateDocument
from services.invoicing.domain.numbers import ConfigureNumbering
from services.invoicing.domain.settlement import ReviewSettlement
from services.invoicing.service import SERVICE
from shared.events import Event
from shared.events.invoicing import DocumentLine
from tests.facts import DURAND, TODAY, customer, euros, named
from tests.given import Memory, given


def books(*facts: Event) -> Memory:
    """Return invoicing's rows: the customer Durand, and these facts."""
    return given(SERVICE.projection, customer(), *facts, reactions=SERVICE.reactions)


def register(customer_id: UUID = DURAND, **fields: Any) -> RegisterCustomer:
    """Return the command that opens a customer card."""
    known: dict[str, Any] = {
        "code": "C00D0",
        "name": "Durand",
        "kind": "societe",
        "account": "411000",
        "auxiliary_account": None,
        "town": "Lyon",
        "request_sha256": "asked",
    }
    return RegisterCustomer(customer_id=customer_id, **(known | fields))


def line(net: str = "1170.00", rate: str = "0") -> DocumentLine:
    """Return a line of a document."""
    return DocumentLine(label="Prestation", net=euros(net), vat_rate=rate)


def validate(name: str = "D1", *lines: DocumentLine, **fields: Any) -> ValidateDocument:
    """Return the command that makes a document final."""
    return ValidateDocument(
        document_id=named(name), lines=lines or (line(),), **_said(name, fields)
    )


def draft(name: str = "D1", *lines: DocumentLine, **fields: Any) -> DraftDocument:
    """Return the command that draws a document up."""
    return DraftDocument(document_id=named(name), lines=lines or (line(),), **_said(name, fields))


def _said(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    kind = fields.get("kind", "invoice")
    known: dict[str, Any] = {
        "kind": kind,
        "nature": "normal",
        "series": kind,
        "customer_id": DURAND,
        "issued_on": TODAY,
        "due_on": TODAY,
        "currency": "EUR",
        "given_vat": None,
        "file_sha256": None,
        "corrects": None,
        "source_reference": None,
        "request_sha256": f"asked {name}",
    }
    return known | fields


def number_by(template: str, series: str = "invoice") -> ConfigureNumbering:
    """Return the command that gives a series its template."""
    return ConfigureNumbering(series=series, template=template)


def review(name: str = "D1", on: date = TODAY) -> ReviewSettlement:
    """Return the command that asks whether an invoice is settled now."""
    return ReviewSettlement(document_id=named(name), on=on)
