"""The local stack from the command line: up, down, status, tokens, rebuild."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from cli.output import AsJson, Ledger, console, fail, show_json
from deploy.local import control
from deploy.local.environment import environment
from deploy.local.errors import StackError
from deploy.local.keys import Secrets
from deploy.local.state import State
from shared.names import SERVICES


def up() -> None:
    """Start the local stack and leave it running.

    Real PostgreSQL, real Kafka and the four services, all data under .acquit/.

    Example:  acquit up
    """
    try:
        found = control.up(say=console.print)
    except StackError as error:
        fail(str(error))
    for service, url in found.urls.items():
        console.print(f"  {service:15} {url}/docs")
    console.print("Next: acquit demo · acquit token · acquit down", style="dim")


def down() -> None:
    """Stop the local stack; the data stay.

    Example:  acquit down
    """
    try:
        console.print("stopped" if control.down() else "nothing was running")
    except StackError as error:
        fail(str(error))


def status(*, as_json: AsJson = False) -> None:
    """Say what runs and where; exit code 1 when the stack is not up.

    Example:  acquit status --json
    """
    found = control.status()
    if as_json:
        show_json(found.as_dict())
    elif found.ready:
        for service, url in found.urls.items():
            console.print(f"  {service:15} {url}")
        console.print(f"logs: {found.logs}")
    else:
        console.print("starting" if found.running else "not running: start it with `acquit up`")
    raise typer.Exit(0 if found.ready else 1)


def token(
    ledger: Ledger = "demo",
    subject: Annotated[str, typer.Option(help="Who the token speaks for.")] = "operator",
    right: Annotated[
        list[str] | None, typer.Option(help="A right to carry, repeatable; default: all.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, help="How long it is valid.")] = 12,
) -> None:
    """Mint a bearer token for the local stack.

    Example:  curl -H "Authorization: Bearer $(acquit token)" …
    """
    try:
        secrets = Secrets.of(control.DEFAULT_FOLDER)
    except StackError as error:
        fail(str(error))
    typer.echo(secrets.mint_token(subject, {ledger: right or ["*"]}, hours=hours))


def rebuild(
    service: Annotated[str, typer.Argument(help="payments, invoicing, reconciliation or archive.")],
    source: Annotated[str, typer.Option(help="journal or kafka.")] = "journal",
    *,
    check: Annotated[bool, typer.Option(help="Compare only; change nothing.")] = False,
) -> None:
    """Fill a service's tables again from the journals, or prove that they need not be.

    Example:  acquit rebuild payments --check
    """
    if service not in SERVICES:
        fail(f"no service is called {service}; there are {', '.join(SERVICES)}", 2)
    folder = control.DEFAULT_FOLDER
    try:
        ports, secrets = State.read(folder).ports, Secrets.of(folder)
    except StackError as error:
        fail(str(error))
    if not ports:
        fail("there is no local stack here yet: start it with `acquit up`")
    settings = environment(service, folder=folder, ports=ports, secrets=secrets)
    command = [sys.executable, "-m", f"services.{service}", "rebuild", "--source", source]
    finished = subprocess.run(  # noqa: S603 - ourselves
        [*command, *(["--check"] if check else [])], env={**os.environ, **settings}, check=False
    )
    raise typer.Exit(finished.returncode)
