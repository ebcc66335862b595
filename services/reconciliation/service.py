"""Reconciliation, put together."""

from pathlib import Path

from services.reconciliation import (
    api,
    bank_api,
    bulk_api,
    links_api,
    prepayments_api,
    reallocations_api,
    settlements_api,
    transfers_api,
)
from services.reconciliation.followed import PROJECTION
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
    patient=("invoicing",),
    routers=(
        bulk_api.router,
        api.router,
        links_api.router,
        prepayments_api.router,
        reallocations_api.router,
        settlements_api.router,
        transfers_api.router,
        bank_api.router,
    ),
    migrations=Path(__file__).parent / "migrations",
)
