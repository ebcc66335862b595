"""Facts of reconciliation that move amounts: allocations, releases, shortfalls, differences.

Each is computed again from the items of payments and invoicing: what it leaves open on
both sides, how it falls on VAT rates, whether anybody asked for it, what caused it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cli.conservation.accepted import Accepted
from cli.conservation.books import CREDIT, DEBIT, Books, Item
from cli.conservation.documents import Change, Documents
from cli.conservation.groups import Groups
from cli.conservation.money import MoneyFacts, Wish
from cli.conservation.order import key_of
from cli.conservation.prepayments import Prepayments
from cli.conservation.transfers import Transfers
from cli.conservation.verdict import hold
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    ItemRef,
    VatPart,
    WriteOffDeclared,
)
from shared.events.shortfalls import AllocationShortfall, RefundShortfall
from shared.ids import derived_id
from shared.seal import Entry


@dataclass(slots=True)
class Links:
    """Follows what reconciliation's journal does to amounts."""

    books: Books
    money: MoneyFacts
    documents: Documents
    groups: Groups
    prepayments: Prepayments
    transfers: Transfers
    accepted: Accepted
    made: dict[UUID, AllocationMade] = field(default_factory=dict)
    released: set[UUID] = field(default_factory=set)
    short_refunds: set[UUID] = field(default_factory=set)  # by the allocation that was asked for
    caused_by: dict[UUID, Entry] = field(default_factory=dict)  # every entry, by its id

    def handlers(self) -> dict[type, Callable[[Entry, Any], None]]:
        """Return what to do for each fact."""
        return {
            AllocationMade: self._make,
            AllocationReleased: self._release,
            AllocationShortfall: self._fall_short,
            RefundShortfall: self._refund_falls_short,
            WriteOffDeclared: self._write_off,
        }

    def _make(self, entry: Entry, fact: AllocationMade) -> None:
        hold(fact.allocation_id not in self.made, "the allocation was made before")
        credit, debit = self._sides(fact)
        hold(fact.amount.cents > 0, f"{fact.amount} is allocated")
        self._check_origin(entry, fact)
        self.accepted.allocate(fact)
        self._move(fact, credit, debit, 1)
        self.prepayments.become_allocation(fact, 1)
        self.groups.join(fact.group_id, credit, debit)
        self.made[fact.allocation_id] = fact
        self._note(entry, fact)

    def _release(self, entry: Entry, fact: AllocationReleased) -> None:
        made = self.made.get(fact.allocation_id)
        hold(made, "the allocation was never made")
        assert made
        hold(fact.allocation_id not in self.released, "the allocation was released before")
        same = ("credit", "debit", "amount", "vat", "credit_vat", "origin", "customer_id")
        differing = [name for name in same if getattr(made, name) != getattr(fact, name)]
        hold(not differing, f"what is released is not what was made: {', '.join(differing)}")
        hold(made.origin != "taken_back", "a payment and its reversal are parted")
        credit, debit = self._sides(fact)
        self.groups.stays(fact.group_id, credit, debit)
        self._move(fact, credit, debit, -1)
        self.prepayments.become_allocation(made, -1)
        self.released.add(fact.allocation_id)
        self._note(entry, fact)

    def _sides(self, fact: Change) -> tuple[Item, Item]:
        credit = self.books.item(key_of(fact.credit))
        debit = self.books.item(key_of(fact.debit))
        hold((credit.side, debit.side) == (CREDIT, DEBIT), "credit and debit are mixed up")
        customers = {credit.customer_id, debit.customer_id, fact.customer_id}
        hold(len(customers) == 1, "it joins items of two customers")
        currencies = {credit.currency, debit.currency, fact.amount.currency}
        hold(len(currencies) == 1, f"it mixes currencies: {', '.join(sorted(currencies))}")
        return credit, debit

    def _move(self, fact: Change, credit: Item, debit: Item, sign: int) -> None:
        cents = fact.amount.cents
        self.books.allocate(credit, debit, sign * cents)
        for side, item in (("credit", credit), ("debit", debit)):
            stated = getattr(fact, f"{side}_open").cents
            hold(stated == item.open, f"{item.key}: {stated} is said to be open, {item.open} is")
        on_debit = fact.vat if debit.vat else ()
        on_credit = fact.credit_vat if debit.vat else fact.vat
        for item, parts in ((credit, on_credit), (debit, on_debit)):
            _split(item, parts, cents, sign)

    def _note(self, entry: Entry, fact: Change) -> None:
        for ref in (fact.credit, fact.debit):
            if ref.kind == "document":
                open_cents = self.books.item(key_of(ref)).open
                self.documents.note(entry, fact, ref.id, open_cents)

    # ── who asked for it ────────────────────────────────────────────────────────

    def _check_origin(self, entry: Entry, fact: AllocationMade) -> None:
        self.transfers.check_link(fact)
        if fact.prepayment_id or (fact.transfer_id and not fact.carries):
            return  # what asked for it held it first, or settles the debt
        paying = fact.carries or fact.credit
        kinds = paying.kind, fact.debit.kind
        if fact.origin in ("manual", "matching"):
            booked = "write_off" in kinds and not fact.accepts
            alone = entry.context.causation_id is None or booked
            hold(alone, f"a {fact.origin} allocation has a cause")
            return
        cause = self.caused_by.get(entry.context.causation_id or UUID(int=0))
        hold(cause, "no journal holds the entry that caused it")
        assert cause
        if fact.accepts:
            asked_by = self.accepted.check_discount(fact)
            hold(cause.fact.stream() in asked_by, f"{cause.fact.stream()} did not ask for it")
            return
        about = {
            "applies_to": {f"payment/{paying.id}", f"document/{fact.debit.id}"},
            "correction": {f"document/{fact.credit.id}", f"document/{fact.debit.id}"},
            "refund": {f"refund/{fact.debit.id}", f"document/{fact.credit.id}"},
            "taken_back": {f"payment/{fact.credit.id}", f"refund/{fact.debit.id}"},
        }[fact.origin]
        hold(cause.fact.stream() in about, f"{cause.fact.stream()} did not ask for it")
        if fact.origin == "applies_to":
            hold(kinds == ("payment", "document"), "only a payment applies to a document")
            wish = self._wish(paying.id, fact.debit.id)
            hold(fact.amount.cents <= wish.asked.cents, f"only {wish.asked} was asked for")
            wish.made = fact.amount.cents
        elif fact.origin == "taken_back":
            self._check_taken_back(fact)
        elif fact.origin == "refund":
            given_back = self.money.refunds.get(fact.debit.id)
            hold(key_of(fact.credit) in (given_back or ()), f"the refund gives back {given_back}")
        else:
            self._check_correction(cause, fact)

    def _check_correction(self, cause: Entry, fact: AllocationMade) -> None:
        """Hold that a credit note corrects the invoice, or that the invoice cancels the note."""
        debit = self.documents.validated[fact.debit.id]
        if cause.fact.stream() == f"document/{fact.debit.id}" and debit.variant == "cancellation":
            hold(debit.follows == fact.credit.id, f"the invoice cancels {debit.follows}")
            return
        corrected = self.documents.validated[fact.credit.id].corrects
        hold(corrected == fact.debit.id, f"the credit note corrects {corrected}")

    def _check_taken_back(self, fact: AllocationMade) -> None:
        if fact.debit.kind == "refund":
            whole = derived_id(fact.debit.id, "reversal"), self._total(fact.debit)
            hold((fact.credit.id, fact.amount.cents) == whole, "it is not all of it")
        else:
            whole = fact.debit.id, self._total(fact.credit)
            hold((fact.credit.id, fact.amount.cents) == whole, "it is not all of it")

    def _total(self, ref: ItemRef) -> int:
        return self.books.item(key_of(ref)).total

    def _wish(self, payment_id: UUID, document_id: UUID) -> Wish:
        wish = self.money.wishes.get((payment_id, document_id))
        hold(wish, f"payment {payment_id} asked for nothing of document {document_id}")
        assert wish
        hold(wish.made is None and not wish.short, "what was asked was decided before")
        return wish

    def _fall_short(self, _entry: Entry, fact: AllocationShortfall) -> None:
        key = (fact.payment_id, fact.document_id)
        wish = self.money.wishes.get(key)
        hold(wish, "the payment asked for nothing of this document")
        assert wish
        hold(not wish.decided, "what was asked was decided before")
        hold((wish.made or 0) == fact.allocated.cents, f"{wish.made or 0} cents were allocated")
        hold(wish.asked == fact.asked, f"{wish.asked} was asked for")
        stated = [each.cents if each else 0 for each in (fact.discount_asked, fact.discount)]
        given = wish.discount, wish.accepted
        hold(tuple(stated) == given, f"{given[1]} cents of discount were accepted of {given[0]}")
        whole = fact.allocated.cents, wish.accepted
        hold(whole != (fact.asked.cents, wish.discount), "nothing is short")
        hold(self._has_no_room(fact), "there was room for more")
        wish.short = True

    def _has_no_room(self, fact: AllocationShortfall) -> bool:
        credit = self.books.item(f"payment/{fact.payment_id}")
        debit = self.books.items.get(f"document/{fact.document_id}")
        if debit is None or fact.payment_id in self.money.taken_back:
            return True
        if self.prepayments.for_document[fact.document_id]:  # decided when it was a draft
            return True
        fits = (credit.customer_id, credit.currency) == (debit.customer_id, debit.currency)
        return not fits or debit.side == CREDIT or 0 in (credit.available, debit.open)

    def _refund_falls_short(self, _entry: Entry, fact: RefundShortfall) -> None:
        given_back = self.money.refunds.get(fact.refund_id, {})
        key = key_of(fact.given_back)
        hold(key in given_back, f"the refund gives back {', '.join(given_back)}")
        hold(given_back[key] == fact.asked, f"{given_back[key]} was asked for")
        asked_for = derived_id(fact.refund_id, "refunds", fact.given_back.id)
        hold(asked_for not in self.short_refunds, "what was asked was decided before")
        made = self.made.get(asked_for)
        given = made.amount.cents if made else 0
        hold(given == fact.allocated.cents, f"{given} cents were allocated")
        hold(given < fact.asked.cents, "nothing is short")
        credit, debit = self.books.item(key), self.books.item(f"refund/{fact.refund_id}")
        fits = (credit.customer_id, credit.currency) == (debit.customer_id, debit.currency)
        room = fits and credit.side == CREDIT and 0 not in (credit.open, debit.open)
        hold(not room, "there was room for more")
        self.short_refunds.add(asked_for)

    def _write_off(self, _entry: Entry, fact: WriteOffDeclared) -> None:
        self.accepted.declare(fact)
        self.books.add(f"write_off/{fact.write_off_id}", fact.side, fact.customer_id, fact.amount)

    def undecided(self) -> int:
        """Count what payers asked for and reconciliation has not answered."""
        return sum(not wish.decided for wish in self.money.wishes.values())


def _split(item: Item, parts: Sequence[VatPart], cents: int, sign: int) -> None:
    """Hold an allocation's VAT against its document: rates, sum, and never more than there is."""
    if not item.vat:
        hold(not parts, f"{item.key} has no VAT to split")
        return
    hold([part.rate for part in parts] == list(item.vat), f"{item.key} has other VAT rates")
    hold(sum(part.amount.cents for part in parts) == cents, f"the VAT parts are not {cents}")
    for part in parts:
        given = item.vat_allocated.get(part.rate, 0) + sign * part.amount.cents
        item.vat_allocated[part.rate] = given
        low, high = sorted((0, item.vat[part.rate]))
        hold(low <= given <= high, f"{item.key}: {given} cents at {part.rate} % of {high}")
    if item.open == 0 and item.declared == 0:
        hold(_all_given(item.vat, item.vat_allocated), f"{item.key} is settled, its VAT is not")


def _all_given(vat: Mapping[str, int], allocated: Mapping[str, int]) -> bool:
    return all(allocated.get(rate, 0) == total for rate, total in vat.items())
