"""What a payer says that a payment is for."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from services.payments.domain.accounting import Movement
from services.payments.domain.closing import Closing, write_off_id
from services.payments.domain.discount import DiscountTerms
from services.payments.domain.payable import PayableDocument
from services.payments.domain.payer import needs_of_group
from shared.decider import Need, Picture, one, those
from shared.money import Money


class Applied(NamedTuple):
    """A document that the payer says is paid, and for how much; None for as much as fits.

    `closes` says that what is left of it then will not be paid (S2-55); the discount is given up
    beside the amount, since it is paid early.
    """

    document_id: UUID
    amount: Money | None
    closes: bool = False
    discount: Money | None = None

    def needs(self, picture: Picture, payment_id: UUID) -> Iterator[Need]:
        """Name the document, whose it is, what raises it, and what is given up on it."""
        yield (document := one(PayableDocument, self.document_id))
        if not picture.missing([document]):
            found = picture.find(PayableDocument, self.document_id)
            if found and found.customer_id:
                yield from needs_of_group(picture, found.customer_id)
            for adjustment in found.adjusted_by if found else ():
                yield one(PayableDocument, UUID(adjustment))
        if self.discount:
            yield one(DiscountTerms, self.document_id)
        if self.closes:
            yield those(Closing, "payment_id", payment_id)
            yield one(Movement, f"write_off/{write_off_id(payment_id, self.document_id)}")
