"""Invoicing's tables: what its facts and those it follows are turned into."""

from sqlalchemy import DDL, Index, MetaData, bindparam, event

from services.invoicing.domain.customer import Customer
from services.invoicing.domain.document import Document
from services.invoicing.domain.due import UNFINISHED
from services.invoicing.domain.folder import Folder
from services.invoicing.domain.numbers import Counter, Series
from services.invoicing.domain.preference import Preference
from services.invoicing.domain.receipt import HeldFor, SeenPayment, SettledBy
from shared.tables import Tables

metadata = MetaData()
TABLES = Tables(metadata)
customers = TABLES.table(
    "customers",
    Customer,
    indexes={
        "customers_by_code": ["ledger", "code"],
        "customers_by_parent": ["ledger", "parent_id"],
    },
)
folders = TABLES.table("folders", Folder, indexes={"folders_by_opening": ["ledger", "position"]})
preferences = TABLES.table("preferences", Preference)
documents = TABLES.table(
    "documents",
    Document,
    indexes={
        "documents_by_issue": ["ledger", "issued_on", "document_id"],
        "documents_by_customer": ["ledger", "customer_id", "issued_on", "document_id"],
        "documents_by_status": ["ledger", "payment_status", "issued_on", "document_id"],
        "documents_by_number": ["ledger", "number"],
        "documents_by_kind": ["ledger", "kind", "number"],
        "documents_by_folder": ["ledger", "opened", "document_id"],
        "documents_by_year": ["ledger", "fiscal_year", "opened", "document_id"],
        "documents_by_year_issue": ["ledger", "fiscal_year", "issued_on", "document_id"],
        "documents_by_year_due": ["ledger", "fiscal_year", "due_on", "document_id"],
        "documents_by_year_number": ["ledger", "fiscal_year", "number"],
        "documents_by_brand": ["ledger", "brand", "opened", "document_id"],
        "documents_by_folder_name": ["ledger", "folder_name", "document_id"],
        "documents_by_due": ["ledger", "due_on", "document_id"],
        "documents_by_total": ["ledger", "total_cents", "document_id"],
    },
)
# Few of many are not finished; said to the letter, so that every plan may use the index.
unfinished = documents.c.document_status.in_(
    bindparam("unfinished", UNFINISHED, expanding=True, literal_execute=True)
)
Index(
    "documents_unfinished",
    *(documents.c.ledger, documents.c.opened, documents.c.document_id),
    postgresql_where=unfinished,
)
# Few were validated by who drew them up, or few were not: it depends on the company (S2-29).
Index(
    "documents_by_validation",
    *(documents.c[name] for name in ("ledger", "self_validated", "opened", "document_id")),
    postgresql_where=documents.c.validated_by.is_not(None),
)
_DEPENDENT = "CREATE STATISTICS documents_validation (mcv) ON self_validated, validated_by"
event.listen(documents, "after_create", DDL(f"{_DEPENDENT} FROM documents"))  # type: ignore[no-untyped-call]
# Finds what few documents have, whichever filters are combined; any part of a number by the
# groups of three characters in it (S2-22, S2-25).
_RARE = ("ledger", "kind", "variant", "business_type", "validated_by", "folder_id", "payer_id")
Index(
    "documents_by_anything",
    documents.c.number,
    *(documents.c[name] for name in _RARE),
    postgresql_using="gin",
    postgresql_ops={"number": "gin_trgm_ops"},
)
Index(
    "documents_by_source_reference",
    documents.c.ledger,
    documents.c.source_reference,
    postgresql_where=documents.c.source_reference.is_not(None),
)
series = TABLES.table("numbering_series", Series)
counters = TABLES.table("numbering_counters", Counter)
seen_payments = TABLES.table("seen_payments", SeenPayment)
held_for = TABLES.table(
    "held_for", HeldFor, indexes={"held_for_document": ["ledger", "document_id"]}
)
settled_by = TABLES.table(
    "settled_by", SettledBy, indexes={"settled_by_document": ["ledger", "document_id"]}
)
