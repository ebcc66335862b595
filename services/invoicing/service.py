"""Invoicing, put together."""

from pathlib import Path

from services.invoicing import (
    api,
    bulk_api,
    documents_api,
    drafts_api,
    factur_x_api,
    settings_api,
)
from services.invoicing.followed import PROJECTION
from services.invoicing.reactions import REACTIONS
from services.invoicing.tables import TABLES
from shared.service import Service

SERVICE = Service(
    name="invoicing",
    title="Documents, and what is still owed on them.",
    tables=TABLES,
    projection=PROJECTION,
    reactions=REACTIONS,
    sources=("payments", "reconciliation"),
    patient=("payments",),
    routers=(
        bulk_api.router,
        documents_api.router,
        drafts_api.router,
        factur_x_api.router,
        settings_api.router,
        api.router,
    ),
    migrations=Path(__file__).parent / "migrations",
)
