"""What the reading of Factur-X gives."""

from datetime import date
from typing import Literal

from services.invoicing.content_schemas import LineIn, VatIn
from shared.web import Out


class BuyerOut(Out):
    """Whom the invoice is for, as it says: the customer is yours to choose."""

    name: str
    legal_identifier: str | None
    vat_number: str | None


class FacturXDraft(Out):
    """The body of a draft, but for its customer: one line and the tax of each VAT rate."""

    kind: Literal["invoice", "credit_note"]
    variant: Literal["normal", "prepayment"]
    issued_on: date
    due_on: date | None
    currency: str
    lines: list[LineIn]
    vat: list[VatIn]
    file_sha256: str
    source_reference: str


class FacturXOut(Out):
    """What a Factur-X says; with a `customer_id`, `draft` is the body of a draft."""

    seller_name: str
    buyer: BuyerOut
    total: str
    draft: FacturXDraft
