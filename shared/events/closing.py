"""Facts of the payments service about documents that are closed short (soldé), and opened again."""

from typing import ClassVar, Literal

from typing_extensions import override

from shared.dates import IsoDate
from shared.events import Event
from shared.ids import Id
from shared.money import Money

Side = Literal["debit", "credit"]


class DocumentClosed(Event):
    """A document was closed short (soldé): no entry says so, unless the ledger books it (K5)."""

    type: ClassVar[str] = "payments.document-closed.v1"

    document_id: Id
    document_number: str
    customer_id: Id
    payment_id: Id  # what closed it; without an amount no money was recorded under it
    difference: Money  # positive: what is given up
    closed_on: IsoDate
    request_sha256: str
    write_off_id: Id | None = None  # where the ledger books the difference, to this account
    account: str | None = None
    reason: str | None = None
    side: Side = "debit"  # where the document stands: on the credit side a refund closed it

    @override
    def stream(self) -> str:
        """Return the stream of what closed it."""
        return _stream(self)


class DocumentReopened(Event):
    """A document that was closed short may be paid again: what closed it was taken back."""

    type: ClassVar[str] = "payments.document-reopened.v1"

    document_id: Id
    customer_id: Id
    payment_id: Id
    difference: Money  # negative: what was given up no longer is
    reopened_on: IsoDate
    write_off_id: Id | None = None  # what had booked the difference
    opposite_id: Id | None = None  # what takes that back
    side: Side = "debit"  # as it was closed

    @override
    def stream(self) -> str:
        """Return the stream of what had closed it."""
        return _stream(self)


def _stream(fact: DocumentClosed | DocumentReopened) -> str:
    return f"{'payment' if fact.side == 'debit' else 'refund'}/{fact.payment_id}"
