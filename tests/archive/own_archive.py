"""An archive with a database of its own, whose copies a test fills by hand.

Its writer, closer, depositor and checker are the service's own; owners' journals are read over
HTTP from whatever address the test gives.
"""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
from pydantic import SecretStr

from deploy.local.stack import Stack
from services.archive import closing_queries
from services.archive.closing_checks import ClosingChecker, ClosingVerdict
from services.archive.closings import Closer
from services.archive.depositing import Depositor
from services.archive.domain.closing import Closing
from services.archive.domain.deposit import Deposit, RecordDeposit
from services.archive.domain.period import Period
from services.archive.projections import PROJECTION
from services.archive.service import SERVICE
from services.archive.settings import Settings
from services.archive.tables import TABLES
from shared.database import engine_of
from shared.events.archive import PackageDeposited
from shared.followed import Followed
from shared.journal import Journal
from shared.names import SERVICES
from shared.projection import Reactions
from shared.refill import Refill
from shared.seal import SealedEntry, Signer
from tests.archive.archive_books import LEDGER, PUBLIC_KEY, SEED, message
from tests.archive.closed_books import BY, settings_of
from tests.books import PLAIN_HTTP
from tests.shared.databases import connected, empty_database
from tests.shared.shelf import writer

NOWHERE = "http://127.0.0.1:9"


@dataclass
class OwnArchive:
    """The archive's parts at work on one ledger."""

    dsn: str
    settings: Settings
    journal: Journal
    http: httpx.AsyncClient

    @property
    def closer(self) -> Closer:
        refill = Refill(self.http, self.settings.journal_urls, "a token")
        return Closer(self.journal.engine, refill, self.settings, LEDGER)

    def told(self, third_parties: Mapping[str, Any]) -> None:
        """Take other third parties from now on."""
        named = Settings.model_validate(
            self.settings.model_dump() | {"third_parties": third_parties}
        )
        self.settings = named

    def reads_owners_at(self, url: str) -> None:
        """Take another address for the other services."""
        urls = dict.fromkeys(SERVICES, url)
        self.settings = self.settings.model_copy(update={"journal_urls": urls})

    async def take(self, rows: Sequence[SealedEntry]) -> None:
        """Copy entries of payments as the follower does."""
        unit = Followed(
            source="payments",
            service="archive",
            messages=[message(row) for row in rows],
            projection=PROJECTION,
            reactions=Reactions(),
        )
        await self.journal.submit(unit)

    async def close(self, name: str, today: date) -> Closing:
        """Close a period; raise what refuses it."""
        command = await self.closer.prepare(Period.read(name), today)
        if command:
            await self.journal.execute(LEDGER, command, BY)
        return await closing_queries.closing(self.journal.engine, LEDGER, Period.read(name))

    def depositor(self, **seconds: int) -> Depositor:
        closer = self.closer
        return Depositor(self.journal, closer.refill, self.settings, self.http, **seconds)

    async def deposits(self, name: str) -> list[Deposit]:
        return (await closing_queries.deposits_of(self.journal.engine, LEDGER, [name]))[name]

    async def put_on_record(self, closing: Closing, answered: bytes, **fields: Any) -> None:
        """Put a receipt on record unchecked, as somebody could who has our key."""
        known: dict[str, Any] = {
            "period": closing.period,
            "package_sha256": closing.package_sha256,
            "third_party": "tsa",
            "kind": "timestamp",
            "receipt": base64.b64encode(answered).decode(),
            "certified_at": closing.closed_at,
            "certified_by": "CN=Horodatage de test",
        }
        fact = PackageDeposited.model_validate(known | fields)
        await self.journal.execute(LEDGER, RecordDeposit(deposited=fact), BY)

    async def verdicts(self) -> dict[str, ClosingVerdict]:
        """Check every closing."""
        found = await ClosingChecker(self.closer).verdicts()
        return {verdict.closed.period: verdict for verdict in found}

    async def sql(self, statement: str, *values: Any) -> None:
        async with connected(self.dsn) as db:
            await db.execute(statement, *values)


@asynccontextmanager
async def own_archive(stack: Stack) -> AsyncIterator[OwnArchive]:
    async with empty_database(stack) as dsn, httpx.AsyncClient(verify=PLAIN_HTTP) as http:
        settings = settings_of(stack, SERVICE).model_copy(
            update={
                "database_url": SecretStr(dsn.replace("postgresql://", "postgresql+asyncpg://")),
                "public_keys": dict.fromkeys(SERVICES, PUBLIC_KEY),
                "journal_urls": dict.fromkeys(SERVICES, NOWHERE),
            }
        )
        engine = engine_of(settings)
        async with engine.begin() as tx:
            await tx.run_sync(TABLES.metadata.create_all)
        journal = Journal(
            service="archive",
            engine=engine,
            tables=TABLES,
            projection=PROJECTION,
            signer=Signer("archive", SEED),
        )
        async with writer(journal):
            yield OwnArchive(dsn, settings, journal, http)
        await engine.dispose()
