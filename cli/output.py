"""How the command line speaks: progress, tables, one sentence for an error, JSON for machines."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn, TypeVar

import httpx
import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.client import NotReachableError, ProblemError
from deploy.local.errors import StackError

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
T = TypeVar("T")

Ledger = Annotated[str, typer.Option("--ledger", "-l", help="The books to work on.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Say in one sentence what is wrong, and end with an exit code other than 0."""
    errors.print(sentence, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine; turn what can be expected to go wrong into one sentence."""
    try:
        return asyncio.run(work)
    except ProblemError as problem:
        fail(str(problem))
    except (NotReachableError, StackError, httpx.HTTPError) as error:
        fail(str(error))


def show_json(value: Any) -> None:
    """Print JSON."""
    sys.stdout.buffer.write(
        orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    )


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar per stage; yields `report(stage, done, total)`."""
    columns = (
        TextColumn("{task.description:26}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, disable=quiet) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
