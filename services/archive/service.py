"""The archive, put together."""

from pathlib import Path

from services.archive.api import router
from services.archive.closings_api import router as closings
from services.archive.depositing import hand_over_forever
from services.archive.domain.copy import SOURCES
from services.archive.projections import PROJECTION
from services.archive.settings import Settings
from services.archive.tables import TABLES
from shared.projection import Reactions
from shared.service import Service

SERVICE = Service(
    name="archive",
    title="The memory that can prove itself.",
    tables=TABLES,
    projection=PROJECTION,
    reactions=Reactions(),
    sources=SOURCES,
    patient=SOURCES,
    routers=(router, closings),
    migrations=Path(__file__).parent / "migrations",
    settings=Settings,
    chores=(hand_over_forever,),
)
