"""What facts about purchases do to invoicing's rows: documents that we owe."""

from msgspec.structs import replace

from services.invoicing.domain.document import Document
from services.invoicing.domain.due import payment_status
from services.invoicing.projections import (
    PROJECTION,
    count,
    existing,
    final_row,
    needs_of_content,
    needs_of_numbered,
    row_of,
)
from shared.decider import Picture, one
from shared.events.purchases import PurchaseCancelled, PurchaseDrafted, PurchaseValidated
from shared.seal import Entry

__all__ = ["PROJECTION"]


@PROJECTION.on(PurchaseDrafted, needs_of_content)
def keep_purchase_draft(picture: Picture, entry: Entry, fact: PurchaseDrafted) -> None:
    """Keep what was drawn up, unnumbered and not owed."""
    picture.put(row_of(picture, entry, fact))


@PROJECTION.on(PurchaseValidated, needs_of_numbered)
def owe_purchase(picture: Picture, entry: Entry, fact: PurchaseValidated) -> None:
    """Keep the document with its number, owed by us, and move the counter that gave it."""
    final = final_row(picture, entry, fact)
    status = payment_status(final.total_cents, final.paid_cents)
    picture.put(replace(final, payment_status=status))
    count(picture, entry, fact)


@PROJECTION.on(PurchaseCancelled, lambda fact: [one(Document, fact.document_id)])
def give_up_purchase(picture: Picture, _entry: Entry, fact: PurchaseCancelled) -> None:
    """Mark the draft that was given up, and why."""
    document = existing(picture, fact.document_id)
    picture.put(replace(document, document_status="cancelled", status_reason=fact.reason))
