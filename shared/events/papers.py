"""Facts of the payments service about what people hold and look at: receipts, issuer, help."""

from typing import ClassVar

from shared.events import Event, Value
from shared.ids import Id


class ReceiptPrinted(Event):
    """The receipt (reçu) of a payment was printed; every print but the first is a duplicate."""

    type: ClassVar[str] = "payments.receipt-printed.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    print_id: Id
    payment_id: Id
    number: str  # the receipt's
    duplicate: int  # 0: the original


class HelpLink(Value):
    """Where a client's screen of this name leads whoever asks for help."""

    screen: str
    url: str


class PresentationConfigured(Event):
    """What people see changed: who issues papers, line by line, and where each screen's help is."""

    type: ClassVar[str] = "payments.presentation-configured.v1"
    about: ClassVar[str] = "presentation"

    issuer: tuple[str, ...]
    help_links: tuple[HelpLink, ...]
