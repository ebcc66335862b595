"""Invoicing's tables: what its facts and those it follows are turned into."""

from sqlalchemy import MetaData

from services.invoicing.domain.customer import Customer
from services.invoicing.domain.document import Document
from services.invoicing.domain.numbers import Counter, Series
from services.invoicing.domain.receipt import SeenPayment, SettledBy
from shared.tables import Tables

metadata = MetaData()
TABLES = Tables(metadata)
customers = TABLES.table("customers", Customer, indexes={"customers_by_code": ["ledger", "code"]})
documents = TABLES.table(
    "documents",
    Document,
    indexes={
        "documents_by_issue": ["ledger", "issued_on", "document_id"],
        "documents_by_customer": ["ledger", "customer_id", "issued_on", "document_id"],
        "documents_by_status": ["ledger", "payment_status", "issued_on", "document_id"],
        "documents_by_number": ["ledger", "number"],
    },
)
series = TABLES.table("numbering_series", Series)
counters = TABLES.table("numbering_counters", Counter)
seen_payments = TABLES.table("seen_payments", SeenPayment)
settled_by = TABLES.table(
    "settled_by", SettledBy, indexes={"settled_by_document": ["ledger", "document_id"]}
)
