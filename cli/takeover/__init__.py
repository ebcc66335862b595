"""Taking over a company's books: from a parsed FEC to the intents to replay.

`plan` reads the customers' side of a FEC, account by account of class 411, and says what each
line was: a sale, an opening balance, money received, money given back, a difference written off.
The invariant, for every customer: the items of the plan add up to the balance of the file, to
the cent, and every line of a customer account is in an item or in `not_taken_over`.

Pure: nothing here reads a file, calls a service or knows the time.
"""

from cli.takeover.items import (
    Adjustment,
    BankAccount,
    Customer,
    Document,
    Item,
    Matching,
    NetLine,
    NotTakenOver,
    OpeningBalance,
    Payment,
    Plan,
    Refund,
    ReturnedPayment,
    VatLine,
)
from cli.takeover.plan import plan

__all__ = [
    "Adjustment",
    "BankAccount",
    "Customer",
    "Document",
    "Item",
    "Matching",
    "NetLine",
    "NotTakenOver",
    "OpeningBalance",
    "Payment",
    "Plan",
    "Refund",
    "ReturnedPayment",
    "VatLine",
    "plan",
]
