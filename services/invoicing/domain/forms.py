"""Forms of a document: which variants a kind has, its series, and what it may come from.

The chain of a sale is quote, order, delivery note, invoice, credit note, and the invoice that
cancels a credit note; a step may be left out. What we owe stands alone. Everything that depends on
the form stands in one table here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.errors import Refusal
from shared.events.invoicing import PURCHASES, AnyDocumentKind, CustomerRole, DocumentVariant

OWED: Final = PURCHASES | {"invoice", "credit_note"}  # once validated, by somebody or by us


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of document in one variant."""

    series: str  # where its numbers come from unless another series is named
    follows: tuple[str, ...] = ()  # kinds of document that it may come from
    always_follows: bool = False
    code: str | None = None  # UNTDID 1001, where it is an invoice to the world outside
    party: CustomerRole = "customer"  # whom it is made for, or who made it

    @property
    def takes_over(self) -> bool:
        """Say whether it takes the amount over of what it comes from: an order document."""
        return not OWED.issuperset(self.follows)


_SALE = ("quote", "order", "delivery_note")

FORMS: Final[Mapping[tuple[str, str], Form]] = {
    ("quote", "normal"): Form("quote"),
    ("quote", "internal"): Form("quote"),
    ("order", "normal"): Form("order", ("quote",)),
    ("delivery_note", "normal"): Form("delivery_note", ("order",)),
    ("invoice", "normal"): Form("invoice", _SALE, code="380"),
    ("invoice", "internal"): Form("internal_invoice", _SALE),
    ("invoice", "prepayment"): Form("prepayment_invoice", ("quote", "order"), code="386"),
    ("invoice", "cancellation"): Form("invoice", ("credit_note",), always_follows=True, code="380"),
    ("invoice", "penalty"): Form("invoice", ("invoice",), always_follows=True, code="380"),
    ("invoice", "positive_adjustment"): Form(
        "invoice", ("invoice",), always_follows=True, code="380"
    ),
    ("credit_note", "normal"): Form("credit_note", code="381"),
    ("purchase_invoice", "normal"): Form("purchase_invoice", party="supplier"),
    ("expense_note", "normal"): Form("expense_note", party="employee"),
}


class UnknownForm(Refusal):
    """This kind of document has no such variant."""

    status = 422


def form_of(kind: AnyDocumentKind, variant: DocumentVariant) -> Form:
    """Return a document's form; raise UnknownForm, saying which variants the kind has."""
    found = FORMS.get((kind, variant))
    if found is None:
        variants = [known for of_kind, known in FORMS if of_kind == kind]
        raise UnknownForm(kind=kind, variant=variant, known=variants)
    return found
