"""One order for four journals: every entry after what it refers to.

Journals are only ordered within themselves. Entries are taken by the time they were
recorded at, but clocks may differ, so whatever an entry refers to is taken first. An
entry that refers to what comes after it in its own journal, or in a circle, is forged.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cli.conservation.verdict import Broken, Violation, hold
from shared.events.booking import DifferenceBooked, TransferBooked
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.invoicing import (
    CustomerRegistered,
    DocumentDrafted,
    DocumentValidated,
    OrderDocumentValidated,
)
from shared.events.payments import PaymentRecorded, PaymentReturned, PaymentReversed, RefundRecorded
from shared.events.purchases import PurchaseValidated
from shared.events.reconciliation import (
    AllocationMade,
    DifferenceDeclared,
    DifferenceWithdrawn,
    ItemRef,
    MatchingMade,
    PrepaymentHeld,
    WriteOffDeclared,
)
from shared.events.shortfalls import AllocationShortfall, RefundShortfall
from shared.events.taking_back import RefundReversed
from shared.events.transfers import TransferMade
from shared.seal import Entry

Place = tuple[str, int]


class ViolationFoundError(Exception):
    """Carries a violation out of the walk."""

    def __init__(self, entry: Entry, error: Exception) -> None:
        super().__init__(str(error))
        self.violation = Violation(
            service=entry.service, position=entry.position, sentence=str(error)
        )


class Walk:
    """Walks over the entries of one ledger, once."""

    def __init__(self, journals: Mapping[str, Sequence[Entry]]) -> None:
        self._journals = journals
        self._taken = dict.fromkeys(journals, 0)
        self._preparing: set[str] = set()
        self._places: dict[object, Place] = {}
        for service, entries in journals.items():
            for position, entry in enumerate(entries, start=1):
                _check_place(entry, service, position)
                self._find_places(entry)

    def __iter__(self) -> Iterator[Entry]:
        """Yield every entry; raise ViolationFoundError at one that has no place in the order."""
        by_time = heapq.merge(*self._journals.values(), key=lambda e: (e.recorded_at, e.service))
        for entry in by_time:
            yield from self._up_to(entry.service, entry.position)

    def _up_to(self, service: str, position: int) -> Iterator[Entry]:
        while self._taken[service] < position:
            entry = self._journals[service][self._taken[service]]
            self._preparing.add(service)
            for other, wanted in self._required(entry):
                if other in self._preparing and wanted > self._taken[other]:
                    later = Broken(f"it refers to {other} position {wanted}, which comes later")
                    raise ViolationFoundError(entry, later)
                yield from self._up_to(other, wanted)
            self._preparing.discard(service)
            self._taken[service] += 1
            yield entry

    def _find_places(self, entry: Entry) -> None:
        place = (entry.service, entry.position)
        if entry.entry_id in self._places:
            raise ViolationFoundError(entry, Broken("its id was given before"))
        self._places[entry.entry_id] = place
        if made := _MADE.get(type(entry.fact)):
            self._places.setdefault(made(entry.fact), place)

    def _required(self, entry: Entry) -> list[Place]:
        names: list[object] = [entry.context.causation_id]
        if referred := _REFERRED.get(type(entry.fact)):
            names += referred(entry.fact)
        return [place for name in names if (place := self._places.get(name))]


def _check_place(entry: Entry, service: str, position: int) -> None:
    try:
        hold(entry.service == service, f"it belongs to {entry.service}")
        hold(entry.position == position, f"it should be at position {position}")
        owner = entry.fact.type.partition(".")[0]
        hold(owner == service, f"{entry.fact.type} is not a fact of {service}")
    except Broken as broken:
        raise ViolationFoundError(entry, broken) from None


def key_of(ref: ItemRef) -> str:
    """Return the name of an item."""
    return f"{ref.kind}/{ref.id}"


# The name of what a fact brings into being, and others refer to.
_MADE: Mapping[type, Callable[[Any], str]] = {
    PaymentRecorded: lambda fact: f"payment/{fact.payment_id}",
    PaymentReversed: lambda fact: f"taken_back/{fact.payment_id}",
    PaymentReturned: lambda fact: f"taken_back/{fact.payment_id}",
    RefundRecorded: lambda fact: f"refund/{fact.refund_id}",
    RefundReversed: lambda fact: f"taken_back/{fact.reversal_id}",
    DocumentValidated: lambda fact: f"document/{fact.document_id}",
    PurchaseValidated: lambda fact: f"document/{fact.document_id}",
    DocumentDrafted: lambda fact: f"prepayable/{fact.document_id}",
    OrderDocumentValidated: lambda fact: f"prepayable/{fact.document_id}",
    CustomerRegistered: lambda fact: f"customer/{fact.customer_id}",
    WriteOffDeclared: lambda fact: f"write_off/{fact.write_off_id}",
    TransferMade: lambda fact: f"transfer/{fact.transfer_id}",
    DocumentClosed: lambda fact: _closing(fact, "closed"),
    DocumentReopened: lambda fact: _closing(fact, "reopened"),
}


def _closing(
    fact: DocumentClosed | DocumentReopened | DifferenceDeclared | DifferenceWithdrawn, word: str
) -> str:
    return f"{word}/{fact.payment_id}/{fact.document_id}"


def _paid(fact: PaymentRecorded) -> list[str]:
    known = [each for each in fact.applies_to if each.prepayment or each.document_number]
    documents = [f"prepayable/{each.document_id}" for each in known]
    documents += [f"document/{each.document_id}" for each in known if not each.prepayment]
    return [f"customer/{fact.customer_id}", *documents]


# The names of what must have been made before a fact, often by another service.
_REFERRED: Mapping[type, Callable[[Any], list[str]]] = {
    PaymentRecorded: _paid,
    RefundRecorded: lambda fact: [f"customer/{fact.customer_id}"],
    AllocationMade: lambda fact: [key_of(fact.credit), key_of(fact.debit)],
    PrepaymentHeld: lambda fact: [key_of(fact.credit), f"prepayable/{fact.document_id}"],
    TransferMade: lambda fact: [
        *(f"customer/{name}" for name in (fact.from_customer_id, fact.to_customer_id)),
        *(key_of(ref) for ref in (fact.credit, fact.debit)),
    ],
    DifferenceBooked: lambda fact: [f"write_off/{fact.write_off_id}"],
    TransferBooked: lambda fact: [f"transfer/{fact.transfer_id}"],
    AllocationShortfall: lambda fact: [f"payment/{fact.payment_id}"],
    RefundShortfall: lambda fact: [f"refund/{fact.refund_id}", key_of(fact.given_back)],
    MatchingMade: lambda fact: [key_of(ref) for ref in fact.items],
    DocumentClosed: lambda fact: [f"document/{fact.document_id}"],
    DifferenceDeclared: lambda fact: [
        f"document/{fact.document_id}",
        _closing(fact, "closed"),
    ],
    DifferenceWithdrawn: lambda fact: [_closing(fact, "reopened")],
}
