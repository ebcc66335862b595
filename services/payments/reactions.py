"""What facts of reconciliation oblige payments to decide."""

from collections.abc import Iterable

from services.payments.domain.booking import (
    BookDifference,
    BookOpposite,
    BookTransfer,
    BookWriteOff,
)
from shared.decider import Command
from shared.events.reconciliation import AllocationMade, WriteOffDeclared
from shared.events.transfers import TransferMade
from shared.projection import Reactions
from shared.seal import Entry

REACTIONS = Reactions()


@REACTIONS.on(TransferMade)
def book_transfer(_entry: Entry, fact: TransferMade) -> Iterable[Command]:
    """Accounting gets what moves between customers' accounts."""
    yield BookTransfer(made=fact)


@REACTIONS.on(AllocationMade)
def book_difference(_entry: Entry, fact: AllocationMade) -> Iterable[Command]:
    """Accounting gets what somebody accepted beside an allocation."""
    if fact.accepts:
        yield BookDifference(made=fact)


@REACTIONS.on(WriteOffDeclared)
def book_write_off(_entry: Entry, fact: WriteOffDeclared) -> Iterable[Command]:
    """Accounting gets what is declared alone, and what takes back anything it got."""
    if fact.takes_back:
        yield BookOpposite(opposite=fact)
    elif fact.alone:
        yield BookWriteOff(declared=fact)
