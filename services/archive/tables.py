"""The archive's tables: the copies, which only grow, and what verifications found."""

from sqlalchemy import Index, MetaData

from services.archive.domain.copy import CopiedEntry
from services.archive.domain.finding import Finding
from shared.tables import Tables

metadata = MetaData()
TABLES = Tables(metadata)
copied_entries = TABLES.table("copied_entries", CopiedEntry, kept=True)
Index(
    "copied_entries_in_order",
    copied_entries.c.ledger,
    copied_entries.c.source,
    copied_entries.c.position,
    unique=True,
)
findings = TABLES.table("findings", Finding)
