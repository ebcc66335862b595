"""Reconciliation's tables: customers, items, what links them, what was asked."""

from sqlalchemy import MetaData

from services.reconciliation.domain.asked import AskedAllocation
from services.reconciliation.domain.bank import BankReconciliation
from services.reconciliation.domain.customer import KnownCustomer
from services.reconciliation.domain.difference import Difference
from services.reconciliation.domain.item import Allocation, Group, Item, MatchingCounter
from services.reconciliation.domain.matching import Matching
from services.reconciliation.domain.write_off import WriteOff
from shared.tables import Tables

metadata = MetaData()
TABLES = Tables(metadata)
known_customers = TABLES.table("known_customers", KnownCustomer)
items = TABLES.table(
    "items",
    Item,
    indexes={
        "items_by_customer": ["ledger", "customer_id", "item_on", "item"],
        "items_by_group": ["ledger", "group_id"],
    },
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
        "allocations_by_date": ["ledger", "allocated_on", "allocation_id"],
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
differences = TABLES.table(
    "differences", Difference, indexes={"differences_by_document": ["ledger", "document_id"]}
)
write_offs = TABLES.table("write_offs", WriteOff)
bank_reconciliations = TABLES.table("bank_reconciliations", BankReconciliation)
