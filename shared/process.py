"""The command line of a service: api, worker, serve, migrate, rebuild.

`python -m services.payments serve`. Settings come from the environment alone. What keeps
a command from starting (a setting, the schema, a database that is not there) is said in
one sentence and the exit code is 2.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError

from shared.bus import UnusableMessageError
from shared.database import SchemaOutOfDateError, check_schema, engine_of, passes
from shared.dropped import TablesMissingError, refuse_dropped
from shared.history import JournalIncompleteError, Source
from shared.issuer import LocalIssuerInProductionError
from shared.migrations import last_revision
from shared.migrations import migrate as apply_migrations
from shared.rebuild import rebuild as rebuild_tables
from shared.service import Service, create_app
from shared.serving import Protocol
from shared.settings import Settings, settings_of
from shared.short_way import ShortWay
from shared.telemetry import start_logging

_BACKLOG = 4_096  # connections that wait to be taken while the event loop is busy
_TAKEN_AT_ONCE = 64  # connections; the event loop takes one per turn and listening socket
_STOP_SECONDS = 20
_KEEP_ALIVE_SECONDS = 75  # longer than clients keep a quiet connection, who would lose a request
_SENTENCES = (
    SchemaOutOfDateError,
    TablesMissingError,
    LocalIssuerInProductionError,
    JournalIncompleteError,
    UnusableMessageError,
)


def command_line(service: Service) -> typer.Typer:
    """Return the commands of one service."""
    cli = typer.Typer(help=service.title, no_args_is_help=True, add_completion=False)

    @cli.command()
    def api() -> None:
        """Answer HTTP and relay the journal to Kafka."""
        _serve(service, follow=False)

    @cli.command()
    def serve() -> None:
        """Answer HTTP, relay and follow, in one process."""
        _serve(service, follow=True)

    @cli.command()
    def worker() -> None:
        """Relay the journal and follow the other services; answer health and metrics only."""
        _serve(service, follow=True, health_only=True)

    @cli.command()
    def migrate() -> None:
        """Bring the database to this version's schema, with the owner's role."""
        settings = _settings(service)
        with _said_in_a_sentence():
            asyncio.run(apply_migrations(_owner_url(settings), service.migrations))

    @cli.command()
    def rebuild(
        source: Annotated[Source, typer.Option(help="Where facts are read from.")] = Source.JOURNAL,
        ledger: Annotated[str | None, typer.Option(help="Only this one.")] = None,
        *,
        check: Annotated[bool, typer.Option(help="Compare only; change nothing.")] = False,
    ) -> None:
        """Fill the tables again from the journals; say whether they were the same."""
        _rebuild(service, source, ledger, check_only=check)

    return cli


def _rebuild(service: Service, source: Source, ledger: str | None, *, check_only: bool) -> None:
    settings = _settings(service)
    with _said_in_a_sentence():
        differing = asyncio.run(
            rebuild_tables(service, settings, source=source, check_only=check_only, ledger=ledger)
        )
    if not differing:
        typer.echo("the tables are what the journals say")
        return
    typer.echo(f"these tables differed from what the journals say: {', '.join(differing)}")
    if check_only:
        raise typer.Exit(1)


def _settings(service: Service) -> Settings:
    try:
        settings = settings_of(service.name, service.settings)
    except ValidationError as error:
        prefix = f"{service.name}_".upper()
        names = ", ".join(prefix + str(e["loc"][0]).upper() for e in error.errors())
        typer.echo(f"these settings are missing or wrong: {names}", err=True)
        raise typer.Exit(2) from None
    start_logging(service.name, settings.log_format)
    return settings


def _owner_url(settings: Settings) -> str:
    if settings.owner_database_url is None:
        typer.echo("OWNER_DATABASE_URL is needed here: the role that owns the schema", err=True)
        raise typer.Exit(2)
    return settings.owner_database_url.get_secret_value()


@contextmanager
def _said_in_a_sentence() -> Iterator[None]:
    """End with exit code 2 and one sentence where an operator, not a programmer, has to act."""
    try:
        yield
    except _SENTENCES as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except Exception as error:
        if not passes(error):
            raise
        typer.echo(f"it can't be done just now: {error}".splitlines()[0], err=True)
        raise typer.Exit(2) from None


def _serve(service: Service, *, follow: bool, health_only: bool = False) -> None:
    settings = _settings(service)
    with _said_in_a_sentence():
        asyncio.run(_check_schema(service, settings))
        app = create_app(service, settings, follow=follow, health_only=health_only)
        asyncio.run(app.state.tokens.issuer.prepare())
    _spare_the_garbage_collector()
    # The server raises the signal again once it has stopped: then the exit code is 0.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        app,
        proxy_headers=False,
        date_header=False,
        server_header=False,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        loop="uvloop",
        backlog=_BACKLOG,
        http=Protocol.with_short_way(ShortWay(app.state.hot, app.state)),
    )
    with config.bind_socket() as listening:
        uvicorn.Server(config).run([listening.dup() for _ in range(_TAKEN_AT_ONCE)])


def _spare_the_garbage_collector() -> None:
    """Let it look at what requests leave behind only, and more rarely: it costs a tenth of them.

    A batch of a thousand facts is some 50,000 objects; they go by themselves when it is done.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


async def _check_schema(service: Service, settings: Settings) -> None:
    engine = engine_of(settings)
    try:
        await check_schema(engine, last_revision(service.migrations))
        await refuse_dropped(engine, service.tables)
    finally:
        await engine.dispose()
