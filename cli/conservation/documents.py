"""Facts of invoicing: documents are owed, invoices settle and open again, each with its cause."""

from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cli.conservation.books import CREDIT, DEBIT, Books
from cli.conservation.verdict import hold
from shared.events.invoicing import (
    CustomerChanged,
    CustomerRegistered,
    DocumentDrafted,
    DocumentValidated,
    InvoiceReopened,
    InvoiceSettled,
    OrderDocumentValidated,
)
from shared.events.payments import AppliedTo, PaymentRecorded
from shared.events.purchases import PurchaseValidated
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    DifferenceDeclared,
    DifferenceWithdrawn,
)
from shared.seal import Entry

Change = AllocationMade | AllocationReleased
Declared = DifferenceDeclared | DifferenceWithdrawn
_SETTLING = AllocationMade | DifferenceDeclared


@dataclass(slots=True)
class Documents:
    """Follows the journal of invoicing, and what reconciliation did to its documents."""

    books: Books
    later: Container[UUID] = ()  # entries whose answers were read before themselves
    customers: dict[UUID, str] = field(default_factory=dict)  # the role of each card
    validated: dict[UUID, DocumentValidated] = field(default_factory=dict)
    purchases: dict[UUID, PurchaseValidated] = field(default_factory=dict)
    settled: set[UUID] = field(default_factory=set)
    # The largest total that a document which is not owed ever had, in a currency, and whose it was.
    prepayable: dict[tuple[UUID, str], int] = field(default_factory=dict)
    prepaid_by: dict[UUID, set[UUID]] = field(default_factory=dict)
    groups: dict[UUID, set[UUID]] = field(default_factory=dict)  # that customers ever were of
    # What reconciliation's entries left open on an invoice, until invoicing answers.
    causes: dict[tuple[UUID, UUID], tuple[Change | Declared, int]] = field(default_factory=dict)

    def handlers(self) -> dict[type, Callable[[Entry, Any], None]]:
        """Return what to do for each fact."""
        return {
            CustomerRegistered: self._register,
            DocumentValidated: self._validate,
            PurchaseValidated: self._purchase,
            OrderDocumentValidated: self._order,
            DocumentDrafted: self._draft,
            InvoiceSettled: self._settle,
            InvoiceReopened: self._reopen,
        }

    def foresee(self, journal: Iterable[Entry]) -> None:
        """Take in what may be held for documents at all, and who ever pays for whom.

        What is drawn up anew, or a customer's group, has no place in the order beside what another
        service does meanwhile.
        """
        for fact in (entry.fact for entry in journal):
            if isinstance(fact, DocumentDrafted | OrderDocumentValidated):
                self.prepaid_by.setdefault(fact.document_id, set()).add(fact.customer_id)
                key = fact.document_id, fact.total.currency
                self.prepayable[key] = max(self.prepayable.get(key, 0), fact.total.cents)
            if isinstance(fact, CustomerRegistered | CustomerChanged):
                groups = self.groups.setdefault(fact.customer_id, set())
                groups.add(fact.parent_id or fact.customer_id)

    def know_customer(self, customer_id: UUID) -> None:
        """Raise Broken unless the customer was registered."""
        hold(customer_id in self.customers, f"customer {customer_id} was never registered")

    def of_one_group(self, one_id: UUID, other_id: UUID) -> bool:
        """Say whether two customers are one, or ever were of one group."""
        none: set[UUID] = set()
        shared = self.groups.get(one_id, none) & self.groups.get(other_id, none)
        return one_id == other_id or bool(shared)

    def may_prepay(self, document_id: UUID, customer_id: UUID, currency: str) -> bool:
        """Say whether a customer may pay a document in advance, its own or one of its group."""
        owners = self.prepaid_by.get(document_id, ())
        known = (document_id, currency) in self.prepayable
        return known and any(self.of_one_group(owner, customer_id) for owner in owners)

    def check_payable(self, applied: AppliedTo, payment: PaymentRecorded) -> None:
        """Raise Broken unless a payment may be meant for this document.

        Without the document's number nothing is said of it: payments had not heard of it yet,
        and whoever recorded the payment confirmed that it may stay the customer's credit.
        """
        hold(applied.amount.cents > 0, f"nothing is applied to {applied.document_id}")
        parties = payment.customer_id, payment.amount.currency
        if applied.prepayment:
            known = self.may_prepay(applied.document_id, *parties)
            hold(known, f"document {applied.document_id} can't be prepaid by this customer")
        if applied.prepayment or not applied.document_number:
            return
        document = self.validated.get(applied.document_id)
        if document is None:  # given up: what was paid stays the customer's credit
            known = self.may_prepay(applied.document_id, *parties)
            hold(known, f"document {applied.document_id} was never validated")
            return
        group = self.of_one_group(document.customer_id, payment.customer_id)
        currencies = {payment.amount.currency, applied.amount.currency, document.total.currency}
        hold(group and len(currencies) == 1, f"{document.number} is another group's or currency's")
        hold(applied.document_number == document.number, f"its number is {document.number}")
        hold(applied.file_sha256 == document.file_sha256, f"{document.number} has another seal")

    def _register(self, _entry: Entry, fact: CustomerRegistered) -> None:
        hold(fact.customer_id not in self.customers, "the customer was registered before")
        self.customers[fact.customer_id] = fact.role

    def _draft(self, _entry: Entry, fact: DocumentDrafted | OrderDocumentValidated) -> None:
        self.know_customer(fact.customer_id)

    def _order(self, entry: Entry, fact: OrderDocumentValidated) -> None:
        self._draft(entry, fact)
        self._number(fact, "customer")

    def _number(
        self, fact: DocumentValidated | OrderDocumentValidated | PurchaseValidated, role: str
    ) -> None:
        self.know_customer(fact.customer_id)
        found = self.customers[fact.customer_id]
        hold(found == role, f"{fact.number} is of a {found}, not of a {role}")
        self.books.number("invoicing", fact.numbering_period, fact.numbering_count, fact.number)

    def _validate(self, _entry: Entry, fact: DocumentValidated) -> None:
        self._number(fact, "customer")
        self._check_amounts(fact)
        if fact.corrects:
            corrected = self.validated.get(fact.corrects)
            found = corrected and (corrected.kind, corrected.customer_id)
            hold(found == ("invoice", fact.customer_id), f"no invoice {fact.corrects} to correct")
        side = DEBIT if fact.kind == "invoice" else CREDIT
        key = f"document/{fact.document_id}"
        self.books.add(key, side, fact.customer_id, fact.total, _per_rate(fact))
        self.validated[fact.document_id] = fact

    def _purchase(self, _entry: Entry, fact: PurchaseValidated) -> None:
        self._number(fact, "supplier" if fact.kind == "purchase_invoice" else "employee")
        self._check_amounts(fact)
        key = f"document/{fact.document_id}"
        vat = _per_rate(fact)
        self.books.add(key, CREDIT, fact.customer_id, fact.total, vat, purchase=True)
        self.purchases[fact.document_id] = fact

    @staticmethod
    def _check_amounts(fact: DocumentValidated | PurchaseValidated) -> None:
        currency = fact.total.currency
        nets = Counter[str]()
        for line in fact.lines:
            nets[line.vat_rate] += line.net.cents
        stated = {part.rate: part.net.cents for part in fact.vat}
        hold(dict(nets) == stated, "its lines don't add up to its amounts per VAT rate")
        net = sum(part.net.cents for part in fact.vat)
        vat = sum(part.vat.cents for part in fact.vat)
        whole = fact.net.cents, fact.vat_total.cents, fact.total.cents
        hold(whole == (net, vat, net + vat), "its VAT rates don't add up to its total")
        amounts = [fact.net, fact.vat_total, *(part.vat for part in fact.vat)]
        hold(all(each.currency == currency for each in amounts), "it mixes currencies")

    # ── what settles them ───────────────────────────────────────────────────────

    def note(
        self, entry: Entry, fact: Change | Declared, document_id: UUID, open_cents: int
    ) -> None:
        """Remember what reconciliation left open on an invoice, if invoicing has to answer it."""
        document = self.validated.get(document_id)
        hold(document or document_id in self.purchases, f"{document_id} was never validated")
        if document and document.kind == "invoice":
            self.causes[entry.entry_id, document_id] = fact, open_cents

    def _settle(self, entry: Entry, fact: InvoiceSettled) -> None:
        document = self._named(fact)
        hold(fact.document_id not in self.settled, f"{document.number} was settled already")
        hold(fact.total == document.total, f"the total of {document.number} is {document.total}")
        if entry.context.causation_id not in self.later:
            cause, left = self._cause(entry, document)
            hold(isinstance(cause, _SETTLING), f"{document.number} was settled by a release")
            hold(left == 0, f"{document.number} is settled and {left} cents are outstanding")
        self.settled.add(fact.document_id)

    def _reopen(self, entry: Entry, fact: InvoiceReopened) -> None:
        document = self._named(fact)
        hold(fact.document_id in self.settled, f"{document.number} was not settled")
        if entry.context.causation_id not in self.later:
            _, left = self._cause(entry, document)
            stated = fact.outstanding.cents
            hold(0 < left == stated, f"{document.number}: {stated} is said, {left} is outstanding")
        self.settled.remove(fact.document_id)

    def _named(self, fact: InvoiceSettled | InvoiceReopened) -> DocumentValidated:
        document = self.validated.get(fact.document_id)
        hold(document, f"document {fact.document_id} was never validated")
        assert document
        named = document.number, document.customer_id
        hold(named == (fact.number, fact.customer_id), f"its number is {document.number}")
        return document

    def _cause(self, entry: Entry, document: DocumentValidated) -> tuple[Change | Declared, int]:
        cause_id = entry.context.causation_id
        hold(cause_id, "nothing caused it")
        assert cause_id
        cause = self.causes.pop((cause_id, document.document_id), None)
        hold(cause, f"entry {cause_id} did not change what is allocated to {document.number}")
        assert cause
        return cause

    def unanswered(self) -> int:
        """Count the invoices whose last change says other than invoicing does."""
        left = {document_id: open_ for (_, document_id), (_, open_) in self.causes.items()}
        return sum(
            (item.open == 0) != (document_id in self.settled)
            for document_id in left
            if (item := self.books.item(f"document/{document_id}"))
        )


def _per_rate(fact: DocumentValidated | PurchaseValidated) -> dict[str, int]:
    return {part.rate: part.net.cents + part.vat.cents for part in fact.vat}
