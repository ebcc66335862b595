"""Settlement: whether anything is still owed on an invoice, said once each way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.invoicing.domain.document import Document
from shared.decider import Need, Picture, one
from shared.events import Event
from shared.events.invoicing import InvoiceReopened, InvoiceSettled
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettlement:
    """Say whether an invoice is settled, after what it is paid with changed."""

    document_id: UUID
    on: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the document."""
        return (one(Document, self.document_id),)

    def decide(self, picture: Picture) -> list[Event]:
        """Settle what nothing is owed on, reopen what is owed again."""
        document = picture.find(Document, self.document_id)
        if document is None or not (document.owed and document.kind == "invoice"):
            return []
        settled = document.outstanding_cents <= 0
        if settled == document.settled:
            return []
        who = {"document_id": document.document_id, "number": document.number}
        if settled:
            return [
                InvoiceSettled(
                    **who,
                    customer_id=document.customer_id,
                    total=Money(document.total_cents, document.currency),
                    settled_on=self.on,
                )
            ]
        return [
            InvoiceReopened(
                **who,
                customer_id=document.customer_id,
                outstanding=Money(document.outstanding_cents, document.currency),
                reopened_on=self.on,
            )
        ]
