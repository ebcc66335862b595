"""Reconciliation, put together."""

from pathlib import Path

from services.reconciliation.api import router
from services.reconciliation.projections import PROJECTION
from services.reconciliation.reactions import REACTIONS
from services.reconciliation.tables import TABLES
from shared.service import Service

SERVICE = Service(
    name="reconciliation",
    title="Which money settles what.",
    tables=TABLES,
    projection=PROJECTION,
    reactions=REACTIONS,
    sources=("payments", "invoicing"),
    routers=(router,),
    migrations=Path(__file__).parent / "migrations",
)
