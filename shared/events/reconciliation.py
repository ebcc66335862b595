"""Facts of the reconciliation service: which money settles what.

An **item** is anything that moves a customer's account. Credit items lower what the
customer owes (a payment, a credit note, a loss written off) or are what we owe (a purchase);
debit items raise it (an invoice, a refund, a payment taken back, a gain written off). An
**allocation** links a credit item to a debit item for an amount, always positive. A
**prepayment** keeps part of a credit item for a document that is not owed yet.
"""

from typing import ClassVar, Literal

from typing_extensions import override

from shared.dates import IsoDate
from shared.events import Event, Value
from shared.ids import Id
from shared.money import Money

ItemKind = Literal["payment", "document", "refund", "taken_back", "write_off"]
AllocationOrigin = Literal["applies_to", "correction", "manual", "matching", "taken_back", "refund"]
DifferenceCode = Literal["discount", "write_off", "bank_fee"]


class ItemRef(Value):
    """Names an item: `taken_back` is the reversal or return of the payment of the same id.

    The reversal of a refund is `taken_back` too, on the credit side, under its `reversal_id`.
    """

    kind: ItemKind
    id: Id


class VatPart(Value):
    """The part of an allocation that falls on one VAT rate of the document (rule 10)."""

    rate: str
    amount: Money


class AllocationDifference(Value):
    """What is accepted beside an allocation, with its reason, as a write-off of its own.

    The write-off settles the same debit item, by an allocation of its own.
    """

    code: DifferenceCode
    amount: Money
    account: str | None = None
    reason: str
    write_off_id: Id
    allocation_id: Id


class AllocationMade(Event):
    """This much of a credit item settles this much of a debit item (imputation)."""

    type: ClassVar[str] = "reconciliation.allocation-made.v1"
    about: ClassVar[str] = "allocation/{allocation_id}"

    allocation_id: Id
    customer_id: Id
    credit: ItemRef
    debit: ItemRef
    amount: Money
    allocated_on: IsoDate
    origin: AllocationOrigin
    group_id: Id
    credit_open: Money  # what is left of the credit item afterwards
    debit_open: Money  # what is left of the debit item afterwards
    vat: tuple[VatPart, ...] = ()  # of the debit document, else of the credit document
    credit_vat: tuple[VatPart, ...] = ()  # of a credit note that settles an invoice
    reason: str | None = None
    request_sha256: str | None = None
    prepayment_id: Id | None = None  # the prepayment it was until now
    differences: tuple[AllocationDifference, ...] = ()
    transfer_id: Id | None = None  # the transfer that its credit or its debit item is a side of
    carries: ItemRef | None = None  # another customer's credit, which that transfer brings
    accepts: AllocationDifference | None = None  # the difference that its credit item is
    debit_number: str | None = None  # of what a difference is accepted on


class AllocationReleased(Event):
    """An allocation was undone; both sides are open again for its amount."""

    type: ClassVar[str] = "reconciliation.allocation-released.v1"
    about: ClassVar[str] = "allocation/{allocation_id}"

    allocation_id: Id
    customer_id: Id
    credit: ItemRef
    debit: ItemRef
    amount: Money
    origin: AllocationOrigin
    released_on: IsoDate
    reason: str
    group_id: Id
    credit_open: Money
    debit_open: Money
    vat: tuple[VatPart, ...] = ()  # of the debit document, else of the credit document
    credit_vat: tuple[VatPart, ...] = ()  # of a credit note that settles an invoice
    prepayment_id: Id | None = None  # as it was made


class PrepaymentHeld(Event):
    """This much of a credit item is kept for a document that is not owed yet (acompte).

    Nothing is allocated by it: the money is neither the document's nor available to others.
    """

    type: ClassVar[str] = "reconciliation.prepayment-held.v1"
    about: ClassVar[str] = "prepayment/{prepayment_id}"

    prepayment_id: Id
    customer_id: Id
    credit: ItemRef
    document_id: Id
    amount: Money
    held_on: IsoDate
    origin: Literal["applies_to", "manual", "slid"]
    slid_from: Id | None = None  # the prepayment or allocation that it was until now
    credit_available: Money  # what is left of the credit item afterwards
    reason: str | None = None
    request_sha256: str | None = None


