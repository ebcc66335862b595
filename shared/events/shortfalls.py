"""Facts of reconciliation that say where money was to settle more than was left."""

from typing import ClassVar

from shared.events import Event
from shared.events.reconciliation import ItemRef
from shared.ids import Id
from shared.money import Money


class AllocationShortfall(Event):
    """A payment asked for more of a document than was left; the rest stays available.

    It may be its early-payment discount alone that did not fit.
    """

    type: ClassVar[str] = "reconciliation.allocation-shortfall.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    payment_id: Id
    document_id: Id
    asked: Money
    allocated: Money
    discount_asked: Money | None = None
    discount: Money | None = None  # accepted of that


class RefundShortfall(Event):
    """A refund was to give back more than was left; the rest of it stands alone."""

    type: ClassVar[str] = "reconciliation.refund-shortfall.v1"
    about: ClassVar[str] = "refund/{refund_id}"

    refund_id: Id
    given_back: ItemRef
    asked: Money
    allocated: Money
