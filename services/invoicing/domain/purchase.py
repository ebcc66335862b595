"""Purchases: whose card a document is of, and the number that a supplier gave its invoice.

The invariant: no two validated purchase invoices of one supplier carry the same number of its
own, so that none is paid twice.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.invoicing.domain.customer import Customer
from services.invoicing.domain.document import Document
from services.invoicing.domain.forms import Form
from shared.decider import Need, Picture, those
from shared.errors import Refusal

_NUMBERED_BY_SUPPLIER: Final = "purchase_invoice"

# ── refused ─────────────────────────────────────────────────────────────────────


class CardOfAnotherRole(Refusal):
    """A sale names a customer, a purchase invoice a supplier, an expense note an employee."""

    status = 422


class SupplierNumberMissing(Refusal):
    """A purchase invoice carries the number that the supplier gave it (`source_reference`)."""

    status = 422


class SupplierNumberTaken(Refusal):
    """This supplier's invoice was validated before, under this number of the supplier's."""


# ── decided ─────────────────────────────────────────────────────────────────────


def check_role(card: Customer, form: Form) -> None:
    """Raise CardOfAnotherRole unless the document is of a card of this role."""
    if card.role != form.party:
        raise CardOfAnotherRole(customer_id=card.customer_id, role=card.role, wanted=form.party)


def needs_of_supplier_number(kind: str, number: str | None) -> Iterable[Need]:
    """Name the documents that carry a supplier's number."""
    if kind == _NUMBERED_BY_SUPPLIER and number:
        yield those(Document, "source_reference", number)


def check_supplier_number(picture: Picture, said: Mapping[str, Any]) -> None:
    """Refuse a purchase invoice without its supplier's number, and the same one a second time."""
    number = said["source_reference"]
    if said["kind"] != _NUMBERED_BY_SUPPLIER:
        return
    if not number:
        raise SupplierNumberMissing(document_id=said["document_id"])
    for other in picture.where(Document, "source_reference", number):
        same = (other.kind, other.customer_id) == (said["kind"], said["customer_id"])
        if same and other.final and other.document_id != said["document_id"]:
            raise SupplierNumberTaken(
                source_reference=number, document_id=other.document_id, number=other.number
            )