class PrepaymentFreed(Event):
    """This much of a prepayment is not kept for its document any more.

    It goes on to another document in the same commit, or is the customer's credit again.
    """

    type: ClassVar[str] = "reconciliation.prepayment-freed.v1"
    about: ClassVar[str] = "prepayment/{prepayment_id}"

    prepayment_id: Id
    customer_id: Id
    credit: ItemRef
    document_id: Id
    amount: Money  # positive: what is freed
    left: Money  # what is still kept by it
    freed_on: IsoDate
    reason: str
    slides_to: Id | None = None  # the document that it goes on to


class ItemsGrouped(Event):
    """Items changed their matching group: groups were joined, or one fell apart.

    Without a `group_id` each of the items stands alone again.
    """

    type: ClassVar[str] = "reconciliation.items-grouped.v1"

    customer_id: Id
    group_id: Id | None
    from_group_id: Id | None
    items: tuple[ItemRef, ...]

    @override
    def stream(self) -> str:
        """Return the stream of the group that changed."""
        return f"matching-group/{self.group_id or self.from_group_id}"


class MatchingMade(Event):
    """Somebody said that these items belong together (lettrage manuel)."""

    type: ClassVar[str] = "reconciliation.matching-made.v1"
    about: ClassVar[str] = "matching/{matching_id}"

    matching_id: Id
    customer_id: Id
    items: tuple[ItemRef, ...]
    matched_on: IsoDate
    request_sha256: str


class ItemsMatched(Event):
    """A group of items balances and carries a matching code (lettrage)."""

    type: ClassVar[str] = "reconciliation.items-matched.v1"
    about: ClassVar[str] = "matching-group/{group_id}"

    group_id: Id
    customer_id: Id
    matching_code: str
    items: tuple[ItemRef, ...]
    matched_on: IsoDate


class ItemsUnmatched(Event):
    """A group no longer balances: its code is withdrawn, never given again (délettrage)."""

    type: ClassVar[str] = "reconciliation.items-unmatched.v1"
    about: ClassVar[str] = "matching-group/{group_id}"

    group_id: Id
    customer_id: Id
    matching_code: str
    items: tuple[ItemRef, ...]
    unmatched_on: IsoDate


class WriteOffDeclared(Event):
    """A small difference was accepted (écart de règlement), a loss or a gain."""

    type: ClassVar[str] = "reconciliation.write-off-declared.v1"
    about: ClassVar[str] = "write-off/{write_off_id}"

    write_off_id: Id
    customer_id: Id
    side: Literal["credit", "debit"]  # credit: a loss, the customer owes less
    amount: Money
    reason: str
    account: str | None = None
    declared_on: IsoDate
    request_sha256: str
    takes_back: Id | None = None  # the write-off that this one is the opposite of
    alone: bool = False  # by itself: neither with an allocation, nor by closing a document


class DifferenceDeclared(Event):
    """A document was closed short: this much of it nobody will pay, and no entry says so.

    It is what payments asked for, or less where less was open.
    """

    type: ClassVar[str] = "reconciliation.difference-declared.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: Id
    customer_id: Id
    payment_id: Id  # what closed the document
    asked: Money
    difference: Money
    open: Money  # what is left of the document afterwards
    declared_on: IsoDate


class DifferenceWithdrawn(Event):
    """A document that was closed short is owed again by what was declared on it."""

    type: ClassVar[str] = "reconciliation.difference-withdrawn.v1"
    about: ClassVar[str] = "document/{document_id}"

    document_id: Id
    customer_id: Id
    payment_id: Id
    difference: Money  # negative: what was declared no longer is
    open: Money  # what is left of the document afterwards
    withdrawn_on: IsoDate


class PaymentBankReconciled(Event):
    """The bank statement shows the payment (rapprochement bancaire)."""

    type: ClassVar[str] = "reconciliation.payment-bank-reconciled.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    payment_id: Id
    customer_id: Id
    statement: str  # what the bank calls its statement
    reconciled_on: IsoDate


class BankReconciliationUndone(Event):
    """A payment was met with a bank statement by mistake."""

    type: ClassVar[str] = "reconciliation.bank-reconciliation-undone.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    payment_id: Id
    customer_id: Id
    statement: str
    reason: str
    undone_on: IsoDate
