"""The command line of a service: api, worker, serve, migrate, rebuild.

`python -m services.payments serve`. Settings come from the environment alone; what is
missing is said in one sentence and the exit code is 2.
"""

import asyncio
import signal
import sys
from typing import Annotated

import typer
import uvicorn
import uvloop
from pydantic import ValidationError

from shared.auth import LocalKeyInProductionError
from shared.database import SchemaOutOfDateError
from shared.migrations import migrate as apply_migrations
from shared.rebuild import Source, rebuild as rebuild_tables
from shared.service import Running, Service, create_app
from shared.settings import Settings, settings_of
from shared.telemetry import Metrics, start_logging

_STOP_SECONDS = 20


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
        """Relay the journal and follow the other services, until told to stop."""
        settings = _settings(service)
        uvloop.run(_work(service, settings))

    @cli.command()
    def migrate() -> None:
        """Bring the database to this version's schema, with the owner's role."""
        asyncio.run(apply_migrations(_owner_url(_settings(service)), service.migrations))

    @cli.command()
    def rebuild(
        source: Annotated[Source, typer.Option(help="Where facts are read from.")] = Source.JOURNAL,
        *,
        check: Annotated[bool, typer.Option(help="Compare only; change nothing.")] = False,
    ) -> None:
        """Fill the tables again from the journals; say whether they were the same."""
        same = asyncio.run(
            rebuild_tables(service, _settings(service), source=source, check_only=check)
        )
        typer.echo("the tables are what the journals say" if same else "the tables differed")
        if check and not same:
            raise typer.Exit(1)

    return cli


def _settings(service: Service) -> Settings:
    try:
        settings = settings_of(service.name)
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


def _serve(service: Service, *, follow: bool) -> None:
    settings = _settings(service)
    try:
        app = create_app(service, settings, follow=follow)
    except LocalKeyInProductionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
        loop="uvloop",
        http="httptools",
    )


async def _work(service: Service, settings: Settings) -> None:
    running = Running(service, settings, Metrics(), follow=True)
    try:
        await running.start()
    except SchemaOutOfDateError as error:
        sys.exit(str(error))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await running.stop()
