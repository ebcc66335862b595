"""Facts of the invoicing service about what we owe: purchase invoices and expense notes.

They stand on the credit side of the third party's account. They are submitted and rejected by the
facts that say so of any document.
"""

from typing import ClassVar

from shared.events import Event
from shared.events.invoicing import DocumentContent, PurchaseKind
from shared.ids import Id


class PurchaseDrafted(DocumentContent, Event):
    """What we may come to owe was drawn up, or drawn up anew: it has no number yet."""

    type: ClassVar[str] = "invoicing.purchase-drafted.v1"
    about: ClassVar[str] = "document/{document_id}"

    kind: PurchaseKind


class PurchaseValidated(DocumentContent, Event):
    """A purchase invoice or expense note (facture fournisseur, note de frais) is owed by us.

    `customer_id` names the supplier or employee, `source_reference` is the supplier's own number.
    """

    type: ClassVar[str] = "invoicing.purchase-validated.v1"
    about: ClassVar[str] = "document/{document_id}"

    kind: PurchaseKind
    number: str
    numbering_period: str
    numbering_count: int


class PurchaseCancelled(Event):
    """A draft of what we may have come to owe was given up."""

    type: ClassVar[str] = "invoicing.purchase-cancelled.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: Id
    kind: PurchaseKind
    customer_id: Id
    reason: str
