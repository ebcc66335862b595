"""`make faults`: break everything under load, by a seed, and prove the books.

`python -m tests.faults --cycles 200 --seed 1`; `--only "kill kafka"` for one kind of fault.
"""

import asyncio
import logging
import random
import resource
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console

from tests.faults import FAULTS
from tests.faults.campaign import Campaign
from tests.faults.disks import Disks, enter_own_mounts
from tests.faults.plant import Plant
from tests.faults.record import record
from tests.faults.schedule import schedule
from tests.faults.verdict import show, write

console = Console(width=132, highlight=False)


def main(
    cycles: Annotated[int, typer.Option(min=1, help="How many faults.")] = 200,
    seed: Annotated[int | None, typer.Option(help="What the schedule follows from.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only faults of these names.")] = None,
    *,
    short: Annotated[bool, typer.Option(help="Shorter outages.")] = False,
    recorded: Annotated[
        bool, typer.Option("--record", help="Put the figures into docs/reliability.md.")
    ] = False,
    keep: Annotated[bool, typer.Option(help="Keep data and logs.")] = False,
) -> None:
    """Run a campaign; exit code 1 unless every promise was kept."""
    chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    faults = {name: FAULTS[name] for name in only} if only else FAULTS
    _prepare_process()
    console.print(f"seed {chosen}: `make faults CYCLES={cycles} SEED={chosen}` repeats this")
    folder = Path(tempfile.mkdtemp(prefix="acquit-faults-"))
    started = time.monotonic()
    with Plant(folder, Disks(folder)) as plant:
        console.print(f"the stack is up after {time.monotonic() - started:.0f} s, in {folder}")
        campaign = Campaign(plant, chosen, schedule(faults, cycles, chosen), short=short, say=_say)
        outcome = asyncio.run(campaign.run())
    show(outcome, console)
    seconds = time.monotonic() - started
    console.print(
        f"{seconds:.0f} s; everything is in {write(outcome, seed=chosen, seconds=seconds)}"
    )
    if recorded:
        record(outcome, seed=chosen, seconds=seconds)
    if outcome.kept and not keep:
        shutil.rmtree(folder)
    else:
        console.print(f"data and logs are kept in {folder}")
    raise typer.Exit(0 if outcome.kept else 1)


def _prepare_process() -> None:
    """Log what matters only, and allow as many connections as the system does."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


if __name__ == "__main__":
    enter_own_mounts()
    typer.run(main)
