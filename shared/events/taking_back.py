"""Facts of the payments service that say something else of what was recorded before.

What a payment's reversal and return say is in `payments`, beside the payment.
"""

from typing import ClassVar, Literal

from shared.dates import IsoDate
from shared.events import Event, Value
from shared.events.invoicing import CustomerRole
from shared.ids import Id
from shared.money import Money


class Refunded(Value):
    """How much of a payment, credit note or purchase a refund gives back or settles."""

    kind: Literal["payment", "document"]
    id: Id
    amount: Money  # positive


class PaymentAnnotated(Event):
    """A payment's reference and note are these now: neither moves money (rule 5)."""

    type: ClassVar[str] = "payments.payment-annotated.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    payment_id: Id
    reference: str | None = None
    note: str | None = None


class RefundAnnotated(Event):
    """A refund's reference and note are these now: neither moves money (rule 5)."""

    type: ClassVar[str] = "payments.refund-annotated.v1"
    about: ClassVar[str] = "refund/{refund_id}"

    refund_id: Id
    reference: str | None = None
    note: str | None = None


class RefundReversed(Event):
    """A refund turned out not to be: what it gave back is the customer's credit again.

    On the customer's account it is the item `taken_back` of `reversal_id`, which follows from
    the refund's own identifier.
    """

    type: ClassVar[str] = "payments.refund-reversed.v1"
    about: ClassVar[str] = "refund/{refund_id}"

    refund_id: Id
    reversal_id: Id
    customer_id: Id
    amount: Money  # positive: what comes back to our account
    reason: str
    reversed_on: IsoDate
    role: CustomerRole = "customer"  # as the refund says it
