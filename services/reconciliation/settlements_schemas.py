"""What settling takes and gives: two columns, what is owed and what is available."""

from collections.abc import Iterable
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.reconciliation.schemas import ItemName, ItemOut, VatPartOut
from shared.dates import IsoDate
from shared.events import Event
from shared.events.invoicing import PURCHASES
from shared.events.reconciliation import AllocationMade, PrepaymentHeld
from shared.fields import AmountText, Currency, LongText
from shared.money import decimal_text
from shared.web import Body, Out

Category = Literal[
    "invoice",
    "order",
    "delivery_note",
    "other_debt",
    "payment",
    "overpayment",
    "prepayment",
    "credit_note",
    "purchase_invoice",
    "expense_note",
    "difference",
    "transfer",
]


class OpenItemOut(ItemOut):
    """An open item of a customer's account; a payment of which a part is used is an overpayment.

    What is open of a payment is what is available. What is held of it for an order is a
    prepayment, a row of its own, which names the document; freeing it makes it available.
    """

    customer_id: UUID
    category: Category
    document_id: UUID | None = None
    prepayment_id: UUID | None = None


class OpenAccountOut(Out):
    """What a customer owes, and what can settle it; each oldest first.

    What we owe a supplier or employee is `available`, and what we paid is `owed`.
    Orders and delivery notes stand among what is owed for what is neither prepaid nor invoiced.
    """

    customer_id: UUID
    owed: list[OpenItemOut]
    available: list[OpenItemOut]


def open_account_out(
    customer_id: UUID,
    rows: Iterable[Any],
    orders: Iterable[Any],
    held: Iterable[Any],
    *,
    unpaid: bool,
) -> OpenAccountOut:
    """Show a customer's items and orders in their two columns."""
    columns: dict[str, list[OpenItemOut]] = {"debit": [], "credit": []}
    for row in rows:
        open_cents = row.amount_cents - row.allocated_cents - row.declared_cents - row.held_cents
        if open_cents or not unpaid:
            columns[row.side].append(_open_item_out(row, open_cents, category=_category(row)))
    owed = [*columns["debit"], *(_order_out(row) for row in orders)]
    kept = [
        _open_item_out(
            row,
            row.kept,
            category="prepayment",
            document_id=row.document_id,
            prepayment_id=row.prepayment_id,
        )
        for row in held
    ]
    return OpenAccountOut(
        customer_id=customer_id,
        owed=sorted(owed, key=lambda item: item.on),
        available=[*columns["credit"], *kept],
    )


def _open_item_out(row: Any, open_cents: int, **fields: Any) -> OpenItemOut:
    return OpenItemOut(
        customer_id=row.customer_id,
        kind=row.kind,
        id=row.item_id,
        side=row.side,
        number=row.number,
        on=row.item_on,
        due_on=row.due_on,
        amount=decimal_text(row.amount_cents, row.currency),
        open=decimal_text(open_cents, row.currency),
        currency=row.currency,
        matching_code=None,
        group_id=row.group_id,
        **fields,
    )


def _order_out(row: Any) -> OpenItemOut:
    left = max(0, row.total_cents - row.passed_on_cents - int(row.held_cents))
    return OpenItemOut(
        customer_id=row.customer_id,
        kind="document",
        id=row.document_id,
        side="debit",
        number=row.number,
        on=row.issued_on,
        due_on=None,
        amount=decimal_text(row.total_cents, row.currency),
        open=decimal_text(left, row.currency),
        currency=row.currency,
        matching_code=None,
        group_id=None,
        category=row.kind,
    )


def _category(row: Any) -> Category:
    if row.variant == "transfer":
        return "transfer"
    if row.side == "debit":
        return "invoice" if row.kind == "document" else "other_debt"
    if row.kind == "payment":
        return "overpayment" if row.allocated_cents else "payment"
    if row.kind != "document":
        return "difference"
    return row.variant if row.variant in PURCHASES else "credit_note"


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


class HeldPartOut(Out):
    """One prepayment of a settlement, and what is available of the credit after it."""

    credit_item: str
    document_id: UUID
    amount: str
    currency: str
    credit_available: str


class SettlementOut(Out):
    """What a settlement allocates, and what it holds for orders, in order."""

    allocations: list[SettledPartOut]
    prepayments: list[HeldPartOut]


def held_part(fact: PrepaymentHeld) -> HeldPartOut:
    """Show a prepayment as its fact says it."""
    return HeldPartOut(
        credit_item=f"{fact.credit.kind}/{fact.credit.id}",
        document_id=fact.document_id,
        amount=str(fact.amount),
        currency=fact.amount.currency,
        credit_available=str(fact.credit_available),
    )


def settled_parts(facts: Iterable[Event]) -> list[SettledPartOut]:
    """Show what allocations settle; one by a transfer with what pays, not with what brings it."""
    made = [fact for fact in facts if isinstance(fact, AllocationMade)]
    brought: dict[UUID | None, AllocationMade] = {
        fact.transfer_id: fact for fact in made if fact.transfer_id and not fact.carries
    }
    settling = [fact for fact in made if fact.carries or not fact.transfer_id]
    return [_settled_part(fact, brought.get(fact.transfer_id, fact)) for fact in settling]


def _settled_part(fact: AllocationMade, paying: AllocationMade) -> SettledPartOut:
    return SettledPartOut(
        credit_item=f"{paying.credit.kind}/{paying.credit.id}",
        debit_item=f"{fact.debit.kind}/{fact.debit.id}",
        amount=str(fact.amount),
        currency=fact.amount.currency,
        credit_open=str(paying.credit_open),
        debit_open=str(fact.debit_open),
        vat=[VatPartOut(rate=part.rate, amount=str(part.amount)) for part in fact.vat],
    )
