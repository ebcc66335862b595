"""A service: what each of the four is made of, and the process that runs it.

`api` answers HTTP and relays, `worker` relays and follows, `serve` does both in one
process, as the local stack does; all answer health and metrics. A graceful stop answers
what was accepted, commits and leaves.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog
from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from shared import journal_api
from shared.auth import Tokens
from shared.database import engine_of
from shared.follower import Follower
from shared.journal import Journal
from shared.problems import answer_problems
from shared.projection import Projection, Reactions
from shared.refill import Refill
from shared.relay import Relay
from shared.seal import Signer
from shared.settings import Settings
from shared.short_way import Hot
from shared.tables import Tables
from shared.telemetry import Metrics
from shared.web import Correlation, declare_messages, health

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one service; everything else is shared."""

    name: str
    title: str
    tables: Tables
    projection: Projection
    reactions: Reactions
    sources: tuple[str, ...]
    routers: tuple[APIRouter, ...]
    migrations: Path
    hot: tuple[Hot, ...] = ()
    settings: type[Settings] = Settings
    patient: tuple[str, ...] = ()  # sources whose facts may be seen a moment later, many at once
    chores: "tuple[Chore, ...]" = ()  # what its workers do besides, until they are stopped


class Running:
    """A service at work in this process."""

    def __init__(
        self, service: Service, settings: Settings, metrics: Metrics, *, follow: bool
    ) -> None:
        self.service = service
        self.settings = settings
        self.metrics = metrics
        self.engine = engine_of(settings)
        self.journal = Journal(
            service=service.name,
            engine=self.engine,
            tables=service.tables,
            projection=service.projection,
            signer=Signer(service.name, settings.signing_key.get_secret_value()),
        )
        self.relay = Relay(
            service=service.name, engine=self.engine, settings=settings, metrics=self.metrics
        )
        self.http = httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=20))
        self.refill = Refill(
            self.http, settings.journal_urls, settings.service_token.get_secret_value()
        )
        self.followers = [self._follower(source) for source in service.sources] if follow else []
        self._chores = service.chores if follow else ()
        self._tasks: list[asyncio.Task[None]] = []

    def _follower(self, source: str) -> Follower:
        return Follower(
            source=source,
            journal=self.journal,
            reactions=self.service.reactions,
            refill=self.refill,
            settings=self.settings,
            metrics=self.metrics,
            patient=source in self.service.patient,
        )

    def start(self) -> None:
        """Start writer, relay and followers."""
        start = asyncio.create_task
        self._writer = start(self.journal.write_until_closed())
        self._tasks = [start(self.relay.run_forever(self.journal.written))]
        self._tasks += [start(follower.run_forever()) for follower in self.followers]
        self._tasks += [start(chore(self)) for chore in self._chores]
        log.info("service.started", followers=len(self.followers))

    async def stop(self) -> None:
        """Stop following, commit and answer what was accepted, leave."""
        for task in self._tasks:
            task.cancel()
        self.journal.close()
        await asyncio.gather(self._writer, *self._tasks, return_exceptions=True)
        await self.http.aclose()
        await self.engine.dispose()
        log.info("service.stopped")

    async def readiness(self) -> dict[str, Any]:
        """Return whether the service can do its work, and for each part why not."""
        database = await self._database_state()
        followers = {
            f.source: {"connected": f.connected, "lag_entries": f.lag, "stopped": f.stopped}
            for f in self.followers
        }
        following = all(f.connected and not f.stopped for f in self.followers)
        at_work = not any(task.done() for task in self._tasks)
        kafka = following and at_work and self.relay.trouble is None
        # A process that only answers HTTP goes on recording while Kafka is away.
        return {
            "ready": database == "ok" and (kafka or not self.followers),
            "service": self.service.name,
            "database": database,
            "kafka": "ok" if kafka else "not connected",
            "relay": self.relay.trouble or ("working" if self.relay.connected else "standing by"),
            "followers": followers,
        }

    async def _database_state(self) -> str:
        if self._writer.done():
            return "its writer has ended"
        try:
            async with asyncio.timeout(2), self.engine.connect() as db:
                await db.execute(text("SELECT 1"))
        except (OSError, SQLAlchemyError) as error:
            return type(error).__name__
        return "ok"


Chore = Callable[[Running], Coroutine[Any, Any, None]]


class Application(FastAPI):
    """A service's HTTP application, whose description says which messages it answers with."""

    @override
    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        declare_messages(self.state.service.name, document)
        return document


def create_app(
    service: Service, settings: Settings, *, follow: bool, health_only: bool = False
) -> FastAPI:
    """Return the service's HTTP application; it starts and stops the rest with itself."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = Running(service, settings, metrics, follow=follow)
        app.state.journal = running.journal
        app.state.refill = running.refill
        app.state.readiness = running.readiness
        running.start()
        yield
        await running.stop()

    app = Application(
        title=f"Acquit {service.name}",
        version="0.1.0",
        description=service.title,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.metrics = metrics
    app.state.tokens = Tokens(settings)
    app.state.service = service
    app.state.hot = () if health_only else service.hot
    app.add_middleware(Correlation, metrics=metrics)
    answer_problems(app)
    routers = () if health_only else (*service.routers, journal_api.router)
    for router in (*routers, health):
        app.include_router(router)
    return app
