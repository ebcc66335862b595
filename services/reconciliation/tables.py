"""Reconciliation's tables: customers, items, what links them, what was asked."""

from typing import Any

from sqlalchemy import ColumnElement, Index, MetaData, func

from services.reconciliation.domain.asked import AskedAllocation
from services.reconciliation.domain.bank import BankReconciliation, RefundBankReconciliation
from services.reconciliation.domain.customer import KnownCustomer
from services.reconciliation.domain.difference import Difference
from services.reconciliation.domain.item import Allocation, Group, Item, MatchingCounter
from services.reconciliation.domain.matching import Matching
from services.reconciliation.domain.sale import Prepayment, SaleDocument
from services.reconciliation.domain.transfer import Transfer
from services.reconciliation.domain.waiting_refund import AskedRefund
from services.reconciliation.domain.write_off import WriteOff
from shared.tables import Tables

metadata = MetaData()
TABLES = Tables(metadata)
known_customers = TABLES.table(
    "known_customers",
    KnownCustomer,
    indexes={
        "customers_by_code": ["ledger", "code"],
        "customers_by_name": ["ledger", "name"],
        "customers_by_parent": ["ledger", "parent_id"],
    },
)
items = TABLES.table(
    "items",
    Item,
    indexes={
        "items_by_customer": ["ledger", "customer_id", "item_on", "item"],
        "items_by_group": ["ledger", "group_id"],
    },
)
# What a list of links is sorted by: of items that are linked to something, of one kind.
_ORDERS: dict[str, list[ColumnElement[Any]]] = {
    "items_linked_by_number": [items.c.number],
    "items_linked_by_due": [func.coalesce(items.c.due_on, items.c.item_on)],
    "items_linked_by_amount": [items.c.amount_cents],
    "items_linked_by_type": [func.coalesce(items.c.variant, "normal"), items.c.number],
}
for _name, _order in _ORDERS.items():
    Index(
        _name, items.c.ledger, items.c.kind, *_order, postgresql_where=items.c.allocated_cents > 0
    )
groups = TABLES.table(
    "matching_groups", Group, indexes={"groups_by_customer": ["ledger", "customer_id"]}
)
allocations = TABLES.table(
    "allocations",
    Allocation,
    indexes={
        "allocations_by_credit": ["ledger", "credit_item"],
        "allocations_by_debit": ["ledger", "debit_item"],
        "allocations_by_payment": ["ledger", "paid_with"],
        "allocations_by_date": ["ledger", "allocated_on", "allocation_id"],
        "allocations_by_paid_on": ["ledger", "paid_on", "allocation_id"],
        "allocations_by_document_on": ["ledger", "document_on", "allocation_id"],
        "allocations_by_amount": ["ledger", "amount_cents", "allocation_id", "same_amount"],
        "allocations_by_customer": ["ledger", "customer_id", "allocated_on", "allocation_id"],
    },
)
transfers = TABLES.table(
    "transfers",
    Transfer,
    indexes={
        "transfers_by_position": ["ledger", "position"],
        "transfers_by_date": ["ledger", "transferred_on", "position"],
        "transfers_by_payer": ["ledger", "from_customer_id"],
        "transfers_by_debtor": ["ledger", "to_customer_id"],
    },
)
matching_counters = TABLES.table("matching_counters", MatchingCounter)
matchings = TABLES.table("matchings", Matching)
asked_allocations = TABLES.table(
    "asked_allocations",
    AskedAllocation,
    indexes={
        "asked_by_payment": ["ledger", "payment_id"],
        "asked_by_document": ["ledger", "document_id"],
    },
)
sale_documents = TABLES.table(
    "sale_documents",
    SaleDocument,
    indexes={
        "sale_documents_by_sale": ["ledger", "sale_id"],
        "sale_documents_by_customer": ["ledger", "customer_id", "issued_on", "document_id"],
    },
)
prepayments = TABLES.table(
    "prepayments",
    Prepayment,
    indexes={
        "prepayments_by_credit": ["ledger", "credit_item"],
        "prepayments_by_document": ["ledger", "document_id"],
    },
)
asked_refunds = TABLES.table(
    "asked_refunds", AskedRefund, indexes={"asked_refunds_by_document": ["ledger", "document_id"]}
)
differences = TABLES.table(
    "differences", Difference, indexes={"differences_by_document": ["ledger", "document_id"]}
)
write_offs = TABLES.table("write_offs", WriteOff)
bank_reconciliations = TABLES.table("bank_reconciliations", BankReconciliation)
refund_bank_reconciliations = TABLES.table("refund_bank_reconciliations", RefundBankReconciliation)
