"""`python -m deploy.local up|down|status|run`: the stack without the `acquit` command."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from deploy.local import control
from deploy.local.errors import StackError
from shared.names import SERVICES

ALL = ",".join(SERVICES)

Folder = Annotated[Path, typer.Option(help="where all data of the stack lie")]
Ports = Annotated[
    list[str] | None, typer.Option("--port", help="name=number, for example payments=8101")
]
Services = Annotated[str, typer.Option(help="which to run, comma-separated; empty for none")]
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]

cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


@cli.command()
def up(
    folder: Folder = control.DEFAULT_FOLDER, port: Ports = None, services: Services = ALL
) -> None:
    """Bring the stack up and leave it running."""
    show(control.up(folder, services=names(services), ports=numbers(port or []), say=say))


@cli.command()
def down(folder: Folder = control.DEFAULT_FOLDER) -> None:
    """Take the stack down."""
    say("stopped" if control.down(folder) else "nothing was running")


@cli.command()
def status(*, folder: Folder = control.DEFAULT_FOLDER, as_json: AsJson = False) -> None:
    """Say what runs; exit code 1 when the stack is not up."""
    found = control.status(folder)
    if as_json:
        say(json.dumps(found.as_dict(), indent=2))
    else:
        show(found)
    raise typer.Exit(0 if found.ready else 1)


@cli.command()
def run(
    folder: Folder = control.DEFAULT_FOLDER, port: Ports = None, services: Services = ALL
) -> None:
    """Run the stack in the foreground until Ctrl-C."""
    from deploy.local import supervisor  # noqa: PLC0415 - heavy, and only needed here

    supervisor.run(folder, services=names(services), ports=numbers(port or []), say=say)


def names(text: str) -> list[str]:
    """Read a comma-separated list of services; raise StackError on an unknown one."""
    asked = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := set(asked) - set(SERVICES):
        raise StackError(f"no service is called {', '.join(unknown)}; there are {ALL}")
    return asked


def numbers(asked: Sequence[str]) -> dict[str, int]:
    """Read `name=number` options; raise StackError on anything else."""
    ports = {}
    for text in asked:
        name, _, number = text.partition("=")
        if not number.isdecimal():
            raise StackError(f"--port takes name=number, not {text}")
        ports[name] = int(number)
    return ports


def say(line: str) -> None:
    """Print a line at once."""
    typer.echo(line)
    sys.stdout.flush()


def show(found: control.Status) -> None:
    """Print what a person wants to know of the stack."""
    say({True: "ready", False: "starting" if found.running else "not running"}[found.ready])
    for name, pid in found.pids.items():
        where = found.urls.get(name) or f"127.0.0.1:{found.ports.get(name)}"
        say(f"  {name:<15} {where:<24} process {pid}")
    say(f"  logs: {found.logs}")


def main() -> None:
    """Run the command; an expected failure is one sentence and exit code 1."""
    try:
        cli()
    except (StackError, OSError) as error:
        say(f"{control.ERROR_MARK}{error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
