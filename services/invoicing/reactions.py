"""What facts of others oblige invoicing to decide: is the invoice settled now?"""

from collections.abc import Iterable

from services.invoicing.domain.receipt import documents_of
from services.invoicing.domain.settlement import ReviewSettlement
from shared.decider import Command
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    DifferenceDeclared,
    DifferenceWithdrawn,
)
from shared.projection import Reactions
from shared.seal import Entry

REACTIONS = Reactions()


@REACTIONS.on(AllocationMade)
def settle_what_is_paid(_entry: Entry, fact: AllocationMade) -> Iterable[Command]:
    """Money that covers an invoice settles it."""
    for document_id, _, _ in documents_of(fact):
        yield ReviewSettlement(document_id=document_id, on=fact.allocated_on)


@REACTIONS.on(AllocationReleased)
def reopen_what_is_owed(_entry: Entry, fact: AllocationReleased) -> Iterable[Command]:
    """Money that is taken back opens the invoice again."""
    for document_id, _, _ in documents_of(fact):
        yield ReviewSettlement(document_id=document_id, on=fact.released_on)


@REACTIONS.on(DifferenceDeclared)
def settle_what_is_closed_short(_entry: Entry, fact: DifferenceDeclared) -> Iterable[Command]:
    """A difference that nobody will pay settles the invoice with what was paid."""
    yield ReviewSettlement(document_id=fact.document_id, on=fact.declared_on)


@REACTIONS.on(DifferenceWithdrawn)
def reopen_what_was_closed_short(_entry: Entry, fact: DifferenceWithdrawn) -> Iterable[Command]:
    """A difference that is withdrawn is owed again."""
    yield ReviewSettlement(document_id=fact.document_id, on=fact.withdrawn_on)
