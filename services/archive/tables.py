"""The archive's tables: copies, which only grow; what was found, closed and handed over."""

from sqlalchemy import Index, MetaData

from services.archive.domain.closing import Closing
from services.archive.domain.copy import CopiedEntry
from services.archive.domain.deposit import Deposit
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
closings = TABLES.table(
    "closings", Closing, indexes={"closings_by_end": ("ledger", "last_on", "period")}
)
deposits = TABLES.table("deposits", Deposit, indexes={"deposits_by_period": ("ledger", "period")})
