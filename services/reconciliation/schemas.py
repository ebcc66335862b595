"""What reconciliation's API takes and gives."""

from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.reconciliation.differences_schemas import (
    DifferenceIn,
    DifferenceOut,
    difference_out,
)
from services.reconciliation.domain.matching import MatchItems
from services.reconciliation.domain.parts import Accepted
from services.reconciliation.domain.write_off import WriteOff
from shared.dates import IsoDate, civil_date, now
from shared.events.reconciliation import ItemRef
from shared.fields import AmountText, Currency, LongText, ShortText
from shared.money import decimal_text
from shared.requests import fingerprint
from shared.web import Body, Out


class ItemName(Body):
    """Names an item: its kind and id. `taken_back` is the reversal of the payment of that id.

    That of a refund has an id of its own.
    """

    kind: Literal["payment", "document", "refund", "taken_back", "write_off"]
    id: UUID

    def ref(self) -> ItemRef:
        """Return the name as facts carry it."""
        return ItemRef(kind=self.kind, id=self.id)


class AllocationIn(Body):
    """How much of a credit item settles a debit item, and what is accepted beside it.

    What is paid and the `differences` are together no more than is open on the debit item.
    """

    credit: ItemName
    debit: ItemName
    amount: AmountText
    currency: Currency = "EUR"
    on: IsoDate | None = Field(default=None, description="Default: today")
    reason: LongText | None = None
    differences: list[DifferenceIn] = Field(default=[], max_length=20)

    def accepted(self) -> list[Accepted]:
        """Return the differences, each with its reason; raise Malformed for what is no amount."""
        return [each.accepted(self.currency) for each in self.differences]


class VatPartOut(Out):
    """The part of an allocation that falls on one VAT rate of its document."""

    rate: str
    amount: str


class AllocationOut(Out):
    """An allocation; released ones stay, with their reason.

    `vat` is of the debit document, or of the credit note where that is the only document;
    `credit_vat` is of a credit note that settles an invoice. `paid_with` is the credit item, or
    that of another customer which a transfer brings.
    """

    allocation_id: UUID
    customer_id: UUID
    credit_item: str
    debit_item: str
    amount: str
    currency: str
    allocated_on: date
    origin: str
    vat: list[VatPartOut]
    credit_vat: list[VatPartOut]
    released_on: date | None
    release_reason: str | None
    reason: str | None
    position: int
    differences: list[DifferenceOut]
    paid_with: str
    transfer_id: UUID | None


def allocation_out(row: Any) -> AllocationOut:
    """Show an allocation's row."""
    names = set(AllocationOut.model_fields) - {"amount", "vat", "credit_vat", "differences"}

    def shown(parts: Any) -> list[VatPartOut]:
        return [
            VatPartOut(rate=part["rate"], amount=decimal_text(part["cents"], row.currency))
            for part in parts
        ]

    return AllocationOut(
        amount=decimal_text(row.amount_cents, row.currency),
        vat=shown(row.vat),
        credit_vat=shown(row.credit_vat),
        differences=[difference_out(each, row.currency) for each in row.differences],
        **{name: getattr(row, name) for name in names},
    )


class ReleaseIn(Body):
    """Why an allocation is undone, and when (default today)."""

    reason: LongText
    on: IsoDate | None = None


class ReallocationIn(Body):
    """Allocations to release, and those to make instead."""

    releases: list[UUID] = Field(min_length=1, max_length=100)
    allocations: list["MoveIn"] = Field(min_length=1, max_length=100)
    reason: LongText
    on: IsoDate | None = Field(default=None, description="Default: today")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(self.releases) != len(set(self.releases)):
            raise ValueError("an allocation is released once")
        return self


class MoveIn(Body):
    """How much of a credit item settles a debit item."""

    credit: ItemName
    debit: ItemName
    amount: AmountText
    currency: Currency = "EUR"


class ReallocationOut(Out):
    """What was released and what was made, in the order asked."""

    reallocation_id: UUID
    released: list[AllocationOut]
    allocations: list[AllocationOut]


class BankReconciliationIn(Body):
    """The bank statement that shows the payment or refund."""

    statement: ShortText = Field(examples=["CIC 2025-08"])
    on: IsoDate | None = Field(default=None, description="Default: today")


class BankReconciliationOut(Out):
    """Whether a bank statement shows the payment, and which."""

    payment_id: UUID
    bank_reconciled: bool
    statement: str | None
    reconciled_on: date | None


class RefundBankReconciliationOut(Out):
    """Whether a bank statement shows the refund, and which."""

    refund_id: UUID
    bank_reconciled: bool
    statement: str | None
    reconciled_on: date | None


class MatchingIn(Body):
    """Items of one customer that belong together."""

    customer_id: UUID
    items: list[ItemName] = Field(min_length=2, max_length=2_000)
    matched_on: IsoDate | None = Field(default=None, description="Default: today")

    def command(self, matching_id: UUID) -> MatchItems:
        """Return the command it asks for."""
        return MatchItems(
            matching_id=matching_id,
            customer_id=self.customer_id,
            items=[item.ref() for item in self.items],
            on=self.matched_on or civil_date(now()),
            request_sha256=fingerprint(self),
        )


class MatchingOut(Out):
    """A matching, and the code its group carries if nothing is open in it."""

    matching_id: UUID
    customer_id: UUID
    matched_on: date
    matching_code: str | None
    open: str


class WriteOffIn(Body):
    """A difference accepted: `loss` lowers what the customer owes, `gain` raises it."""

    customer_id: UUID
    side: Literal["loss", "gain"]
    amount: AmountText
    currency: Currency = "EUR"
    reason: LongText
    account: ShortText | None = Field(default=None, examples=["658"])
    on: IsoDate | None = Field(default=None, description="Default: today")


class WriteOffOut(Out):
    """A declared difference."""

    write_off_id: UUID
    customer_id: UUID
    side: Literal["loss", "gain"]
    amount: str
    currency: str
    reason: str
    account: str | None
    declared_on: date
    position: int


def write_off_out(row: WriteOff) -> WriteOffOut:
    """Show a write-off's row."""
    return WriteOffOut(
        write_off_id=row.write_off_id,
        customer_id=row.customer_id,
        side="loss" if row.side == "credit" else "gain",
        amount=decimal_text(row.amount_cents, row.currency),
        currency=row.currency,
        reason=row.reason,
        account=row.account,
        declared_on=row.declared_on,
        position=row.position,
    )


class ItemOut(Out):
    """An item of a customer's account, and what is open on it."""

    kind: str
    id: UUID
    side: Literal["credit", "debit"]
    number: str
    on: date
    due_on: date | None
    amount: str
    open: str
    currency: str
    matching_code: str | None
    group_id: UUID | None


def item_out(row: Any) -> ItemOut:
    """Show an item's row."""
    return ItemOut(
        kind=row.kind,
        id=row.item_id,
        side=row.side,
        number=row.number,
        on=row.item_on,
        due_on=row.due_on,
        amount=decimal_text(row.amount_cents, row.currency),
        open=decimal_text(
            row.amount_cents - row.allocated_cents - row.declared_cents, row.currency
        ),
        currency=row.currency,
        matching_code=row.matching_code,
        group_id=row.group_id,
    )


class BalanceOut(Out):
    """What a customer owes (positive) or is owed: debit items less credit items."""

    customer_id: UUID
    currency: str
    balance: str
    open_debit: str
    open_credit: str
