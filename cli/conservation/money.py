"""Facts of payments: money is received, refunded, taken back, and handed to accounting once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from cli.conservation.books import CREDIT, DEBIT, Books
from cli.conservation.documents import Documents
from cli.conservation.verdict import hold
from shared.events.invoicing import CustomerRole
from shared.events.payments import (
    AccountingExportClosed,
    AppliedTo,
    PaymentRecorded,
    PaymentReturned,
    PaymentReversed,
    RefundRecorded,
)
from shared.events.taking_back import RefundReversed
from shared.ids import derived_id
from shared.money import Money
from shared.seal import Entry


@dataclass(slots=True)
class Wish:
    """What a payer asked a payment to pay of a document, and what was answered.

    With it goes the discount that was given up beside it, and how much of that was accepted.
    """

    asked: Money
    discount: int = 0
    made: int | None = None
    accepted: int = 0
    short: bool = False

    @property
    def decided(self) -> bool:
        """Say whether it was answered: given whole, or said to be short."""
        whole = self.asked.cents, self.discount
        return self.short or (self.made, self.accepted) == whole


@dataclass(slots=True)
class Movement:
    """Money that moved on one of our accounts, and whether accounting has it."""

    position: int
    moved_on: date
    amount: Money
    exported: bool = False


@dataclass(slots=True)
class MoneyFacts:
    """Follows the journal of payments."""

    books: Books
    documents: Documents
    recorded: dict[UUID, Money] = field(default_factory=dict)
    taken_back: set[UUID] = field(default_factory=set)
    refunds: dict[UUID, dict[str, Money | None]] = field(default_factory=dict)  # given back
    roles: dict[UUID, CustomerRole] = field(default_factory=dict)  # as each refund says it
    wishes: dict[tuple[UUID, UUID], Wish] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    last_export: AccountingExportClosed | None = None

    def handlers(self) -> dict[type, Callable[[Entry, Any], None]]:
        """Return what to do for each fact."""
        return {
            PaymentRecorded: self._record,
            PaymentReversed: self._reverse,
            PaymentReturned: self._return,
            RefundRecorded: self._refund,
            RefundReversed: self._reverse_refund,
            AccountingExportClosed: self._export,
        }

    def _record(self, entry: Entry, fact: PaymentRecorded) -> None:
        self.documents.know_customer(fact.customer_id)
        self.books.number("payments", fact.numbering_period, fact.numbering_count, fact.number)
        self.books.add(f"payment/{fact.payment_id}", CREDIT, fact.customer_id, fact.amount)
        self.books.of(fact.amount.currency).received += fact.amount.cents
        self.recorded[fact.payment_id] = fact.amount
        self.movements.append(Movement(entry.position, fact.received_on, fact.amount))
        for applied in fact.applies_to:
            self.documents.check_payable(applied, fact)
            wish = (fact.payment_id, applied.document_id)
            hold(wish not in self.wishes, f"document {applied.document_id} is named twice")
            self.wishes[wish] = Wish(applied.amount, _discount(applied))
        meant = sum(applied.amount.cents for applied in fact.applies_to)
        hold(meant <= fact.amount.cents, f"{meant} cents are applied of {fact.amount.cents}")

    def _reverse(self, entry: Entry, fact: PaymentReversed) -> None:
        self._take_back(entry, fact, fact.reversed_on)

    def _return(self, entry: Entry, fact: PaymentReturned) -> None:
        self._take_back(entry, fact, fact.returned_on)
        if fact.fee:
            self.movements.append(Movement(entry.position, fact.returned_on, fact.fee))

    def _take_back(self, entry: Entry, fact: PaymentReversed | PaymentReturned, on: date) -> None:
        payment = self.books.item(f"payment/{fact.payment_id}")
        hold(fact.payment_id not in self.taken_back, "the payment was taken back before")
        taken = (-fact.amount).cents, fact.amount.currency, fact.customer_id
        recorded = payment.total, payment.currency, payment.customer_id
        hold(taken == recorded, f"{taken[0]} cents are taken back of {recorded[0]}")
        self.taken_back.add(fact.payment_id)
        self.books.add(f"taken_back/{fact.payment_id}", DEBIT, fact.customer_id, -fact.amount)
        self.books.of(payment.currency).returned += payment.total
        self.movements.append(Movement(entry.position, on, fact.amount))

    def _refund(self, entry: Entry, fact: RefundRecorded) -> None:
        self.documents.know_customer(fact.customer_id)
        self.books.number("payments", fact.numbering_period, fact.numbering_count, fact.number)
        self.books.add(f"refund/{fact.refund_id}", DEBIT, fact.customer_id, -fact.amount)
        self._count_out(fact.customer_id, -fact.amount)
        known = self.documents.customers[fact.customer_id]
        hold(fact.role in ("customer", known), f"it went to a {known}")  # old ones don't say it
        self.roles[fact.refund_id] = fact.role
        gives_back = {f"{part.kind}/{part.id}": part.amount for part in fact.refunds}
        alone = {f"{fact.refunds_kind}/{fact.refunds_id}": None} if fact.refunds_kind else {}
        self.refunds[fact.refund_id] = alone | gives_back
        self.movements.append(Movement(entry.position, fact.refunded_on, fact.amount))

    def _reverse_refund(self, entry: Entry, fact: RefundReversed) -> None:
        refund = self.books.item(f"refund/{fact.refund_id}")
        hold(fact.reversal_id not in self.taken_back, "the refund was reversed before")
        taken = fact.amount.cents, fact.amount.currency, fact.customer_id
        recorded = refund.total, refund.currency, refund.customer_id
        hold(taken == recorded, f"{taken[0]} cents are taken back of {recorded[0]}")
        went_to = self.roles[fact.refund_id]
        hold(fact.role == went_to, f"it went to a {went_to}")
        hold(fact.reversal_id == derived_id(fact.refund_id, "reversal"), "it has another name")
        self.taken_back.add(fact.reversal_id)
        self.books.add(f"taken_back/{fact.reversal_id}", CREDIT, fact.customer_id, fact.amount)
        self._count_out(fact.customer_id, -fact.amount)
        self.movements.append(Movement(entry.position, fact.reversed_on, fact.amount))

    def _count_out(self, customer_id: UUID, amount: Money) -> None:
        """Count what went out to a customer, or to a supplier or employee (negative: came back)."""
        totals = self.books.of(amount.currency)
        if self.documents.customers[customer_id] == "customer":
            totals.refunded += amount.cents
        else:
            totals.spent += amount.cents

    def _export(self, entry: Entry, fact: AccountingExportClosed) -> None:
        """What is exported is what no export held yet, to the cent, and never twice.

        What moved in another currency than the totals' is named instead.
        """
        before = self.last_export
        hold(fact.sequence == (before.sequence if before else 0) + 1, "an export is missing")
        previous = before.manifest_sha256 if before else None
        hold(fact.previous_manifest_sha256 == previous, "it does not follow the last manifest")
        hold(fact.to_position < entry.position, "it holds what came later")
        found = [
            movement
            for movement in self.movements
            if not movement.exported
            and movement.position <= fact.to_position
            and movement.moved_on <= fact.to_on
        ]
        ours = [m.amount for m in found if m.amount.currency == fact.debit_total.currency]
        moved = sum(abs(amount.cents) for amount in ours)
        stated = fact.entry_count, fact.debit_total.cents, fact.credit_total.cents
        hold(stated == (len(ours), moved, moved), f"{len(ours)} movements of {moved} were left")
        others = [m.amount for m in found if m.amount.currency != fact.debit_total.currency]
        named = [movement.amount for movement in fact.left_out]
        hold(named == others, f"{len(others)} movements in other currencies were left")
        for movement in found:
            movement.exported = True
        self.last_export = fact


def _discount(applied: AppliedTo) -> int:
    """Return the discount beside what is applied to a document, in cents."""
    discount = applied.discount
    if discount is None:
        return 0
    fits = discount.cents > 0 and discount.currency == applied.amount.currency
    hold(fits and not applied.prepayment, f"{discount} is no discount on it")
    return discount.cents
