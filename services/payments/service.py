"""Payments, put together."""

from pathlib import Path

from services.payments import (
    api,
    bulk_api,
    deposits_api,
    documents_api,
    exports_api,
    preview_api,
    receipts_api,
    refunds_api,
    settings_api,
    sources_api,
    undoing_api,
)
from services.payments.followed import PROJECTION
from services.payments.reactions import REACTIONS
from services.payments.settings import Settings
from services.payments.tables import TABLES
from shared.service import Service

SERVICE = Service(
    name="payments",
    title="Money that reached us or went back.",
    tables=TABLES,
    projection=PROJECTION,
    reactions=REACTIONS,
    sources=("invoicing", "reconciliation"),
    patient=("invoicing", "reconciliation"),
    routers=(
        bulk_api.router,
        preview_api.router,
        documents_api.router,
        receipts_api.router,
        undoing_api.router,
        api.router,
        refunds_api.router,
        deposits_api.router,
        settings_api.router,
        exports_api.router,
        sources_api.router,
    ),
    settings=Settings,
    hot=(api.HOT_PAYMENT, bulk_api.HOT_PAYMENTS),
    migrations=Path(__file__).parent / "migrations",
)
