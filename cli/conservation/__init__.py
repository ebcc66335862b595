"""The conservation of money, proved from the four journals and nothing else.

The checker reads facts, in an order in which each comes after what it refers to, and
computes everything again: what is open on every item, what every document still owes,
which groups balance. At every position, per currency, it holds that

    received - refunded - returned = allocated + available

and, per document, that what is payable is what was allocated and what is outstanding.
It shares no code with the services, and trusts no table. The first entry that does not
fit is named, with its service and position.
"""

from cli.conservation.checker import check
from cli.conservation.reader import prove, read
from cli.conservation.verdict import Totals, Verdict, Violation

__all__ = ["Totals", "Verdict", "Violation", "check", "prove", "read"]
