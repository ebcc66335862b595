"""What settling takes and gives: two columns, what is owed and what is available."""

from collections.abc import Iterable
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.reconciliation.schemas import ItemName, ItemOut, VatPartOut
from shared.dates import IsoDate
from shared.events.reconciliation import AllocationMade
from shared.fields import AmountText, Currency, LongText
from shared.money import decimal_text
from shared.web import Body, Out

Category = Literal["invoice", "other_debt", "payment", "overpayment", "credit_note", "difference"]


class OpenItemOut(ItemOut):
    """An open item; a payment of which a part is used is an overpayment."""

    category: Category


class OpenAccountOut(Out):
    """What a customer owes, and what can settle it; each oldest first."""

    customer_id: UUID
    owed: list[OpenItemOut]
    available: list[OpenItemOut]


def open_account_out(customer_id: UUID, rows: Iterable[Any]) -> OpenAccountOut:
    """Show a customer's open items in their two columns."""
    columns: dict[str, list[OpenItemOut]] = {"debit": [], "credit": []}
    for row in rows:
        columns[row.side].append(_open_item_out(row))
    return OpenAccountOut(
        customer_id=customer_id, owed=columns["debit"], available=columns["credit"]
    )


def _open_item_out(row: Any) -> OpenItemOut:
    return OpenItemOut(
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
        matching_code=None,
        group_id=row.group_id,
        category=_category(row),
    )


def _category(row: Any) -> Category:
    if row.side == "debit":
        return "invoice" if row.kind == "document" else "other_debt"
    if row.kind == "payment":
        return "overpayment" if row.allocated_cents else "payment"
    return "credit_note" if row.kind == "document" else "difference"


class SideIn(ItemName):
    """An item, and how much of it at most; all that is open where nothing is said."""

    amount: AmountText | None = None
    currency: Currency = "EUR"


class SettlementIn(Body):
    """What is owed, and what settles it: both are used in the order named."""

    owed: list[SideIn] = Field(min_length=1, max_length=100)
    available: list[SideIn] = Field(min_length=1, max_length=100)
    reason: LongText | None = None
    on: IsoDate | None = Field(default=None, description="Default: today")


class SettledPartOut(Out):
    """One allocation of a settlement, and what is open on both items after it."""

    credit_item: str
    debit_item: str
    amount: str
    currency: str
    credit_open: str
    debit_open: str
    vat: list[VatPartOut]


class SettlementOut(Out):
    """What a settlement allocates, in order."""

    allocations: list[SettledPartOut]


def settled_part(fact: AllocationMade) -> SettledPartOut:
    """Show an allocation as its fact says it."""
    return SettledPartOut(
        credit_item=f"{fact.credit.kind}/{fact.credit.id}",
        debit_item=f"{fact.debit.kind}/{fact.debit.id}",
        amount=str(fact.amount),
        currency=fact.amount.currency,
        credit_open=str(fact.credit_open),
        debit_open=str(fact.debit_open),
        vat=[VatPartOut(rate=part.rate, amount=str(part.amount)) for part in fact.vat],
    )
