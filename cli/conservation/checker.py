"""The checker: every fact in its turn, and the conservation of money after each."""

from collections.abc import Callable, Container, Iterable
from typing import Any
from uuid import UUID

from cli.conservation.accepted import Accepted
from cli.conservation.books import Books
from cli.conservation.closings import Closings
from cli.conservation.documents import Documents
from cli.conservation.groups import Groups
from cli.conservation.links import Links
from cli.conservation.money import MoneyFacts
from cli.conservation.order import ViolationFoundError, Walk
from cli.conservation.prepayments import Prepayments
from cli.conservation.transfers import Transfers
from cli.conservation.verdict import Broken, Verdict, Violation, hold
from shared.events.archive import IntegrityFlawDetected, PackageDeposited, PeriodClosed
from shared.events.bank import RefundBankReconciled, RefundBankReconciliationUndone
from shared.events.digital import DuplicateIgnored, SourceEventAccepted
from shared.events.invoicing import (
    CustomerChanged,
    DocumentCancelled,
    DocumentRejected,
    DocumentSubmitted,
    FolderOpened,
    NumberingConfigured,
    PageSizeChosen,
)
from shared.events.papers import PresentationConfigured, ReceiptPrinted
from shared.events.payments import (
    BankAccountConfigured,
    BankDepositClosed,
    BankDepositOpened,
    BankDepositReopened,
    BankDepositReopeningRequested,
    PaymentAddedToDeposit,
    PaymentMethodConfigured,
    PaymentPolicyConfigured,
    PaymentRemovedFromDeposit,
)
from shared.events.purchases import PurchaseCancelled, PurchaseDrafted
from shared.events.reconciliation import BankReconciliationUndone, PaymentBankReconciled
from shared.events.taking_back import PaymentAnnotated, RefundAnnotated
from shared.names import SERVICES
from shared.seal import Entry

# Facts that move no money; one that is not known at all can't be proved harmless.
_NO_MONEY = (
    CustomerChanged,
    FolderOpened,
    DocumentSubmitted,
    DocumentRejected,
    DocumentCancelled,
    PurchaseDrafted,
    PurchaseCancelled,
    NumberingConfigured,
    PageSizeChosen,
    PaymentMethodConfigured,
    BankAccountConfigured,
    PaymentPolicyConfigured,
    BankDepositOpened,
    PaymentAddedToDeposit,
    PaymentRemovedFromDeposit,
    BankDepositClosed,
    BankDepositReopeningRequested,
    BankDepositReopened,
    PaymentAnnotated,
    RefundAnnotated,
    SourceEventAccepted,
    DuplicateIgnored,
    PresentationConfigured,
    ReceiptPrinted,
    PaymentBankReconciled,
    BankReconciliationUndone,
    RefundBankReconciled,
    RefundBankReconciliationUndone,
    IntegrityFlawDetected,
    PeriodClosed,
    PackageDeposited,
)


class Checker:
    """Checks one ledger, once."""

    def __init__(self, later: Container[UUID]) -> None:
        self.books = Books()
        self.documents = Documents(self.books, later)
        self.money = MoneyFacts(self.books, self.documents)
        self.groups = Groups(self.books)
        self.prepayments = Prepayments(self.books, self.money, self.documents)
        self.transfers = Transfers(self.books, self.documents, self.money)
        self.accepted = Accepted(self.money)
        holders = self.groups, self.prepayments, self.transfers, self.accepted
        self.links = Links(self.books, self.money, self.documents, *holders)
        self.counts: dict[str, int] = dict.fromkeys(SERVICES, 0)
        self.closings = Closings(self.books, self.documents, self.money)
        parts = (
            *(self.documents, self.money, self.groups),
            *(self.prepayments, self.links, self.closings, self.transfers, self.accepted),
        )
        self._handlers: dict[type, Callable[[Entry, Any], None]] = {
            fact: handler for part in parts for fact, handler in part.handlers().items()
        }

    def knows(self, kind: type) -> bool:
        """Say whether facts of this kind can be checked."""
        return kind in self._handlers or kind in _NO_MONEY

    def take(self, entry: Entry) -> None:
        """Check the next entry; raise ViolationFoundError if it does not fit."""
        fact = entry.fact
        handler = self._handlers.get(type(fact))
        try:
            hold(self.knows(type(fact)), f"{fact.type} is not known here")
            if handler:
                handler(entry, fact)
            self._hold_money()
        except Broken as broken:
            raise ViolationFoundError(entry, broken) from None
        self.links.caused_by[entry.entry_id] = entry
        self.counts[entry.service] += 1

    def _hold_money(self) -> None:
        """Hold rule 4: received - refunded - returned - spent = allocated + available."""
        for currency, totals in self.books.totals.items():
            found = totals.allocated + totals.available
            hold(
                totals.kept == found, f"{totals.kept} cents {currency} were kept, {found} are left"
            )

    def verdict(self, violation: Violation | None) -> Verdict:
        """Return the answer."""
        return Verdict(
            entries=self.counts,
            totals=self.books.totals,
            payments=len(self.money.recorded),
            documents=len(self.documents.validated),
            allocations=len(self.links.made),
            matching_codes=sum(self.groups.given.values()),
            undecided=sum(
                part.undecided()
                for part in (self.links, self.closings, self.transfers, self.accepted)
            ),
            unanswered=self.documents.unanswered(),
            violation=violation,
        )


def check(entries: Iterable[Entry], later: Container[UUID] = ()) -> Verdict:
    """Prove the conservation of money from the entries of one ledger's four journals.

    Entries come in any order of services, in the order of positions within each. `later`
    holds the ids of reconciliation's entries that were written while the others were read.
    """
    journals: dict[str, list[Entry]] = {service: [] for service in SERVICES}
    for entry in entries:
        journals[entry.service].append(entry)
    checker = Checker(later)
    checker.documents.foresee(journals["invoicing"])
    try:
        for entry in Walk(journals):
            checker.take(entry)
    except ViolationFoundError as found:
        return checker.verdict(found.violation)
    return checker.verdict(None)
