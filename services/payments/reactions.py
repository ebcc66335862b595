"""What facts of reconciliation oblige payments to decide."""

from collections.abc import Iterable

from services.payments.domain.booking import BookTransfer
from shared.decider import Command
from shared.events.transfers import TransferMade
from shared.projection import Reactions
from shared.seal import Entry

REACTIONS = Reactions()


@REACTIONS.on(TransferMade)
def book_transfer(_entry: Entry, fact: TransferMade) -> Iterable[Command]:
    """Accounting gets what moves between customers' accounts."""
    yield BookTransfer(made=fact)
